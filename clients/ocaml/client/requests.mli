(** Every request that the service understands, as a {!Call.t}. What is left out takes the service's default. *)

open Backproof

type 'a sendable = ('a Call.t, Error.t) result
(** The type for requests: [Error (Invalid _)] where one cannot be sent. *)

type validation = [ `Share of float | `Data of Data.t ]
(** The type for the rows that validate. *)

type gradients = Found of Gradients.t | Pending of Job.t
(** The type for gradients, or the job that is going to find them. *)

type 'a page = { items : 'a list; next : string option }
(** The type for one page of a list, and the cursor of the next. *)

val train :
  ?batch_size:int ->
  ?seed:int ->
  ?form:Choice.training_form ->
  ?route:Choice.route ->
  ?dtype:Choice.dtype ->
  ?validation:validation ->
  ?patience:int ->
  ?labels:(string * string) list ->
  ?layout:Choice.layout ->
  Net.t ->
  loss:Loss.t ->
  optimizer:Optimizer.t ->
  data:Data.t ->
  epochs:int ->
  Job.t sendable
(** [train net ~loss ~optimizer ~data ~epochs] is POST /train; it is not to be repeated. *)

val gradients :
  ?forms:Choice.form list ->
  ?route:Choice.route ->
  ?dtype:Choice.dtype ->
  ?witnesses:Choice.witness list ->
  ?include_:Choice.part list ->
  ?layout:Choice.layout ->
  Net.t ->
  loss:Loss.t ->
  data:Data.t ->
  gradients sendable
(** [gradients net ~loss ~data] is POST /gradients; it is not to be repeated. *)

val check :
  ?dtype:Choice.dtype ->
  ?layout:Choice.layout ->
  ?loss_value:float ->
  ?pre_activations:Mat.t option list ->
  ?activations:Mat.t option list ->
  ?deltas:Mat.t option list ->
  ?updated_weights:Backprop.grads ->
  ?learning_rate:float ->
  ?weight_decay:float ->
  ?momentum:float ->
  ?previous:Previous.t ->
  Network.t ->
  loss:Loss.t ->
  grads:Backprop.grads ->
  x:Mat.t ->
  y:Mat.t ->
  Gradient_report.t sendable
(** [check net ~loss ~grads ~x ~y] is POST /gradients/check. *)

val point : ?layout:Choice.layout -> ?seed:int -> Net.t -> loss:Loss.t -> Test_point.t sendable
(** [point net ~loss] is POST /points. *)

val derive : ?data:Data.t -> Net.t -> loss:Loss.t -> parameter:string -> Derivation.t sendable
(** [derive net ~loss ~parameter] is POST /derivations. *)

val predict :
  ?dtype:Choice.dtype -> ?include_:Choice.layer_part list -> ?layout:Choice.layout -> Net.t -> Mat.t ->
  Predictions.t sendable
(** [predict net x] is POST /predict. *)

(** {1 As JSON} *)

val submit : Write.json -> Job.t sendable
(** [submit json] is POST /train of [json]. *)

val compare : Write.json -> gradients sendable
(** [compare json] is POST /gradients of [json]. *)

val check_json : Write.json -> Gradient_report.t sendable
(** [check_json json] is POST /gradients/check of [json], see {!Claim.named}. *)

val derive_json : Write.json -> Derivation.t sendable
(** [derive_json json] is POST /derivations of [json]. *)

val outputs : Write.json -> Predictions.t sendable
(** [outputs json] is POST /predict of [json]. *)

(** {1 Jobs} *)

val job : ?hold:float -> string -> Job.t sendable
(** [job id] is GET /jobs/id, whose answer may be held back for [hold] seconds. *)

val cancel : string -> Job.t sendable
(** [cancel id] is POST /jobs/id/cancel. *)

val delete_job : string -> unit sendable
(** [delete_job id] is DELETE /jobs/id. *)

val weights : ?at:Choice.at -> ?form:Choice.form -> string -> Weights.t sendable
(** [weights id] is GET /jobs/id/weights. *)

val weights_source : ?at:Choice.at -> ?form:Choice.form -> string -> string sendable
(** [weights_source id] is the same, as OCaml source. *)

val metrics : ?max_points:int -> string -> Metrics.t sendable
(** [metrics id] is GET /jobs/id/metrics. *)

val job_gradients : string -> Twins.t list sendable
(** [job_gradients id] is GET /jobs/id/gradients. *)

val job_predict :
  ?at:Choice.at ->
  string ->
  [ `Rows of Mat.t | `Stored of string * (int * int) option ] ->
  Predictions.t sendable
(** [job_predict id rows] is POST /jobs/id/predict. *)

val jobs :
  ?state:Job.state -> ?kind:string -> ?labels:(string * string) list -> ?limit:int -> unit -> Job.t page sendable
(** [jobs ()] is GET /jobs. *)

val following : 'a page Call.t -> 'a page -> 'a page Call.t option
(** [following call page] is the call for the page after [page], if there is one. *)

(** {1 Data sets} *)

val upload : Data.t -> Dataset.t sendable
(** [upload data] is POST /datasets of rows, as JSON. *)

val upload_csv : string -> Dataset.t sendable
(** [upload_csv text] is POST /datasets of a table, as CSV. *)

val dataset : ?include_data:bool -> string -> Dataset.t sendable
(** [dataset id] is GET /datasets/id. *)

val datasets : ?limit:int -> unit -> Dataset.t page sendable
(** [datasets ()] is GET /datasets. *)

val delete_dataset : string -> unit sendable
(** [delete_dataset id] is DELETE /datasets/id. *)

(** {1 The service} *)

val capabilities : Capabilities.t sendable
(** [capabilities] is GET /capabilities. *)

val ready : unit sendable
(** [ready] is GET /readyz. *)
