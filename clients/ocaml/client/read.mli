(** Reading JSON answers: what is not there is [None] or empty, what is not known is ignored. *)

type json = Yojson.Safe.t

exception Bad of string
(** What was read is not what was expected; the message says where. It never leaves this library. *)

val deepest : int
(** [deepest] is how many lists and objects may stand within each other; what is deeper is refused unread. *)

val parse : string -> json
(** [parse text] is the value that [text] is. It raises {!Bad} where it is none. *)

val bad : ('a, unit, string, 'b) format4 -> 'a
(** [bad format …] raises {!Bad} with that message. *)

(** {1 Members of objects} *)

val need : string -> (json -> 'a) -> json -> 'a
(** [need name read j] is the member [name] of the object [j], as [read] reads it. It raises {!Bad} where there is
    none. *)

val opt : string -> (json -> 'a) -> json -> 'a option
(** [opt name read j] is the same, and [None] where the member is missing or null. *)

val some : 'a -> string -> (json -> 'a) -> json -> 'a
(** [some default name read j] is the same, and [default] where the member is missing or null. *)

(** {1 Values} *)

val any : json -> json
(** [any j] is [j]. *)

val text : json -> string
(** [text j] is the string [j]. *)

val truth : json -> bool
(** [truth j] is the boolean [j]. *)

val number : json -> float
(** [number j] is the number [j], also from "NaN", "Infinity" and "-Infinity". *)

val count : json -> int
(** [count j] is the integer [j]; beyond 63 bits the nearest there is. *)

val list : (json -> 'a) -> json -> 'a list
(** [list read j] is the entries of [j]. *)

val array : (json -> 'a) -> json -> 'a array
(** [array read j] is the same as an array. *)

val members : (json -> 'a) -> json -> (string * 'a) list
(** [members read j] is the members of the object [j]. *)

val vector : json -> float array
(** [vector j] is the numbers in the list [j]. *)

val matrix : json -> Backproof.Mat.t
(** [matrix j] is the matrix with the rows [j]. *)
