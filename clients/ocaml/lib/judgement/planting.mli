(** Ways to make a mistake: the right pass with some of its rules changed, or its result. *)

type scope =
  | Output  (** In δ at the output, so everywhere. *)
  | Layers  (** In what certain layers do. *)
  | Blocks  (** In certain blocks alone, once δ is made. *)
(** The type for where a mistake sits. *)

type variation = {
  label : string;  (** What of it: the factor, the other loss, or nothing. *)
  where : string;  (** Where it is made, in words: "in layer 2", "in W1", "from layer 2 down". *)
  scope : scope;  (** Where it sits. *)
  layers : int list;  (** The layers it is made in, from 0. *)
  blocks : Blocks.t option Lazy.t;  (** What it gives; [None] where its products do not conform. *)
}
(** The type for one way to make a mistake at a point. *)

(** {1 Changed rules} *)

val by_rules : ?label:string -> ?where:string -> ?scope:scope -> int list -> Point.t -> Pass.rules -> variation
(** [by_rules layers p rules] is what a pass by [rules] gives at [p]. *)

val at_places :
  ?label:string ->
  (Pass.place -> bool) ->
  (Pass.rules -> (Pass.place -> bool) -> Pass.rules) ->
  Point.t ->
  variation list
(** [at_places applies change p] is [change rules at] for the places where [applies]: all, all but the last, and each. *)

val where : ('a -> bool) -> ('a -> 'b -> 'c) -> ('a -> 'b -> 'c) -> 'a -> 'b -> 'c
(** [where at changed right] is [changed] at the places that [at] means, [right] elsewhere. *)

val pulling : ?label:string -> (Pass.place -> bool) -> (Pass.place -> Mat.t -> Mat.t) -> Point.t -> variation list
(** [pulling applies changed] has another pullback at such places; where that is the last one, loss and activation are no
    longer folded into one. *)

val weighing : ?label:string -> (Pass.place -> bool) -> (Pass.place -> Mat.t -> Mat.t) -> Point.t -> variation list
(** [weighing applies changed] has other weight gradients. *)

val biasing : ?label:string -> (Pass.place -> Mat.t -> float array) -> Point.t -> variation list
(** [biasing changed] has other bias gradients. *)

(** {1 Changed results} *)

val on_blocks : ?label:string -> (string -> Mat.t -> bool) -> (Mat.t -> Mat.t) -> Point.t -> variation list
(** [on_blocks meant change] changes all blocks that are meant, together and each. *)

val scaled : label:string -> float -> Point.t -> variation list
(** [scaled ~label c] has a factor [c] on δ from a layer down, in every hidden layer, or on blocks. *)

(** {1 What a layer is like} *)

val is_softmax : Pass.place -> bool
(** [is_softmax place] is whether it is one. *)

val is_bent : Pass.place -> bool
(** [is_bent place] is whether its activation acts on entries and has another derivative than 1. *)

val differs_at_a : Pass.place -> bool
(** [differs_at_a place] is whether f'(f(z)) is not f'(z). *)

val reads_a : Pass.place -> bool
(** [reads_a place] is whether its derivative is written in a = f(z). *)

val slopes :
  (Activation.elementwise -> float -> float -> float) -> Pass.place -> Mat.t -> Mat.t
(** [slopes f place m] is m∘[f e z a], entry by entry. *)

val opened : Point.t -> Pass.place -> bool
(** [opened p place] is whether the derivative of its activation stands by itself, not folded into the loss. *)

val rows : Point.t -> float
(** [rows p] is N. *)

val outputs : Point.t -> float
(** [outputs p] is d_L. *)
