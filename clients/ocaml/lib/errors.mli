(** The exceptions of the library. *)

exception Shape_mismatch of string
(** Two shapes that had to fit together and do not. *)

exception Unknown_name of string
(** A name of an activation or a loss that does not exist; the message lists those that do. *)

exception Inadmissible_pair of string
(** A loss whose logarithms are not defined on the outputs of the last activation. *)

exception Invalid_value of string
(** A value outside what its place admits. *)

exception Too_large_for_form of string
(** An evaluation refused before it allocates, with the bytes it would take and what would fit. *)

exception Non_finite_loss of string
(** Training that ran away, with the epoch and what to try. *)

val shape : ('a, unit, string, 'b) format4 -> 'a
(** [shape format …] raises {!Shape_mismatch} with that message. *)

val value : ('a, unit, string, 'b) format4 -> 'a
(** [value format …] raises {!Invalid_value} with that message. *)

val unknown : string -> string -> string list -> 'a
(** [unknown kind name valid] raises {!Unknown_name} for a [name] that is none of [valid]. *)

val message : exn -> string option
(** [message e] is the sentence that [e] carries, where [e] is an exception of this library. *)
