(** What a service can do. *)

type t = {
  activations : string list;  (** Activations. *)
  losses : string list;  (** Losses. *)
  admissible_pairs : (string * string) list;  (** Each loss with each last activation it is defined for. *)
  optimizers : string list;  (** Optimizers. *)
  schedules : string list;  (** Schedules of the learning rate. *)
  inits : string list;  (** Distributions of initial weights. *)
  forms : string list;  (** Forms of backpropagation. *)
  routes : string list;  (** Routes of the vectorised form. *)
  limits : (string * float) list;  (** Limits by name, as ["max_body_bytes"]. *)
  versions : (string * string) list;  (** Versions of the service and of what it computes with. *)
}
(** The type for what a service can do. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The capabilities that a JSON object is; raises Read.Bad where it is none. *)
