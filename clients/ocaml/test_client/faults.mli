(** A server on loopback that misbehaves as it is told, in a process of its own. *)

type behaviour =
  | Answer of int * (string * string) list * string  (** A status, headers, and a body. *)
  | Close  (** Close the connection without an answer. *)
  | Cut of string  (** Announce this body, send half of it, and close. *)
  | Stall  (** Never answer. *)
  | Drip  (** Send a byte of an endless answer now and then. *)
  | Raw of string  (** Send these very bytes, and close. *)
(** The type for what to do with one request. *)

type seen = {
  line : string;  (** ["GET /jobs/job_1 HTTP/1.1"]. *)
  headers : (string * string) list;  (** Names in lower case. *)
  length : int;  (** Of the body. *)
  beginning : string;  (** Of the body. *)
  connection : int;  (** Which connection it came over, counted from 0. *)
}
(** The type for one request that came. *)

val serving : behaviour list -> (string -> 'a) -> 'a * seen list
(** [serving behaviours f] is what [f] makes of the server's address, and the requests that came, one for each behaviour
    at most: further ones find the connection closed. *)

val slamming : (string -> 'a) -> 'a
(** [slamming f] is what [f] makes of the address of a server that hangs up as soon as somebody connects. *)

val nowhere : unit -> string
(** [nowhere ()] is an address where nothing listens. *)

val contains : string -> string -> bool
(** [contains text part] is whether [part] occurs in [text]. *)
