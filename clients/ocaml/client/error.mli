(** What can go wrong with a call. *)

type t =
  | Invalid of { where : string; why : string }
      (** Refused before anything was sent. [where] is a JSON pointer into the request, ["url"], ["id"] or a file. *)
  | Unreachable of { asked : string; why : string; perhaps_done : bool }
      (** No connection could be made, or it broke. [perhaps_done] says that the service may have done all the same
          what must not be done twice. *)
  | Hopeless of { asked : string; why : string }
      (** Asking there is no use: TLS does not come about, or what answers does not speak HTTP. *)
  | Timed_out of { asked : string; seconds : float; perhaps_done : bool }  (** No answer in time. *)
  | Still_going of { job : Job.t; seconds : float }  (** The wait is over, the job is not. *)
  | Problem of { asked : string; problem : Problem.t; retry_after : float option }
      (** A refusal in the service's words, and the seconds after which to ask again. *)
  | Refused of { asked : string; status : int; excerpt : string; retry_after : float option }
      (** A refusal without a problem, such as a proxy's page. *)
  | Unexpected of { asked : string; status : int; why : string; excerpt : string }
      (** An answer that cannot be read as what was asked for: perhaps another program answers there. *)
  | Job_failed of Job.t  (** A job that was waited for and failed; its [error] says why. *)
  | Job_cancelled of Job.t  (** A job that was waited for and was cancelled. *)
  | Job_rests of Job.t  (** A job that was waited for and is paused or interrupted: it does not go on by itself. *)
(** The type for errors. [asked] is the request, ["GET http://127.0.0.1:8000/jobs/job_1"]. *)

val message : t -> string
(** [message e] is what went wrong and what to do, in a sentence or two. *)

(**/**)

val excerpt : string -> string
(** The beginning of a text, on one line. *)
