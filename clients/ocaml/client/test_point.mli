(** Points at which gradients can be judged: a network and rows that show mistakes. *)

open Backproof

type hidden = {
  id : string;  (** The mistake. *)
  layer : int option;  (** The layer that it would be made in, from 0; [None] for one that belongs to no layer. *)
  reason : string;  (** Why it changes nothing. *)
}
(** The type for mistakes that a point cannot show. *)

type answers = {
  loss_value : float;
  pre_activations : Mat.t list;  (** Z_1 … Z_L. *)
  activations : Mat.t list;  (** A_1 … A_L. *)
  deltas : Mat.t list;  (** δ_1 … δ_L. *)
  gradients : Backprop.grads;
}
(** The type for the right numbers at a point. *)

type t = {
  layout : Choice.layout option;  (** The layout of the request, in which everything here lies. *)
  layers : Weights.layer list;  (** The network, first layer first. *)
  loss : string option;  (** The name of the loss, where the answer says it. *)
  x : Mat.t;  (** The rows. *)
  y : Mat.t;  (** Their targets. *)
  unshowable : hidden list;  (** The mistakes that no point of this architecture and loss can show. *)
  answers : answers option;  (** The right numbers, where they are told. *)
}
(** The type for points. *)

val network : t -> Network.t
(** [network p] is the network of [p].
    @raise Errors.Unknown_name where the library does not know an activation. *)

(**/**)

val hidden : Yojson.Safe.t -> hidden
val read : ?layout:Choice.layout -> Yojson.Safe.t -> t
(** The point that a JSON object is; raises Read.Bad where it is none. *)
