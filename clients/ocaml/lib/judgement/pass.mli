(** The backward pass with each of its rules replaceable: a mistake is a pass with other rules. *)

type place = {
  l : int;  (** The layer, from 0. *)
  depth : int;  (** The number of layers. *)
  layer : Layer.t;
  a_in : Mat.t;  (** Its inputs, A{_l−1}. *)
  z : Mat.t;
  a : Mat.t;
  z_in : Mat.t;  (** Z{_l−1}; X for the first layer. *)
  inputs : Activation.t option;  (** The activation that made the inputs; [None] for the first layer. *)
}
(** The type for what a rule may look at. *)

type rules = {
  slope : h:Mat.t -> y:Mat.t -> Mat.t;  (** ∂E/∂H. *)
  folded : (h:Mat.t -> y:Mat.t -> Mat.t) option;  (** δ_L where loss and activation fold into one. *)
  kept : place -> Mat.t -> Mat.t;  (** What is done to δ_L once it is made: nothing. *)
  pull : place -> Mat.t -> Mat.t;  (** δ from M: M∘σ'(Z). *)
  send : place -> Mat.t -> Mat.t;  (** M from δ of the layer above: δWᵀ. *)
  weights : place -> Mat.t -> Mat.t;  (** ∇W = A{_l−1}ᵀδ. *)
  bias : place -> Mat.t -> float array;  (** ∇b = 1ᵀδ. *)
}
(** The type for rules. *)

val right : Point.t -> rules
(** [right p] is the rules as they should be at [p]. *)

val places : Point.t -> place list
(** [places p] is the places of [p], from the last layer down. *)

val is_last : place -> bool
(** [is_last place] is whether it is the last layer. *)

val is_folded : Point.t -> bool
(** [is_folded p] is whether loss and last activation fold into (H − Y)/N. *)

val blocks : Point.t -> rules -> Blocks.t
(** [blocks p rules] is what a pass by [rules] finds of what is judged at [p].
    @raise Errors.Shape_mismatch where the rules multiply what does not conform. *)

val below : Point.t -> place -> Mat.t -> Blocks.t
(** [below p place delta] is what the right rules find below [place] if δ were [delta] there. *)
