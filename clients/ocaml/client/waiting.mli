(** Waiting for jobs. *)

type how = {
  see : (Job.t -> unit) option;  (** Who is told each time that state or progress changed. *)
  timeout : float option;  (** Seconds that the wait may take. *)
  patience : float;  (** Seconds that the service may be away. *)
}
(** The type for how to wait. *)

val until_rest : Session.t -> how -> string -> (Job.t, Error.t) result
(** [until_rest s how id] is the job once it has ended or rests, whatever became of it. *)

val succeeded : Job.t -> (Job.t, Error.t) result
(** [succeeded job] is [job], which has ended or rests, or the error of one that did not succeed. *)
