(** Every request that the service understands, as a {!Call.t}. What is left out takes the service's default. *)

open Backproof

type 'a sendable = ('a Call.t, Error.t) result
(** The type for requests: [Error (Invalid _)] where one cannot be sent. *)

type validation = [ `Share of float | `Data of Data.t ]
type gradients = Found of Gradients.t | Pending of Job.t
type 'a page = { items : 'a list; next : string option }

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

val predict :
  ?dtype:Choice.dtype -> ?include_:Choice.layer_part list -> ?layout:Choice.layout -> Net.t -> Mat.t ->
  Predictions.t sendable

(** {1 As JSON} *)

val submit : Write.json -> Job.t sendable
val compare : Write.json -> gradients sendable
val outputs : Write.json -> Predictions.t sendable

(** {1 Jobs} *)

val job : ?hold:float -> string -> Job.t sendable
val cancel : string -> Job.t sendable
val delete_job : string -> unit sendable
val weights : ?at:Choice.at -> ?form:Choice.form -> string -> Weights.t sendable
val weights_source : ?at:Choice.at -> ?form:Choice.form -> string -> string sendable
val metrics : ?max_points:int -> string -> Metrics.t sendable
val job_gradients : string -> Twins.t list sendable
val job_predict : ?at:Choice.at -> string -> [ `Rows of Mat.t | `Stored of string * (int * int) option ] -> Predictions.t sendable

val jobs :
  ?state:Job.state -> ?kind:string -> ?labels:(string * string) list -> ?limit:int -> unit -> Job.t page sendable

val following : 'a page Call.t -> 'a page -> 'a page Call.t option
(** [following call page] is the call for the page after [page], if there is one. *)

(** {1 Data sets} *)

val upload : Data.t -> Dataset.t sendable
val upload_csv : string -> Dataset.t sendable
val dataset : ?include_data:bool -> string -> Dataset.t sendable
val datasets : ?limit:int -> unit -> Dataset.t page sendable
val delete_dataset : string -> unit sendable

(** {1 The service} *)

val capabilities : Capabilities.t sendable
val ready : unit sendable
