(** What points can show: every mistake of the table, planted at each. *)

val of_points : Point.t list -> string list * (string * string) list
(** [of_points ps] is the names of the mistakes each of whose ways changes a gradient at one of [ps] by at least 1e-3 of
    its largest entry, and those of the others with the reason. *)
