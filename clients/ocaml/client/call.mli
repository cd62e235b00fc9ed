(** One request as a value, with the reader of its answer. *)

type 'a t = {
  meth : string;
  path : string;  (** With its leading slash, encoded. *)
  query : (string * string) list;  (** Not encoded. *)
  headers : (string * string) list;
  body : string option;
  read : Transport.response -> 'a;  (** May raise {!Read.Bad}. *)
  repeat : bool;  (** Whether asking twice does what asking once does. *)
  hold : float;  (** Seconds that the service was asked to hold its answer back. *)
}
(** The type for calls whose answer is an ['a]. *)

val get :
  ?query:(string * string) list -> ?headers:(string * string) list -> ?hold:float -> string ->
  (Transport.response -> 'a) -> 'a t
(** [get path read] is a GET. *)

val post : ?repeat:bool -> ?media:string -> ?body:string -> string -> (Transport.response -> 'a) -> 'a t
(** [post path read] is a POST of [body], whose type is [media] (default JSON). *)

val delete : string -> unit t
(** [delete path] is a DELETE. *)

val json : (Read.json -> 'a) -> Transport.response -> 'a
(** [json read r] is the JSON answer [r], as [read] reads it. *)

val part : string -> (string, Error.t) result
(** [part id] is [id] encoded as one part of an address, or [Error (Invalid _)] where it cannot be one. *)

val target : 'a t -> string
(** [target c] is the path of [c] and its query, encoded. *)

val asked : string -> 'a t -> string
(** [asked url c] is the request in words, "GET http://127.0.0.1:8000/jobs/job_1". *)
