(** Gradients as named matrices: what is judged, block by block. *)

type t = (string * Mat.t) list
(** The type for blocks: "W2", "b2", "W1", "b1", from the output down, as backpropagation finds them; a bias is one row.
    A block that a function did not give is not there. *)

val of_grads : Backprop.grads -> t
(** [of_grads g] is the blocks of [g]. *)

val layer : string -> int
(** [layer name] is the layer, from 0, whose parameter [name] is; 0 for "x" and "z". *)

val is_weights : string -> bool
(** [is_weights name] is whether [name] is that of a weight matrix. *)

(** {1 How far apart two blocks are} *)

val relative_error : Mat.t -> Mat.t -> float
(** [relative_error ours yours] is the largest difference over the largest entry of either, 0 if both are zero, NaN
    where an entry is not finite, and infinite where the shapes differ. *)

val cosine : Mat.t -> Mat.t -> float
(** [cosine ours yours] is that of the angle between the two as vectors; NaN where one is zero or the shapes differ. *)

val worst : Mat.t -> Mat.t -> (int * int) option
(** [worst ours yours] is the entry where they differ most, one that is not finite before all; [None] where the shapes
    differ. *)
