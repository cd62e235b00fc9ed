(** Jobs as they were when the service was asked. *)

type state =
  | Queued
  | Running
  | Pausing
  | Paused
  | Cancelling
  | Succeeded
  | Failed
  | Cancelled
  | Interrupted
  | Other of string  (** A state that this client does not know. *)
(** The type for states. Succeeded, failed and cancelled never change; paused and interrupted do not go on by
    themselves. *)

type progress = {
  epoch : int option;  (** Epochs finished. *)
  epochs : int option;  (** Epochs asked for. *)
  step : int option;  (** Updates finished. *)
  steps : int option;  (** Updates of the whole run. *)
  fraction : float option;  (** The finished part, 0 to 1. *)
  eta_seconds : float option;  (** Seconds to the end at the present speed. *)
}
(** The type for how far a job is. *)

type trained = {
  final_loss : float;  (** The loss of the last weights on all training rows. *)
  weights_sha256 : string;  (** The hash of the latest weights. *)
  twin_distance : float option;  (** How far apart twins ever were. *)
  best_epoch : int option;  (** The epoch with the best weights. *)
  stopped_early : bool option;  (** Whether early stopping ended the run. *)
}
(** The type for what a training run leaves behind, besides its weights. *)

type result =
  | Trained of trained  (** Of a job of kind ["train"]. *)
  | Compared of Gradients.t  (** Of a job of kind ["gradients"]. *)
  | Unread of Yojson.Safe.t  (** Of a kind that this client does not know. *)
(** The type for what a job found. *)

type t = {
  id : string;  (** Its name. *)
  kind : string;  (** ["train"], ["gradients"], or a newer one. *)
  state : state;  (** Where it is. *)
  attempt : int option;  (** How many times it was started. *)
  created_at : string option;  (** When it came, as RFC 3339 writes times. *)
  started_at : string option;  (** When it was last started. *)
  finished_at : string option;  (** When it ended. *)
  progress : progress option;  (** How far it is. *)
  metrics : (string * float option) list;  (** The last measured numbers, by name. *)
  result : result option;  (** What it found, once it has succeeded. *)
  error : Problem.t option;  (** Why it failed. *)
  config : Yojson.Safe.t;  (** The request with its defaults. *)
  environment : Yojson.Safe.t;  (** What its bits depend on. *)
  labels : (string * string) list;  (** Your own words about it. *)
}
(** The type for jobs. *)

val has_ended : t -> bool
(** [has_ended j] is whether the state of [j] never changes again. *)

val rests : t -> bool
(** [rests j] is whether [j] does not go on by itself although it has not ended. *)

val state_name : state -> string
(** [state_name s] is the name of [s] on the wire. *)

val state_named : string -> state
(** [state_named name] is the state of that name, [Other name] where this client does not know it. *)

val trained : t -> trained option
(** [trained j] is what the training run [j] left behind, if [j] is one and has succeeded. *)

val at_epoch : t -> string
(** [at_epoch j] is " at epoch 120 of 10000" where [j] has made progress, else nothing. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The job that a JSON object is; raises Read.Bad where it is none. *)
