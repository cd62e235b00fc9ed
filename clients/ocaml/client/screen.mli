(** Text that fits a screen: at most 80 columns, counted in characters, and 25 lines. *)

val wrapped : string -> string -> string list
(** [wrapped label words] is [label], then [words], in lines that begin below the first of the words. *)

val cut : string -> string
(** [cut line] is [line], or as much of it as fits. *)

val text : string list -> string
(** [text lines] is as many of [lines] as fit, with a last line that says so where that is not all of them. *)

val padded : int -> string -> string
(** [padded n s] is [s] with spaces after it up to [n] columns. *)
