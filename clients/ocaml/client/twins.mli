(** How far the gradients of the two forms were apart along a run of twins. *)

type t = {
  epoch : int;  (** The epoch. *)
  max_abs : float;  (** The largest difference. *)
  max_rel : float;  (** The largest difference over the largest entry of its block. *)
  agree : bool;  (** Whether they agree. *)
}
(** The type for the comparison at one recorded epoch. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The comparison that a JSON object is; raises Read.Bad where it is none. *)
