(** The layers of a job at some time of its run. *)

open Backproof

type layer = {
  w : Mat.t;  (** W, d_in×d_out; d_out×d_in in the layout [`Out_in]. *)
  b : float array option;  (** b, or none. *)
  activation : string;  (** The name of σ. *)
}
(** The type for layers as they came: those of a run that diverged need not be finite. *)

type t = {
  job : string option;  (** The job's id. *)
  at : string option;  (** ["latest"], ["best"], or an epoch. *)
  epoch : int option;  (** The epochs finished by then. *)
  layout : Choice.layout option;  (** How they lie: as in the request that made the job. *)
  layers : layer list;  (** The layers, first to last. *)
}
(** The type for weights. *)

val network : t -> Network.t
(** [network w] is the network with these layers, which lie in×out there as in every network.
    @raise Errors.Invalid_value where a number is not finite.
    @raise Errors.Unknown_name where the library does not know an activation. *)

(**/**)

val read_layer : Yojson.Safe.t -> layer
val read : Yojson.Safe.t -> t
(** The weights that a JSON object is; raises Read.Bad where it is none. *)
