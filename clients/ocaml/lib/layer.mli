(** One layer: Z = A·W + 1bᵀ, then σ(Z). A column of W is a neuron. *)

type t = private {
  w : Mat.t;  (** The weights, d_in×d_out. *)
  b : float array option;  (** The bias, d_out entries, or none. *)
  activation : Activation.t;  (** σ. *)
}
(** The type for layers. *)

val make : ?b:float array -> activation:Activation.t -> Mat.t -> t
(** [make ?b ~activation w] is the layer with copies of [w] and [b], and without a bias where [b] is not given.
    Whether [b] has as many entries as [w] has columns is checked by {!Network.make}, where the layer has a number.
    @raise Errors.Shape_mismatch unless [w] is a matrix.
    @raise Errors.Invalid_value if an entry is not finite. *)

val d_in : t -> int
(** [d_in l] is the number of inputs of [l]. *)

val d_out : t -> int
(** [d_out l] is the number of outputs of [l]. *)

val affine : t -> Mat.t -> Mat.t
(** [affine l a] is Z = a·W + 1bᵀ.
    @raise Errors.Shape_mismatch unless [a] has [d_in l] columns. *)

(**/**)

val unchecked : Mat.t -> float array option -> Activation.t -> t
(** The layer of these very arrays: training and witnesses make thousands of them, of numbers that may overflow. *)

val check_bias : int -> t -> unit
(** Nothing; raises Shape_mismatch, naming layer l, counted from 0, where its bias does not fit its weights. *)
