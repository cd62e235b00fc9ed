(** Networks as requests hold them: with their weights, or as a recipe from which the service draws them. *)

open Backproof

type recipe = {
  sizes : int list;  (** d_0 … d_L. *)
  activations : [ `All of Activation.t | `Each of Activation.t list ];  (** One for every layer, or one for each. *)
  bias : bool option;  (** Whether the layers have biases; the service's default is that they do. *)
  init : Init.t option;  (** How weights are drawn; the service's default is Glorot's rule. *)
  seed : int option;  (** The seed of the weights; the service's default is 0. *)
}
(** The type for recipes. *)

type t =
  | Given of Network.t  (** These weights. *)
  | Drawn of recipe  (** Weights that the service draws. *)
(** The type for networks in requests. *)

val given : Network.t -> t
(** [given net] is the network [net]. *)

val drawn :
  ?activation:Activation.t -> ?activations:Activation.t list -> ?bias:bool -> ?init:Init.t -> ?seed:int -> int list -> t
(** [drawn [2; 2; 1]] is a network of those sizes, inputs first, drawn by the service. Every layer has [activation]
    (default {!Backproof.Activation.sigmoid}) unless [activations] names one for each. The arguments are those of
    {!Backproof.Network.create}; the numbers are others, since the service has another generator. *)

(**/**)

val json : ?layout:Choice.layout -> t -> Yojson.Safe.t
val loss : Loss.t -> Yojson.Safe.t
