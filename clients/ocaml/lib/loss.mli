(** Losses: a value, its slope ∂E/∂H and what its targets must be are one value.

    The scalar loss is the sum of the entries of a matrix-valued error E. The cross-entropies are computed from the last
    pre-activation Z, never as the logarithm of a rounded probability. *)

type t = private {
  name : string;  (** The name on the wire. *)
  value : Activation.t -> z:Mat.t -> h:Mat.t -> y:Mat.t -> float;  (** The loss, by σ, Z, H = σ(Z) and Y. *)
  slope : h:Mat.t -> y:Mat.t -> Mat.t;  (** ∂E/∂H. *)
  slope_bound : h:Mat.t -> y:Mat.t -> Mat.t;  (** |∂E/∂H| with every difference a sum. *)
  averages : bool;  (** Whether it divides by the rows. *)
  folded_with : string option;  (** The last activation with which δ = (H − Y)/N. *)
  targets : Mat.t -> Mat.t;  (** Targets as the loss computes with them. *)
  admits : Activation.t -> bool;  (** Whether it is defined on the outputs of that last activation. *)
}
(** The type for losses. *)

(** {1 The losses there are}

    For N rows and d outputs. *)

val half_sse : t
(** [half_sse] is Σ ½(h − y)², the article's. *)

val sse : t
(** [sse] is Σ (h − y)². *)

val mse : t
(** [mse] is Σ (h − y)²/(N·d). *)

val binary_cross_entropy : t
(** [binary_cross_entropy] is −Σ (y ln h + (1−y) ln(1−h))/N, after sigmoid or softmax; targets within [0, 1]. *)

val cross_entropy : t
(** [cross_entropy] is −Σ y ln h/N, after softmax, sigmoid or softplus; rows of targets ≥ 0 that sum to 1 within 1e-6,
    each then divided by its sum. *)

val all : t list
(** [all] is every loss. *)

val named : string -> t
(** [named name] is the loss of that name.
    @raise Errors.Unknown_name with the valid ones. *)

val linear : Mat.t -> t
(** [linear m] is Σ m∘h, whose slope is [m]: what a layer in the middle sees of the loss above it. The service does not
    know it. *)

(** {1 What they do} *)

val check_last : t -> Activation.t -> unit
(** [check_last l s] is nothing.
    @raise Errors.Inadmissible_pair where [l] is not defined on the outputs of [s]. *)

val delta : t -> Activation.t -> z:Mat.t -> h:Mat.t -> y:Mat.t -> Mat.t
(** [delta l s ~z ~h ~y] is δ_L, N×d_L: (H − Y)/N for the folded pair, else the slope pulled back through [s]. *)

val delta_bound : t -> Activation.t -> z:Mat.t -> h:Mat.t -> y:Mat.t -> Mat.t
(** [delta_bound l s ~z ~h ~y] is |δ_L| with every difference a sum. *)

val seed : t -> Activation.t -> z:Mat.t -> h:Mat.t -> y:Mat.t -> Mat.t
(** [seed l s ~z ~h ~y] is Δ_L = D_H(E) · Dσ(Z), square with N·d_L rows, its stable form for the folded pairs. *)
