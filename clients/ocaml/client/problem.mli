(** Problems (RFC 9457): why the service refused a request, or why a job failed, in its own words. *)

type place =
  | Pointer of string  (** A JSON pointer into the body, ["#/network/layers/1/weights"]. *)
  | Parameter of string  (** The name of a parameter of the address. *)
  | Header of string  (** The name of a header. *)
  | Nowhere  (** The service does not say. *)
(** The type for where an input stands. *)

type fault = { place : place; detail : string  (** What is wrong with it. *) }
(** The type for one input at fault. *)

type t = {
  type_ : string;  (** A URI that names the kind of problem. *)
  title : string;  (** The kind of problem in words. *)
  status : int;  (** The HTTP status. *)
  detail : string;  (** What was given, what was needed, what to do. *)
  code : string;  (** A word for programs, ["invalid_value"]. *)
  request_id : string option;  (** The id under which the service logged the request. *)
  errors : fault list;  (** The inputs at fault. *)
  extra : (string * Yojson.Safe.t) list;  (** Members that only some problems have, as [predicted_bytes]. *)
}
(** The type for problems. *)

val where : fault -> string
(** [where f] is the pointer, or the name of the parameter or header; empty where the service does not say. *)

val extra_count : string -> t -> int option
(** [extra_count name p] is the integer under [name] in [p.extra], as [predicted_bytes], if there is one. *)

val message : t -> string
(** [message p] is the problem's own words: its detail, and each input at fault that the detail does not name. *)

(**/**)

val read : status:int -> Yojson.Safe.t -> t
(** The problem that a JSON object states, its status where it states none. *)

val of_refusal : status:int -> string -> t option
(** The problem that the body of a refusal is, if it is one of the service's. *)
