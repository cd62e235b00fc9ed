(** Stored data sets. *)

open Backproof

type t = {
  id : string;  (** The SHA-256 of what was uploaded, ["sha256:…"]. *)
  rows : int;  (** Instances. *)
  features : int;  (** Columns of x. *)
  targets : int option;  (** Columns of y, where it has targets. *)
  classes : int option;  (** Largest label + 1, where it has labels. *)
  bytes : int option;  (** The size of what was uploaded. *)
  created_at : string option;  (** When it was first uploaded, as RFC 3339 writes times. *)
  x : Mat.t option;  (** Its rows, where they were asked for. *)
  y : Mat.t option;  (** Their targets, likewise. *)
  labels : int array option;  (** Their labels, likewise. *)
}
(** The type for stored data sets. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The data set that a JSON object is; raises Read.Bad where it is none. *)
