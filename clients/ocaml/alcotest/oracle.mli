(** The oracle: the command [backproof] or a service, asked for the full diagnosis of a case file where there is one. *)

type t
(** The type for oracles: where they are is looked up at each question, whether they answer is remembered. *)

val make : ?patience:float -> unit -> t
(** [make ()] is an oracle that has [patience] seconds (default 20) for an answer. *)

val ask : t -> string -> Backproof.Json.t option
(** [ask o file] is the report on the case in [file], by the command [backproof] if PATH leads to it, else by the service
    at BACKPROOF_URL if that is set and PATH leads to [curl]. It is [None] where there is neither, where it has nothing
    to say, and where it cannot be reached or does not answer in time: after that [o] asks nobody again. *)
