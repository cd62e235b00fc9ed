(* Every call against a real service, the one at BACKPROOF_URL. *)

open Backproof
open Backproof_client

let url =
  match Sys.getenv_opt "BACKPROOF_URL" with
  | Some url when url <> "" -> url
  | _ ->
      prerr_endline "Set BACKPROOF_URL to the address of a running service, such as http://127.0.0.1:8000.";
      exit 2

let client = Client.create ~url ()
let ok = Client.ok
let near = Alcotest.float 1e-8
let bits = Alcotest.testable (fun f m -> Mat.pp f m) Mat.equal
let check_true what condition = Alcotest.(check bool) what true condition

(* ---- the article's run *)

let x = [| [| 0.; 0. |]; [| 0.; 1. |]; [| 1.; 0. |]; [| 1.; 1. |] |]
let y = [| [| 0. |]; [| 1. |]; [| 1. |]; [| 0. |] |]
let xor = Data.rows ~x ~y
let init = Init.uniform ~low:0. ~high:1.
let drawn = Net.drawn ~bias:false ~init ~seed:7 [ 2; 2; 1 ]
let sgd = Optimizer.sgd 1.

let train ?form ?labels ?(epochs = 200) () =
  ok (Client.train ?form ?labels client drawn ~loss:Loss.half_sse ~optimizer:sgd ~data:xor ~epochs)

let trained ?form ?labels ?epochs () = ok (Client.wait client (train ?form ?labels ?epochs ()).id)

let fresh =
  let random = Random.State.make_self_init () in
  fun () -> Printf.sprintf "%08x" (Random.State.bits random)

(* ---- every call *)

let capabilities () =
  let c = ok (Client.capabilities client) in
  let sorted l = List.sort compare l in
  let same what of_what here there = Alcotest.(check (list of_what)) what (sorted here) (sorted there) in
  same "activations" Alcotest.string (List.map (fun (s : Activation.t) -> s.name) Activation.all) c.activations;
  same "losses" Alcotest.string (List.map (fun (l : Loss.t) -> l.name) Loss.all) c.losses;
  let named ((l : Loss.t), (s : Activation.t)) = (l.name, s.name) in
  same "pairs" Alcotest.(pair string string) (List.map named Specimens.pairs) c.admissible_pairs;
  check_true "a limit" (List.mem_assoc "max_body_bytes" c.limits);
  ok (Client.ready client)

let a_run () =
  let events = ref 0 in
  let job = train ~epochs:3000 () in
  let job = ok (Client.wait client job.id ~on_event:(fun _ -> incr events)) in
  check_true "events" (!events > 0);
  let found = Option.get (Job.trained job) in
  let metrics = ok (Client.metrics client job.id ~max_points:10) in
  check_true "thinned" (Array.length metrics.rows <= 10);
  let at time = Weights.network (ok (Client.weights client job.id ~at:time)) in
  let latest = at `Latest and first = at (`Epoch 0) in
  Alcotest.check near "final loss" found.final_loss (Backprop.value latest ~loss:Loss.half_sse ~x ~y);
  check_true "trained" (found.final_loss < Backprop.value first ~loss:Loss.half_sse ~x ~y);
  let outputs = (ok (Client.job_predict client job.id (`Rows x))).outputs in
  check_true "outputs" (Mat.max_abs (Mat.sub outputs (Network.predict latest x)) < 1e-12);
  let sent = ok (Client.predict client (Net.given latest) x ~include_:[ `Activations; `Pre_activations ]) in
  check_true "the same outputs" (Mat.max_abs (Mat.sub outputs sent.outputs) < 1e-12);
  Alcotest.(check int) "layers" 2 (List.length sent.activations);
  Alcotest.(check string) "state" "succeeded" (Job.state_name (ok (Client.job client job.id)).state);
  ignore (at `Best);
  ok (Client.delete_job client job.id);
  match Client.job client job.id with
  | Error (Problem { problem = { status = 404; _ }; _ }) -> ()
  | _ -> Alcotest.fail "a deleted job is still there"

let twins () =
  let job = trained ~form:`Both () in
  let of_form form = ok (Client.weights client job.id ~form) in
  let one = of_form `Matched and other = of_form `Vectorized in
  check_true "close" (Mat.max_abs (Mat.sub (List.hd one.layers).w (List.hd other.layers).w) < 1e-9);
  check_true "agree" (List.for_all (fun (t : Twins.t) -> t.agree) (ok (Client.job_gradients client job.id)))

let source () =
  let job = trained () in
  let text = ok (Client.weights_source client job.id ~at:`Best) in
  let is_definition line = Faults.contains line "let predict" in
  check_true "it defines predict" (List.exists is_definition (String.split_on_char '\n' text))

let lists () =
  let mark = fresh () in
  let labels = [ ("run", mark); ("words", "größer & 100 %/?#") ] in
  let ids = List.init 5 (fun _ -> (trained ~labels ~epochs:1 ()).id) in
  let found = ok (Client.jobs client ~labels ~limit:2 ~kind:"train" ~state:Succeeded) in
  Alcotest.(check (list string)) "newest first" (List.rev ids) (List.map (fun (j : Job.t) -> j.id) found);
  Alcotest.(check (list (pair string string))) "labels" labels (List.sort compare (List.hd found).labels);
  match (Client.each_job client ~labels ~limit:2) () with
  | Seq.Cons (Ok first, _) -> Alcotest.(check string) "lazily" (List.nth ids 4) first.id
  | _ -> Alcotest.fail "no first job"

let cancel () =
  let job = train ~epochs:10_000_000 () in
  ignore (ok (Client.cancel client job.id));
  (match Client.wait client job.id with
  | Error (Job_cancelled _) -> ()
  | _ -> Alcotest.fail "a cancelled job was waited for");
  match Client.cancel client (trained ()).id with
  | Error (Problem { problem = { status = 409; _ }; _ }) -> ()
  | _ -> Alcotest.fail "an ended job was cancelled"

let still_going () =
  let job = train ~epochs:10_000_000 () in
  (match Client.wait client job.id ~timeout:1.5 with
  | Error (Still_going _ as e) -> check_true "a sentence" (String.length (Client.message e) > 20)
  | _ -> Alcotest.fail "an endless job ended");
  ignore (ok (Client.cancel client job.id))

let everything () =
  let optimizers =
    Optimizer.
      [
        sgd 0.5 ~weight_decay:0.001 ~schedule:(Step { every = 5; factor = 0.5 });
        momentum 0.1 ~momentum:0.8 ~schedule:(Cosine { floor = Some 0.01 });
        nesterov 0.1 ~momentum:0.8 ~schedule:(Cosine { floor = None });
        adam 0.01 ~beta1:0.8 ~beta2:0.99 ~epsilon:1e-7 ~schedule:Constant;
      ]
  in
  let one optimizer =
    let net = Net.drawn ~activations:[ Activation.tanh; Activation.softmax ] ~init:Init.he_normal [ 2; 3; 2 ] in
    let data = Data.labelled ~x ~labels:[| 0; 1; 1; 0 |] in
    let job =
      ok
        (Client.train client net ~loss:Loss.cross_entropy ~optimizer ~data ~epochs:20 ~batch_size:2 ~seed:3
           ~form:`Vectorized ~route:`Row ~dtype:`Float32 ~validation:(`Data data) ~patience:15)
    in
    let job = ok (Client.wait client job.id) in
    let metrics = ok (Client.metrics client job.id) in
    check_true "validated" (Option.is_some (Option.get (Metrics.column "validation_loss" metrics)).(0))
  in
  List.iter one optimizers;
  let validation = `Share 0.25 in
  let job = ok (Client.train client drawn ~loss:Loss.mse ~optimizer:sgd ~data:xor ~epochs:5 ~validation) in
  ignore (ok (Client.wait client job.id))

let derive () =
  let net = Net.given (Network.create ~bias:false [ 2; 2; 1 ]) and parameter = "layers.0.weights" in
  let d = ok (Client.derive client net ~loss:Loss.half_sse ~parameter ~data:xor) in
  Alcotest.(check (pair bool int)) "the article's proof" (true, 33) (d.equal, List.length d.lines);
  Alcotest.(check string) "its end" "Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)" d.result.text;
  check_true "its lines" (List.for_all (fun (l : Derivation.line) -> Option.get l.residual <= 1e-12) d.lines);
  match Client.derive client net ~loss:Loss.half_sse ~parameter:"layers.0.bias" with
  | Error (Problem { problem; _ }) -> Alcotest.(check string) "no such parameter" "unknown_name" problem.code
  | _ -> Alcotest.fail "there is no bias"

let gradients () =
  let net = Network.create ~seed:3 [ 2; 3; 1 ] in
  let g =
    ok
      (Client.gradients client (Net.given net) ~loss:Loss.half_sse ~data:xor ~forms:[ `Matched; `Vectorized ]
         ~route:`Dense ~dtype:`Float64
         ~witnesses:[ `Complex_step; `Central_difference ]
         ~include_:[ `Gradients; `Deltas; `Activations; `Pre_activations; `Jacobian ])
  in
  Alcotest.(check (option bool)) "agree" (Some true) g.agree;
  Alcotest.check near "loss" (Backprop.value net ~loss:Loss.half_sse ~x ~y) g.loss_value;
  let v = Option.get (Gradients.vectorized g) in
  Alcotest.(check (option string)) "route" (Some "dense") v.route;
  Alcotest.(check (list int)) "matrices" [ 2; 2; 2 ] List.(map length [ v.deltas; v.activations; v.pre_activations ]);
  Alcotest.(check (pair int int)) "the rest" (2, 2) List.(length v.gradients, length v.jacobian);
  check_true "a witness" (Gradients.witness "central_difference" g <> None)

