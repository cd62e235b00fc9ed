(** What the client found, under the names of the wire. *)

open Backproof_client

type json = Yojson.Safe.t

val capabilities : Capabilities.t -> json
(** [capabilities v] is the JSON of what a service can do. *)

val gradients : Gradients.t -> json
(** [gradients v] is the JSON of gradients. *)

val report : Gradient_report.t -> json
(** [report v] is the JSON of a report on somebody's own gradients. *)

val point : Test_point.t -> json
(** [point v] is the JSON of a point. *)

val derivation : Derivation.t -> json
(** [derivation v] is the JSON of a derivation. *)

val job : Job.t -> json
(** [job v] is the JSON of a job. *)

val weights : Weights.t -> json
(** [weights v] is the JSON of weights. *)

val metrics : Metrics.t -> json
(** [metrics v] is the JSON of curves. *)

val dataset : Dataset.t -> json
(** [dataset v] is the JSON of a data set. *)

val predictions : Predictions.t -> json
(** [predictions v] is the JSON of outputs. *)

val error : Client.error -> json
(** [error e] is [e] in the kit's terms. *)
