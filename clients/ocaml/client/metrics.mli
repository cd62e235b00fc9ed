(** The curves of a run. *)

type t = {
  columns : string list;  (** The names: ["epoch"], ["loss"], … *)
  rows : float option array array;  (** A row for each recorded epoch; [None] where a column was not measured. *)
}
(** The type for curves. *)

val column : string -> t -> float option array option
(** [column name m] is the column of that name, if there is one. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The curves that a JSON object is; raises Read.Bad where it is none. *)
