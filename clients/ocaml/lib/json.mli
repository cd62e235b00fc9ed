(** JSON, as much of it as weights and case files need. Every float round-trips bit for bit. *)

type t =
  | Null
  | Bool of bool
  | Number of float
  | String of string
  | List of t list
  | Object of (string * t) list  (** *)
(** The type for JSON values. *)

val to_string : t -> string
(** [to_string j] is the text of [j] on one line; numbers that are not finite are the strings of the wire, ["NaN"],
    ["Infinity"] and ["-Infinity"]. *)

val number : float -> string
(** [number x] is a decimal of at most 17 digits that reads back as the finite number [x], with its sign where it is -0. *)

val of_string : string -> (t, string) result
(** [of_string text] is the value that [text] is, or a sentence that says where it is not JSON. *)

val member : string -> t -> t option
(** [member name j] is the field [name] of the object [j], if there is one. *)

val matrix : Mat.t -> t
(** [matrix m] is [m] as a list of rows. *)

val vector : float array -> t
(** [vector v] is [v] as a list. *)

val to_matrix : t -> (Mat.t, string) result
(** [to_matrix j] is the matrix that [j] is, or what it is instead. *)

val to_vector : t -> (float array, string) result
(** [to_vector j] is the vector that [j] is, or what it is instead. *)
