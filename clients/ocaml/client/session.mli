(** Where and how to ask: a call is sent, asked again where that is right, and its answer read. *)

type t = {
  url : (string, Error.t) result;  (** The address without a slash at its end, or why it is none. *)
  timeout : float;  (** Seconds that one answer may take. *)
  attempts : int;  (** How often one request is sent at most. *)
  transport : Transport.t;
  clock : Clock.t;
  random : Random.State.t;
}
(** The type for sessions. *)

val address : string -> (string, Error.t) result
(** [address url] is [url] without a slash at its end, or [Error (Invalid _)] where no service can be there. *)

val send : ?deadline:float -> t -> 'a Call.t -> ('a, Error.t) result
(** [send s call] is the answer to [call]. Busy services (429, 503) and connections that were never made are asked
    again for every call, connections that broke only where [call.repeat]; answers that are late never. All of it ends
    at the [deadline], a time of [s.clock], and after two minutes of asking again. *)

val run : ?deadline:float -> t -> 'a Requests.sendable -> ('a, Error.t) result
(** [run s request] is the same for a request that may not be sendable. *)
