(** Verdicts on your own backpropagation as Alcotest test cases: {!Backproof.Judge} inside [dune test].

    {[
      open Backproof

      let () =
        Alcotest.run "my network"
          [ ("backprop", [ Backproof_alcotest.gradient mine ~activations:Activation.[ tanh; softmax ] ~loss:Loss.cross_entropy ]) ]
    ]}

    A red test prints its report once, where Alcotest shows what a test printed. A green one says at the end of the run at
    how many points it was right, and how many mistakes those can show.

    Where the command [backproof] is found, or BACKPROOF_URL names a service and [curl] is found, a red test that wrote
    its case file asks that oracle about it, and prints what it has to add: causes that {!Backproof.Judge} does not know,
    several at once. The verdict stands without it: where there is none, or it cannot be reached, or it has not answered
    within twenty seconds, nothing is said of it. A green test asks nobody. *)

open Backproof

val gradient :
  ?name:string ->
  ?seed:int ->
  ?points:int ->
  ?sizes:int list ->
  ?rows:int ->
  ?bias:bool ->
  ?layout:Judge.layout ->
  ?case_file:string ->
  (Network.t -> x:Mat.t -> y:Mat.t -> Backprop.grads) ->
  activations:Activation.t list ->
  loss:Loss.t ->
  unit Alcotest.test_case
(** [gradient mine ~activations ~loss] is the test that {!Backproof.Judge.gradient} finds [mine] right. [name], which is that of
    the test and of the case file, is made of the activations and the loss unless it is given. *)

val pullback :
  ?name:string ->
  ?seed:int ->
  ?points:int ->
  ?sizes:int list ->
  ?rows:int ->
  ?bias:bool ->
  ?layout:Judge.layout ->
  (w:Mat.t -> b:float array option -> x:Mat.t -> upstream:Mat.t -> Judge.pulled) ->
  activation:Activation.t ->
  unit Alcotest.test_case
(** [pullback mine ~activation] is the test that {!Backproof.Judge.pullback} finds [mine] right. *)

val activation :
  ?name:string ->
  ?seed:int ->
  ?points:int ->
  ?width:int ->
  ?rows:int ->
  ?layout:Judge.layout ->
  (z:Mat.t -> a:Mat.t -> upstream:Mat.t -> Mat.t) ->
  activation:Activation.t ->
  unit Alcotest.test_case
(** [activation mine ~activation] is the test that {!Backproof.Judge.activation} finds [mine] right. *)

val test_case : string -> (unit -> Report.t) -> unit Alcotest.test_case
(** [test_case name report] is the test of that name that [report ()] is right. *)
