(** How a request becomes an answer. A transport is a function, so a test passes one of its own. *)

type request = {
  meth : string;  (** ["GET"], ["POST"] or ["DELETE"]. *)
  url : string;  (** The whole address, encoded. *)
  headers : (string * string) list;  (** Names and values. *)
  body : string option;  (** What is sent, if anything. *)
  timeout : float;  (** Seconds that the whole exchange may take. *)
  once : bool;  (** Whether sending it twice could do it twice: then it has to go over a connection of its own. *)
}
(** The type for requests. *)

type response = {
  status : int;  (** The status, of the last answer where there were provisional ones. *)
  headers : (string * string) list;  (** Names in lower case, and values. *)
  body : string;  (** What was answered. *)
}
(** The type for answers. *)

type failure =
  | Unconnected of string  (** No connection could be made: the request cannot have arrived. *)
  | Broken of string  (** The connection broke: the request may have arrived. *)
  | Too_slow  (** The time was up: the request may have arrived. *)
  | Hopeless of string  (** Asking again is no use: the address, TLS, or an answer that is no HTTP. *)
(** The type for what can come in place of an answer, each with its cause in words. *)

type t = request -> (response, failure) result
(** The type for transports. An answer of any status is [Ok]; a redirect is not followed. *)

val curl : ?connect_timeout:float -> unit -> t
(** [curl ()] sends by libcurl. Connections are kept and used again, but for requests that may be sent only [once]:
    libcurl repeats a request by itself when a kept connection turns out to be dead. Making a connection may take
    [connect_timeout] seconds (default 5), within the request's own timeout. It may be called by several threads at a
    time, each of which then has connections of its own; they are closed when the transport is collected. A proxy is
    asked where the environment names one ([http_proxy]), never for the machine itself. An exception that a signal
    handler raises, such as [Sys.Break], ends the request at once and goes on to the caller. *)

val header : string -> response -> string option
(** [header name r] is the value of the header [name], in lower case, if there is one. *)

(**/**)

val host : string -> string
(** The host in an address, in brackets where it is one of IPv6; empty where there is none. *)
