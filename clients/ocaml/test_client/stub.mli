(** Transports that answer from a list, and a clock whose time passes at once. *)

open Backproof_client

type t = {
  client : Client.t;
  sent : unit -> Transport.request list;  (** What was sent so far. *)
  slept : unit -> float list;  (** How long the client slept, each time. *)
}
(** The type for clients of a stub. *)

type answer = (Transport.response, Transport.failure) result

val answering : ?timeout:float -> ?retries:int -> ?takes:float -> answer list -> t
(** [answering answers] is a client that is given these answers in turn, the last one for ever; each takes [takes]
    seconds of the clock (default 0.5). *)

val computing : (Transport.request -> answer) -> t
(** [computing f] is a client that is given [f request]. *)

val json : ?status:int -> ?headers:(string * string) list -> string -> answer
(** [json text] is an answer of status 200 with that body. *)

val problem : ?headers:(string * string) list -> int -> string -> string -> answer
(** [problem status code detail] is a problem. *)

val job : ?kind:string -> ?more:string -> string -> string
(** [job state] is the JSON of a job in that state, with the members [more] in front. *)

val epoch : int -> string
(** [epoch n] is the member [progress] of a job that has finished [n] epochs, for [more]. *)
