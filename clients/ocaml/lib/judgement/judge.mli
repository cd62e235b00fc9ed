(** Is your backprop right? Judges a gradient function of yours, with nothing but this library.

    Your function is called at small seeded points: widths that differ from each other and from the rows, biases, no
    dead unit, nothing at a kink. What it gives is compared with two independent forms of backpropagation, which have to
    agree with each other and with central differences before anything is said of yours. What is wrong is made as small
    as it can be, and reported with its cause where it is a known mistake:

    {[
      open Backproof

      let report () = Judge.gradient mine ~activations:Activation.[ tanh; softmax ] ~loss:Loss.cross_entropy
      let () = Judge.run [ ("my network", report) ]
    ]} *)

type layout = [ Network.orientation | `Rows | `Columns | `Single ] list
(** The type for how your arrays lie. [`Out_in]: the {!Network.weights} you are given, and your gradients of them, are
    out×in. [`Columns]: [x] and [y] have an instance in each column. [`Single]: your function is called for one instance
    at a time, and the results are added, or averaged where the loss averages. What is not said is [`In_out], [`Rows]. *)

val gradient :
  ?name:string ->
  ?seed:int ->
  ?points:int ->
  ?sizes:int list ->
  ?rows:int ->
  ?bias:bool ->
  ?layout:layout ->
  ?case_file:string ->
  (Network.t -> x:Mat.t -> y:Mat.t -> Backprop.grads) ->
  activations:Activation.t list ->
  loss:Loss.t ->
  Report.t
(** [gradient mine ~activations ~loss] is the report on [mine], where [mine net ~x ~y] is your gradient of [loss] for
    the rows [x] and the targets [y], first layer first. There is a layer for each of [activations]. It is called twice at
    each point, and has to give the same. A bias gradient of a layer without a bias is passed over.

    [points] points (default 5) follow from [seed] (default 0). [sizes] (d_0 … d_L) and [rows] fix what your function
    cannot vary; what such points cannot show is then said. [bias] is whether layers have one, default [true]. The
    failing point is written to [case_file] (default [NAME.case.json], [name] being "gradient"), unless that is "". What
    your function raises is reported, with the line where it was recorded.
    @raise Errors.Shape_mismatch unless [activations] is not empty and [sizes] fit them.
    @raise Errors.Inadmissible_pair where [loss] is not defined on the outputs of the last activation. *)

type pulled = Yours.pulled = { dx : Mat.t; dw : Mat.t; db : float array option }
(** The type for what one layer sends back: the gradient by its inputs, its weights and its bias. *)

val pullback :
  ?seed:int ->
  ?points:int ->
  ?sizes:int list ->
  ?rows:int ->
  ?bias:bool ->
  ?layout:layout ->
  (w:Mat.t -> b:float array option -> x:Mat.t -> upstream:Mat.t -> pulled) ->
  activation:Activation.t ->
  Report.t
(** [pullback mine ~activation] is the report on the backward pass of one layer σ(xW + 1bᵀ), where [upstream] is the
    gradient by its outputs, random rather than all ones, under which a softmax would send zero whatever its sign. *)

val activation :
  ?seed:int ->
  ?points:int ->
  ?width:int ->
  ?rows:int ->
  ?layout:layout ->
  (z:Mat.t -> a:Mat.t -> upstream:Mat.t -> Mat.t) ->
  activation:Activation.t ->
  Report.t
(** [activation mine ~activation] is the report on the backward pass of an activation alone: [mine ~z ~a ~upstream] is
    the gradient by [z], given [a] = σ(z) and the gradient by [a]. [width] fixes the columns of [z]. *)

val run : (string * (unit -> Report.t)) list -> unit
(** [run reports] prints each report under its name and exits with code 1 unless all are right: a test program without a
    test library. *)
