(** Outputs of a network. *)

open Backproof

type t = {
  outputs : Mat.t;  (** H, a row for each row that was asked about. *)
  at : string option;  (** Which weights, where a job's were used. *)
  pre_activations : Mat.t list;  (** Z_1 … Z_L, where they were asked for. *)
  activations : Mat.t list;  (** A_1 … A_L, where they were asked for. *)
}
(** The type for outputs. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The outputs that a JSON object is; raises Read.Bad where it is none. *)
