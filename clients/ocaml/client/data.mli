(** Data as requests hold it. *)

open Backproof

type t =
  | Rows of { x : Mat.t; y : Mat.t }  (** Rows and what the network should answer to each. *)
  | Labelled of { x : Mat.t; labels : int array }  (** Rows and the class of each, counted from 0. *)
  | Stored of { id : string; rows : (int * int) option }
      (** A data set that was uploaded, all of it, or the rows from the first number to before the second. *)
(** The type for data. *)

val rows : x:Mat.t -> y:Mat.t -> t
(** [rows ~x ~y] is the rows [x] with targets [y]. *)

val labelled : x:Mat.t -> labels:int array -> t
(** [labelled ~x ~labels] is the rows [x] with a class for each. *)

val stored : ?rows:int * int -> string -> t
(** [stored id] is the data set with that id, or only the half-open range [rows] of it. *)

(**/**)

val json : t -> Yojson.Safe.t
val range : int * int -> Yojson.Safe.t
