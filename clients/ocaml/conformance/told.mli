(** What the client found, under the names of the wire. *)

open Backproof_client

type json = Yojson.Safe.t

val capabilities : Capabilities.t -> json
val gradients : Gradients.t -> json
val job : Job.t -> json
val weights : Weights.t -> json
val metrics : Metrics.t -> json
val dataset : Dataset.t -> json
val predictions : Predictions.t -> json

val error : Client.error -> json
(** [error e] is [e] in the kit's terms. *)
