(** The step before the one whose gradients are judged, where it may bear on them: rows that were left standing, a sum
    that was not set to zero, a velocity taken for the gradient. *)

open Backproof

type t = {
  data : Data.t option;  (** The rows it saw. *)
  gradients : Backprop.grads option;  (** The gradients it found. *)
  velocity : Backprop.grads option;  (** The optimiser's velocity after it. *)
}
(** The type for previous steps. *)

val make : ?data:Data.t -> ?gradients:Backprop.grads -> ?velocity:Backprop.grads -> unit -> t
(** [make ~data ~gradients ~velocity ()] is the step with those of them that are known. *)
