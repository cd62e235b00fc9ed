(** A caller's own numbers as JSON: those that are not finite by name, since that is for the service to judge. *)

open Backproof

val number : float -> Write.json
(** [number x] is [x], or its name. *)

val matrices : Mat.t option list -> Write.json
(** [matrices l] is a list over layers, null for one that is not there. *)

val layers : Backprop.grads -> Write.json
(** [layers l] is gradients, or what else has a matrix and a vector for each layer. *)

val previous : Previous.t -> Write.json
(** [previous p] is the object of [p]. *)

val named : Write.json -> Write.json
(** [named json] is the object of POST /gradients/check with every number of its judged lists, or of the previous step,
    that is not finite by its name. *)
