(** Writing requests as JSON. *)

type json = Yojson.Safe.t

val fields : (string * json option) list -> json
(** [fields l] is the object of those members that have a value. *)

val vector : float array -> json
(** [vector v] is [v] as a list. *)

val matrix : Backproof.Mat.t -> json
(** [matrix m] is [m] as a list of rows. *)

val text : string -> json
(** [text s] is the string [s]. *)

val count : int -> json
(** [count n] is the integer [n]. *)

val number : float -> json
(** [number x] is the number [x]. *)

val listed : ('a -> json) -> 'a array -> json
(** [listed entry v] is [v] as a list, each element as [entry] writes it. *)

val unsendable : string -> ('a, unit, string, 'b) format4 -> 'a
(** [unsendable where format …] gives up what {!body} was to write: what stands at [where] cannot be sent. *)

val body : (unit -> json) -> (string, Error.t) result
(** [body make] is the text of [make ()]; every number in it reads back bit for bit. It is [Error (Invalid _)] with the
    place where a number is not finite, or that {!unsendable} was told. *)
