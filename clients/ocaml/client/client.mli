(** A Backproof service, asked over HTTP.

    Every call is a [result]: no call raises, and none hangs. What can be asked again without harm is asked again where
    the service is busy or the connection breaks; {!train} and {!gradients} only where they cannot have arrived.

    {[
      let ( let* ) = Result.bind
      let client = Client.create ()

      let trained net ~x ~y =
        let* job =
          Client.train client (Net.given net) ~loss:Loss.half_sse ~optimizer:(Optimizer.sgd 1.) ~data:(Data.rows ~x ~y)
            ~epochs:2000
        in
        let* job = Client.wait client job.id in
        let* weights = Client.weights client job.id in
        Ok (Weights.network weights)
    ]} *)

open Backproof

type t
(** The type for clients. Several threads may use one. *)

type error = Error.t
(** The type for what goes wrong. *)

val message : error -> string
(** [message e] is what went wrong and what to do, in a sentence or two. *)

exception Failed of error
(** What {!ok} and [Remote] raise. Its printed form is the {!message}. *)

val ok : ('a, error) result -> 'a
(** [ok r] is the value of [r].
    @raise Failed with its error. *)

val create : ?timeout:float -> ?retries:int -> ?transport:Transport.t -> ?clock:Clock.t -> ?url:string -> unit -> t
(** [create ()] is a client of the service at [url], else at BACKPROOF_URL, else at http://127.0.0.1:8000. An exchange
    may take [timeout] seconds (default 60), sending and receiving included. A request is sent again at most [retries]
    times (default 5), after pauses that grow from a quarter of a second, or as long as the service asks, up to 30 s
    each and two minutes in all. [transport] defaults to {!Transport.curl}, [clock] to the machine's. Nothing is sent
    yet: where [url] is no address, every call is [Error (Invalid _)]. *)

val url : t -> string
(** [url c] is the address of the service, as it was given where it is none. *)

(** {1 Training} *)

val train :
  ?batch_size:int ->
  ?seed:int ->
  ?form:Choice.training_form ->
  ?route:Choice.route ->
  ?dtype:Choice.dtype ->
  ?validation:[ `Share of float | `Data of Data.t ] ->
  ?patience:int ->
  ?labels:(string * string) list ->
  ?layout:Choice.layout ->
  t ->
  Net.t ->
  loss:Loss.t ->
  optimizer:Optimizer.t ->
  data:Data.t ->
  epochs:int ->
  (Job.t, error) result
(** [train c net ~loss ~optimizer ~data ~epochs] is the job that trains [net], as submitted; {!wait} for it. The
    arguments are the fields of POST /train, [patience] that of early stopping. It is never sent twice once it may have
    arrived, since the service would train twice: then look at {!jobs}. *)

val wait : ?on_event:(Job.t -> unit) -> ?timeout:float -> ?patience:float -> t -> string -> (Job.t, error) result
(** [wait c id] is the job [id] once it has succeeded. It is [Error] with [Job_failed], [Job_cancelled], or [Job_rests]
    where it is paused or interrupted; states that this client does not know are waited on. [on_event] is told the job
    each time that its state or progress was seen to change, about once a second; what it raises ends the wait. The wait
    goes on while the service is away, killed and started again say, for [patience] seconds (default 90); a service that
    is there and does not answer is [Timed_out]. It takes as long as the job, or [timeout] seconds and then is
    [Error (Still_going _)]; the job goes on. *)

val job : t -> string -> (Job.t, error) result
(** [job c id] is the job [id] as it is now. *)

val jobs :
  ?state:Job.state ->
  ?kind:string ->
  ?labels:(string * string) list ->
  ?limit:int ->
  t ->
  (Job.t list, error) result
(** [jobs c] is all jobs, newest first, that are in [state], of [kind], and carry all [labels]. [limit] is the size of
    the pages in which they are fetched. *)

val each_job :
  ?state:Job.state ->
  ?kind:string ->
  ?labels:(string * string) list ->
  ?limit:int ->
  t ->
  (Job.t, error) result Seq.t
(** [each_job c] is the same jobs, each page fetched when it is needed and whenever the sequence is walked. An error is
    the last element. *)

val cancel : t -> string -> (Job.t, error) result
(** [cancel c id] is the job [id], cancelled or about to be. It is a [Problem] of status 409 where it has ended. *)

val delete_job : t -> string -> (unit, error) result
(** [delete_job c id] is nothing, and the job [id] is gone; a [Problem] of status 409 while it runs. *)

val weights : ?at:Choice.at -> ?form:Choice.form -> t -> string -> (Weights.t, error) result
(** [weights c id] is the layers of the job [id], the [`Latest] unless [at] says otherwise; [form] chooses one of
    twins. {!Weights.network} makes a network of them. *)

val weights_source : ?at:Choice.at -> ?form:Choice.form -> t -> string -> (string, error) result
(** [weights_source c id] is the same network as OCaml source that needs nothing else and defines [predict]. *)

val metrics : ?max_points:int -> t -> string -> (Metrics.t, error) result
(** [metrics c id] is the curves of the job [id], thinned to [max_points] rows (the service's default is 1000). *)

val job_gradients : t -> string -> (Twins.t list, error) result
(** [job_gradients c id] is how far apart the gradients of twins were along the run [id], trained by [`Both] forms. *)

(** {1 Gradients and outputs} *)

val gradients :
  ?forms:Choice.form list ->
  ?route:Choice.route ->
  ?dtype:Choice.dtype ->
  ?witnesses:Choice.witness list ->
  ?include_:Choice.part list ->
  ?layout:Choice.layout ->
  t ->
  Net.t ->
  loss:Loss.t ->
  data:Data.t ->
  (Gradients.t, error) result
(** [gradients c net ~loss ~data] is the gradients in each form and their comparison; the arguments are the fields of
    POST /gradients. What the service makes a job of is waited for. *)

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
  t ->
  Network.t ->
  loss:Loss.t ->
  grads:Backprop.grads ->
  x:Mat.t ->
  y:Mat.t ->
  (Gradient_report.t, error) result
(** [check c net ~loss ~grads ~x ~y] is the service's report on [grads], your own gradients of [loss] for the rows [x]
    and the targets [y], first layer first. It is [Ok] even when [grads] are wrong; see {!Gradient_report.val-agrees} and
    {!Gradient_report.type-t.diagnosis}. What else you have makes the cause easier to find: Z, A and δ over the layers,
    [None] for one that you have not, and the parameters after the step, as [updated_weights] with the [learning_rate]
    (and [weight_decay], [momentum], the [previous] step) that made them. Where only those are to be judged, [grads]
    may be [[]].

    Your numbers may be of any shape, and not finite: that is reported. [dtype] is the precision they were computed in;
    without it that is told by the numbers. Everything but [net] is sent as it is given, and has to lie as [layout]
    says. *)

val point : ?layout:Choice.layout -> ?seed:int -> t -> Net.t -> loss:Loss.t -> (Test_point.t, error) result
(** [point c net ~loss] is a small point, off kinks, at which every mistake changes a gradient that can do so in a
    network of the sizes, activations and biases of [net], with the right numbers there. The same [seed] gives the same
    point. *)

val derive : ?data:Data.t -> t -> Net.t -> loss:Loss.t -> parameter:string -> (Derivation.t, error) result
(** [derive c net ~loss ~parameter] is the proof, line by line, that the vectorised gradient by [parameter], as
    ["layers.0.weights"], is the matched one. With [data], each line is evaluated on its first rows as well, in float64.
    It is a [Problem] where [net] has no such parameter, or more lines than anybody would read. *)

val predict :
  ?dtype:Choice.dtype ->
  ?include_:Choice.layer_part list ->
  ?layout:Choice.layout ->
  t ->
  Net.t ->
  Mat.t ->
  (Predictions.t, error) result
(** [predict c net x] is the outputs of [net] for the rows [x]. *)

val job_predict :
  ?at:Choice.at ->
  t ->
  string ->
  [ `Rows of Mat.t | `Stored of string * (int * int) option ] ->
  (Predictions.t, error) result
(** [job_predict c id rows] is the outputs of the network of the job [id] for rows, or for those of a stored data set,
    all or a half-open range. *)

(** {1 Data sets} *)

val upload : t -> Data.t -> (Dataset.t, error) result
(** [upload c data] is the rows of [data], stored. The same rows are stored once. *)

val upload_csv : t -> string -> (Dataset.t, error) result
(** [upload_csv c text] is the table in a CSV text, stored: a header, columns [y] or [y_…] targets or a column [label],
    the others features. *)

val upload_csv_file : t -> string -> (Dataset.t, error) result
(** [upload_csv_file c path] is the same for a file; [Error (Invalid _)] where it cannot be read. *)

val dataset : ?include_data:bool -> t -> string -> (Dataset.t, error) result
(** [dataset c id] is the data set [id], with its rows where [include_data] is [true]. *)

val datasets : ?limit:int -> t -> (Dataset.t list, error) result
(** [datasets c] is all data sets, newest first, fetched in pages of [limit]. *)

val delete_dataset : t -> string -> (unit, error) result
(** [delete_dataset c id] is nothing, and the data set [id] is gone; a [Problem] of status 409 while a job needs it. *)

(** {1 The service} *)

val capabilities : t -> (Capabilities.t, error) result
(** [capabilities c] is what the service can do. *)

val ready : t -> (unit, error) result
(** [ready c] is nothing, once the service takes work. *)

(** {1 Requests as JSON}

    For fields and names that this client does not know. *)

val submit : t -> Yojson.Safe.t -> (Job.t, error) result
(** [submit c json] is as {!train}, with the object of POST /train. *)

val compare : t -> Yojson.Safe.t -> (Gradients.t, error) result
(** [compare c json] is as {!gradients}, with the object of POST /gradients. *)

val check_json : t -> Yojson.Safe.t -> (Gradient_report.t, error) result
(** [check_json c json] is as {!check}, with the object of POST /gradients/check, as a case file holds it; numbers of
    yours may be floats that are not finite. *)

val derive_json : t -> Yojson.Safe.t -> (Derivation.t, error) result
(** [derive_json c json] is as {!derive}, with the object of POST /derivations. *)

val outputs : t -> Yojson.Safe.t -> (Predictions.t, error) result
(** [outputs c json] is as {!predict}, with the object of POST /predict. *)