let in_another_layout () =
  let layout = { Choice.weights = `Out_in; samples = `Columns } and turned = Mat.transpose in
  let net = Network.create ~seed:3 [ 2; 3; 1 ] and columns = Data.rows ~x:(turned x) ~y:(turned y) in
  let asked ?layout data =
    let include_ = [ `Gradients; `Deltas ] in
    let found = ok (Client.gradients ?layout client (Net.given net) ~loss:Loss.half_sse ~include_ ~data) in
    Option.get (Gradients.matched found)
  in
  let here = asked xor and there = asked columns ~layout in
  let same (a : Backprop.grad) (b : Backprop.grad) =
    Alcotest.check bits "a gradient" a.w (turned b.w);
    check_true "a bias" (a.b = b.b)
  in
  List.iter2 same here.gradients there.gradients;
  List.iter2 (fun a b -> Alcotest.check bits "deltas" a (turned b)) here.deltas there.deltas;
  let trained ?layout data =
    let job = ok (Client.train ?layout client (Net.given net) ~loss:Loss.half_sse ~optimizer:sgd ~data ~epochs:3) in
    ok (Client.wait client job.id)
  in
  let here = trained xor and there = trained columns ~layout in
  let sha256 job = (Option.get (Job.trained job)).weights_sha256 in
  Alcotest.(check string) "the same weights" (sha256 here) (sha256 there);
  let weights (job : Job.t) = ok (Client.weights client job.id) in
  check_true "as they lie" ((List.hd (weights there).layers).w = turned (List.hd (weights here).layers).w);
  let network job = Network.weights (Weights.network (weights job)) in
  List.iter2 (Alcotest.check bits "a network lies in×out") (network here) (network there);
  let outputs (job : Job.t) x = (ok (Client.job_predict client job.id (`Rows x))).outputs in
  Alcotest.check bits "outputs" (outputs here x) (turned (outputs there (turned x)))

(* ---- gradients of one's own: the softmax of examples/check_my_backprop.ml above a layer of tanh *)

let softmax_backward jacobian p upstream =
  let entry j = Array.fold_left ( +. ) 0. (Array.mapi (fun i u -> u *. jacobian p i j) upstream) in
  Array.init (Array.length p) entry

let wrong_jacobian (p : float array) i j = if i = j then p.(i) *. (1. -. p.(i)) else p.(i) *. p.(j)
let right_jacobian (p : float array) i j = if i = j then p.(i) *. (1. -. p.(i)) else -.(p.(i) *. p.(j))

let by_hand jacobian net (loss : Loss.t) ~x ~y : Mat.t list * Backprop.grads =
  match (Network.forward net x, Network.weights net) with
  | { a = [ _; a1; p ]; _ }, [ _; w2 ] ->
      let delta2 = Array.map2 (softmax_backward jacobian) p (loss.slope ~h:p ~y) in
      let delta1 = Mat.hadamard (Mat.mul delta2 (Mat.transpose w2)) (Mat.map (fun a -> 1. -. (a *. a)) a1) in
      let grad a delta : Backprop.grad =
        { w = Mat.mul (Mat.transpose a) delta; b = Some (Array.map (Array.fold_left ( +. ) 0.) (Mat.transpose delta)) }
      in
      ([ delta1; delta2 ], [ grad x delta1; grad a1 delta2 ])
  | _ -> Alcotest.fail "two layers"

let rows = [| [| 0.5; -1. |]; [| 2.; 0.25 |]; [| -0.75; 1.5 |] |]
let classes = [| [| 1.; 0.; 0.; 0. |]; [| 0.; 0.; 1.; 0. |]; [| 0.; 1.; 0.; 0. |] |]
let softmaxed = Network.create ~seed:5 ~activations:Activation.[ tanh; softmax ] [ 2; 3; 4 ]

let the_wrong_softmax (loss : Loss.t) () =
  let check ?deltas grads = ok (Client.check ?deltas client softmaxed ~loss ~grads ~x:rows ~y:classes) in
  let deltas, grads = by_hand wrong_jacobian softmaxed loss ~x:rows ~y:classes in
  let named (r : Gradient_report.t) =
    let text = Gradient_report.to_string r in
    Alcotest.(check (list string)) ("named: " ^ text) [ "softmax_sign" ] (Gradient_report.mistakes r);
    let m = List.hd (List.hd r.diagnosis).mistakes in
    Alcotest.(check (option int)) "where" (Some 1) m.layer;
    check_true "its cause and its mend" (m.cause <> "" && m.mend.ocaml <> "" && m.mend.numpy <> "");
    check_true "not right" (r.verdict = Wrong && not (Gradient_report.agrees r))
  in
  named (check grads);
  let with_deltas = check grads ~deltas:(List.map Option.some deltas) in
  named with_deltas;
  let first = Option.get with_deltas.first_wrong in
  Alcotest.(check (pair string (option int))) "first" ("deltas", Some 1) (first.quantity, first.layer);
  let _, grads = by_hand right_jacobian softmaxed loss ~x:rows ~y:classes in
  check_true "mended" (Gradient_report.agrees (check grads))

let checks () =
  let loss = Loss.half_sse and net = Network.create ~seed:3 [ 2; 3; 1 ] in
  let layout = { Choice.weights = `Out_in; samples = `Columns } in
  let lying_so = List.map (fun (g : Backprop.grad) -> { g with w = Mat.transpose g.w }) in
  let grads = Backprop.gradient net ~loss ~x ~y and turned = Mat.transpose in
  let pass = Network.forward net x and caches l = List.map Option.some l in
  let after = Network.layers (Train.step ~rate:0.5 net ~loss ~x ~y) in
  let updated = List.map (fun (l : Layer.t) -> { Backprop.w = l.w; b = l.b }) after in
  let right =
    ok
      (Client.check client net ~loss ~grads ~x ~y ~dtype:`Float64
         ~loss_value:(Backprop.value net ~loss ~x ~y)
         ~pre_activations:(caches pass.z)
         ~activations:(caches (List.tl pass.a))
         ~deltas:[ None; Some (List.nth (Backprop.deltas net ~loss ~x ~y) 1) ]
         ~updated_weights:updated ~learning_rate:0.5 ~weight_decay:0. ~momentum:0.
         ~previous:(Previous.make ~data:(Data.rows ~x ~y) ~gradients:grads ~velocity:grads ()))
  in
  check_true (Gradient_report.to_string right) (Gradient_report.agrees right);
  Alcotest.(check int) "everything was judged" 14 (List.length (Gradient_report.judged right));
  let in_columns = ok (Client.check client net ~loss ~grads:(lying_so grads) ~x:(turned x) ~y:(turned y) ~layout) in
  check_true "in another layout" (Gradient_report.agrees in_columns);
  let nowhere = [ { (List.hd grads) with w = Mat.make 2 3 Float.nan }; List.nth grads 1 ] in
  let r = ok (Client.check client net ~loss ~grads:nowhere ~x ~y) in
  let wrong = List.filter (fun (b : Gradient_report.block) -> b.verdict = Wrong) r.parameters in
  Alcotest.(check (list string)) "NaN is wrong" [ "layers.0.weights" ]
    (List.map (fun (b : Gradient_report.block) -> b.parameter) wrong);
  check_true "it is told" (Float.is_nan (Option.get (List.hd wrong).worst).yours);
  let zeros = Network.create ~init:Init.zeros [ 2; 3; 1 ] in
  let blind = ok (Client.check client zeros ~loss ~grads:(Backprop.gradient zeros ~loss ~x ~y) ~x ~y) in
  check_true "zeros hide" (Gradient_report.agrees blind && blind.blindness <> []);
  let better = Option.get blind.better_point in
  check_true "a better point" (Network.sizes (Test_point.network better) = [ 2; 3; 1 ]);
  match Client.check client net ~loss ~grads:[ List.hd grads ] ~x ~y with
  | Error (Problem { problem; _ }) -> Alcotest.(check int) "a layer too few" 422 problem.status
  | _ -> Alcotest.fail "a layer too few was accepted"

let points () =
  let layout = { Choice.weights = `Out_in; samples = `Rows } in
  let drawn = Net.drawn ~activations:Activation.[ tanh; softmax ] [ 2; 3; 4 ] and loss = Loss.cross_entropy in
  let p = ok (Client.point client drawn ~loss ~seed:1 ~layout) in
  let net = Test_point.network p and answers = Option.get p.answers in
  Alcotest.check near "the loss" answers.loss_value (Backprop.value net ~loss ~x:p.x ~y:p.y);
  let r = ok (Client.check client net ~loss ~grads:answers.gradients ~x:p.x ~y:p.y ~layout) in
  check_true (Gradient_report.to_string r) (Gradient_report.agrees r && r.better_point = None)

let data_sets () =
  let mark = float_of_int (int_of_string ("0x" ^ fresh ())) in
  let x = [| [| mark; -0. |]; [| 0.1; 4.9e-324 |]; [| 1.7976931348623157e308; 1e22 |]; [| 5.; -3.5 |] |] in
  let stored = ok (Client.upload client (Data.rows ~x ~y)) in
  Alcotest.(check string) "by content" stored.id (ok (Client.upload client (Data.rows ~x ~y))).id;
  let back = ok (Client.dataset client stored.id ~include_data:true) in
  Alcotest.check bits "x" x (Option.get back.x);
  Alcotest.check bits "y" y (Option.get back.y);
  check_true "no rows unless asked for" ((ok (Client.dataset client stored.id)).x = None);
  let csv = ok (Client.upload_csv client (Printf.sprintf "a,b,y\n%.0f,1,0\n2,3,1\n" mark)) in
  Alcotest.(check int) "features" 2 csv.features;
  let labelled = ok (Client.upload client (Data.labelled ~x ~labels:[| 0; 2; 1; 0 |])) in
  let back = ok (Client.dataset client labelled.id ~include_data:true) in
  Alcotest.(check (option (array int))) "labels" (Some [| 0; 2; 1; 0 |]) back.labels;
  let ids = List.map (fun (d : Dataset.t) -> d.id) (ok (Client.datasets client ~limit:2)) in
  check_true "listed" (List.for_all (fun id -> List.mem id ids) [ stored.id; csv.id; labelled.id ]);
  ok (Client.delete_dataset client csv.id)

let csv_file () =
  let path = Filename.temp_file "rows" ".csv" in
  let channel = open_out path in
  output_string channel "a,label\n1,0\n2,1\n";
  close_out channel;
  let stored = ok (Client.upload_csv_file client path) in
  Sys.remove path;
  Alcotest.(check (option int)) "classes" (Some 2) stored.classes

let on_stored_rows () =
  let stored = ok (Client.upload client xor) in
  let data = Data.stored stored.id ~rows:(1, 3) in
  let job = ok (Client.train client drawn ~loss:Loss.half_sse ~optimizer:sgd ~data ~epochs:10) in
  ignore (ok (Client.wait client job.id));
  let predicted = ok (Client.job_predict client job.id (`Stored (stored.id, Some (1, 3))) ~at:`Best) in
  Alcotest.(check int) "rows" 2 (Mat.rows predicted.outputs)

let refusals () =
  let wrong = Data.rows ~x ~y:[| [| 0. |] |] in
  (match Client.gradients client drawn ~loss:Loss.half_sse ~data:wrong with
  | Error (Problem { problem; _ }) ->
      Alcotest.(check int) "status" 422 problem.status;
      Alcotest.(check (list string)) "pointer" [ "#/data/y" ] (List.map Problem.where problem.errors)
  | _ -> Alcotest.fail "wrong shapes were accepted");
  match Client.submit client (`Assoc [ ("loss", `String "half_ssse") ]) with
  | Error (Problem _ as e) -> check_true "words" (String.length (Client.message e) > 40)
  | _ -> Alcotest.fail "a misspelt loss was accepted"

(* ---- the local API, here and there *)

module There = (val Remote.of_client client)

let law name count holds =
  Alcotest.test_case name `Slow (fun () ->
      QCheck2.Test.check_exn ~rand:(Random.State.make [| 20 |])
        (QCheck2.Test.make ~name ~count ~print:Specimens.print Specimens.any holds))

let same_gradients form (s : Specimens.t) =
  let here = Backprop.gradient ~form s.net ~loss:s.loss ~x:s.x ~y:s.y in
  Specimens.apart s here (There.Backprop.gradient ~form s.net ~loss:s.loss ~x:s.x ~y:s.y) <= 1e-9

let close a b = Mat.max_abs (Mat.sub a b) <= 1e-9 *. (1. +. Mat.max_abs a)

let same_deltas (s : Specimens.t) =
  let by deltas = List.map (fun form -> deltas form) Backprop.[ Matched; Vectorized ] in
  let here = by (fun form -> Backprop.deltas ~form s.net ~loss:s.loss ~x:s.x ~y:s.y) in
  let there = by (fun form -> There.Backprop.deltas ~form s.net ~loss:s.loss ~x:s.x ~y:s.y) in
  List.for_all2 (List.for_all2 close) here there

let same_jacobians (s : Specimens.t) =
  let here = Backprop.jacobian s.net ~loss:s.loss ~x:s.x ~y:s.y in
  let same (a : Backprop.jacobian) (b : Backprop.jacobian) =
    close a.dw b.dw && match (a.db, b.db) with Some a, Some b -> close a b | a, b -> a = None && b = None
  in
  List.for_all2 same here (There.Backprop.jacobian s.net ~loss:s.loss ~x:s.x ~y:s.y)

let same_witness (s : Specimens.t) =
  let here = Backprop.gradient s.net ~loss:s.loss ~x:s.x ~y:s.y in
  Specimens.apart s here (There.Backprop.numeric s.net ~loss:s.loss ~x:s.x ~y:s.y) <= 1e-9

let curve fit =
  let seen = ref [] in
  let net = fit ~on_epoch:(fun ~epoch ~loss -> seen := (epoch, loss) :: !seen) in
  (net, List.rev !seen)

let largest f a b = List.fold_left2 (fun m a b -> Float.max m (f a b)) 0. a b

let weights_apart a b = largest (fun a b -> Mat.max_abs (Mat.sub a b)) (Network.weights a) (Network.weights b)

let trajectory form () =
  let net = Network.create ~bias:true ~init ~seed:11 [ 2; 2; 1 ] and epochs = 8000 and loss = Loss.half_sse in
  let here, losses = curve (fun ~on_epoch -> Train.fit ~form ~on_epoch ~epochs net ~loss ~x ~y) in
  let there, losses' = curve (fun ~on_epoch -> There.Train.fit ~form ~on_epoch ~epochs net ~loss ~x ~y) in
  Alcotest.(check (list int)) "each epoch" (List.init epochs succ) (List.map fst losses');
  let by_loss = largest (fun (_, a) (_, b) -> Float.abs (a -. b)) losses losses' in
  let by_weight = weights_apart here there in
  Printf.printf "losses apart by %g at most, final weights by %g\n" by_loss by_weight;
  check_true "losses" (by_loss <= 1e-8);
  check_true "weights" (by_weight <= 1e-8)

let one_step () =
  let net = Network.create ~seed:2 [ 2; 3; 1 ] and loss = Loss.half_sse in
  let here = Train.step ~rate:0.5 net ~loss ~x ~y and there = There.Train.step ~rate:0.5 net ~loss ~x ~y in
  check_true "weights" (weights_apart here there < 1e-12)

let raises exn_name f =
  match f () with
  | exception e when Printexc.exn_slot_name e = exn_name -> ()
  | exception e -> Alcotest.failf "%s was raised in place of %s" (Printexc.to_string e) exn_name
  | _ -> Alcotest.failf "nothing was raised in place of %s" exn_name

let slot = Printexc.exn_slot_name

(* What the local API raises, the remote one raises. *)
let same_exceptions () =
  let net = Network.create ~seed:2 [ 2; 3; 1 ] in
  let both here there =
    match here () with
    | exception e -> raises (slot e) there
    | _ -> Alcotest.fail "the local API raised nothing"
  in
  let gradient loss x y =
    both (fun () -> Backprop.gradient net ~loss ~x ~y) (fun () -> There.Backprop.gradient net ~loss ~x ~y)
  in
  gradient Loss.half_sse [| [| 1. |] |] y;
  gradient Loss.half_sse x [| [| 1. |] |];
  gradient Loss.half_sse [| [||] |] y;
  gradient Loss.binary_cross_entropy x [| [| 0. |]; [| 2. |]; [| 1. |]; [| 0. |] |];
  let relu = Network.create ~activation:Activation.relu [ 2; 1 ] and loss = Loss.cross_entropy in
  both (fun () -> Backprop.gradient relu ~loss ~x ~y) (fun () -> There.Backprop.gradient relu ~loss ~x ~y);
  let fit ?rate ?batch_size epochs =
    let loss = Loss.half_sse in
    both
      (fun () -> Train.fit ?rate ?batch_size ~epochs net ~loss ~x ~y)
      (fun () -> There.Train.fit ?rate ?batch_size ~epochs net ~loss ~x ~y)
  in
  fit 0;
  fit ~rate:(-1.) 1;
  fit ~rate:Float.nan 1;
  fit ~batch_size:0 1;
  fit ~batch_size:9 1;
  let identity = Network.create ~activation:Activation.identity ~seed:1 [ 2; 2; 1 ] and loss = Loss.sse in
  both
    (fun () -> Train.fit ~rate:1e6 ~epochs:200 identity ~loss ~x ~y)
    (fun () -> There.Train.fit ~rate:1e6 ~epochs:200 identity ~loss ~x ~y)

let failures () =
  let failed = slot (Client.Failed (Invalid { where = ""; why = "" })) in
  let net = Network.create [ 2; 1 ] and loss = Loss.half_sse in
  raises failed (fun () -> There.Backprop.gradient net ~loss ~x:(Mat.make 4 2 Float.nan) ~y);
  let own = Activation.elementwise ~name:"tanh" ~df:(fun _ _ -> 2.) (fun z -> 2. *. z) in
  let net = Network.create ~activation:own [ 2; 1 ] in
  raises failed (fun () -> There.Backprop.gradient net ~loss ~x ~y)

(* ---- size *)

let million () =
  let random = Random.State.make [| 5 |] in
  let rec any () =
    let v = Int64.float_of_bits (Random.State.int64 random Int64.max_int) in
    if Float.is_finite v then if Random.State.bool random then v else -.v else any ()
  in
  let x = Mat.init 100_000 9 (fun _ _ -> any ()) and y = Mat.init 100_000 1 (fun _ _ -> any ()) in
  let begun = Unix.gettimeofday () in
  let stored = ok (Client.upload client (Data.rows ~x ~y)) in
  let up = Unix.gettimeofday () in
  let back = ok (Client.dataset client stored.id ~include_data:true) in
  Printf.printf "1,000,000 floats: up in %.1f s, down in %.1f s, heap %d MB at most\n" (up -. begun)
    (Unix.gettimeofday () -. up)
    ((Gc.quick_stat ()).top_heap_words * 8 / 1_000_000);
  check_true "x" (Mat.equal x (Option.get back.x));
  check_true "y" (Mat.equal y (Option.get back.y))

let column () =
  let x = Mat.init 1_000_000 1 (fun i _ -> float_of_int i) in
  let labels = Array.init 1_000_000 (fun i -> i land 1) in
  let stored = ok (Client.upload client (Data.labelled ~x ~labels)) in
  let back = ok (Client.dataset client stored.id ~include_data:true) in
  check_true "x" (Mat.equal x (Option.get back.x));
  Alcotest.(check int) "labels" 1_000_000 (Array.length (Option.get back.labels))

let case name f = Alcotest.test_case name `Quick f

let () =
  Alcotest.run ~and_exit:true "a service"
    [
      ( "calls",
        [
          case "capabilities are those of the library" capabilities;
          case "a run from start to end" a_run;
          case "twins" twins;
          case "weights as OCaml source" source;
          case "jobs by label, page by page" lists;
          case "cancelling" cancel;
          case "a wait that is over before the job" still_going;
          case "every field of /train" everything;
          case "every field of /derivations" derive;
          case "every field of /gradients" gradients;
          case "another layout" in_another_layout;
          case "the wrong softmax under a cross-entropy" (the_wrong_softmax Loss.cross_entropy);
          case "the wrong softmax under a squared error" (the_wrong_softmax Loss.half_sse);
          case "every field of /gradients/check" checks;
          case "points that show mistakes" points;
          case "data sets, bit for bit" data_sets;
          case "a CSV file" csv_file;
          case "training on stored rows" on_stored_rows;
          case "refusals" refusals;
        ] );
      ( "the local API",
        [
          law "matched gradients" 200 (same_gradients Matched);
          law "vectorised gradients" 200 (same_gradients Vectorized);
          law "deltas" 30 same_deltas;
          law "Jacobians" 30 same_jacobians;
          law "the witness" 30 same_witness;
          case "8,000 epochs of XOR, matched" (trajectory Matched);
          case "8,000 epochs of XOR, vectorised" (trajectory Vectorized);
          case "a step" one_step;
          case "the same exceptions" same_exceptions;
          case "what the service cannot be asked" failures;
        ] );
      ("size", [ case "a million floats, bit for bit" million; case "a million rows of one" column ]);
    ]
