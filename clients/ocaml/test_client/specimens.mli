(** Random networks with data, over every admissible pair of loss and last activation. *)

open Backproof

type t = { net : Network.t; loss : Loss.t; x : Mat.t; y : Mat.t }
(** The type for specimens: a network of one to four layers, a loss, rows and targets. *)

val pairs : (Loss.t * Activation.t) list
(** [pairs] is every loss with every last activation that it admits. *)

val any : t QCheck2.Gen.t
(** [any] is any specimen. *)

val print : t -> string
(** [print s] is the specimen in words. *)

val apart : t -> Backprop.grads -> Backprop.grads -> float
(** [apart s a b] is how far two gradients of [s] are apart: the largest, over blocks, of their difference over the
    block's largest entry, with 0 where rounding explains the difference. *)
