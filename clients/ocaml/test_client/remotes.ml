(* The local API over a stub. *)

open Backproof
open Backproof_client
open Expect

let net = Network.make [ Layer.make ~b:[| 0.5 |] ~activation:Activation.sigmoid [| [| 1. |]; [| 2. |] |] ]

let raises name f =
  match f () with
  | exception e -> Alcotest.(check string) "raised" name (Printexc.exn_slot_name e)
  | _ -> Alcotest.failf "%s was not raised" name

let failed = Printexc.exn_slot_name (Client.Failed (Invalid { where = ""; why = "" }))
let local e = Printexc.exn_slot_name e

let over answers =
  let stub = Stub.answering answers in
  (stub, Remote.of_client stub.client)

let refused code exn_name =
  let _, (module There) = over [ Stub.problem 422 code "Why." ] in
  raises exn_name (fun () -> There.Backprop.gradient net ~loss ~x ~y);
  raises exn_name (fun () -> There.Train.fit ~epochs:1 net ~loss ~x ~y)

let exceptions () =
  refused "shape_mismatch" (local (Errors.Shape_mismatch ""));
  refused "inadmissible_pair" (local (Errors.Inadmissible_pair ""));
  refused "unknown_name" (local (Errors.Unknown_name ""));
  refused "too_large_for_form" (local (Errors.Too_large_for_form ""));
  refused "invalid_value" (local (Errors.Invalid_value ""));
  refused "limit_exceeded" failed;
  let _, (module There) = over [ Error (Transport.Broken "cut") ] in
  raises failed (fun () -> There.Backprop.deltas net ~loss ~x ~y);
  raises failed (fun () -> There.Train.step net ~loss ~x ~y)

let before_sending () =
  let stub = Stub.computing (fun _ -> Alcotest.fail "something was sent") in
  let (module There) = Remote.of_client stub.client in
  raises (local (Errors.Shape_mismatch "")) (fun () -> There.Backprop.gradient net ~loss ~x:y ~y);
  raises (local (Errors.Invalid_value "")) (fun () -> There.Train.fit ~rate:Float.nan ~epochs:1 net ~loss ~x ~y);
  raises failed (fun () -> There.Backprop.numeric net ~loss ~x:(Mat.make 4 2 Float.infinity) ~y);
  let linear = Loss.linear (Mat.make 4 1 1.) in
  raises failed (fun () -> There.Backprop.gradient net ~loss:linear ~x ~y)

let lacking () =
  let _, (module There) = over [ Stub.json found ] in
  raises failed (fun () -> There.Backprop.gradient net ~loss ~x ~y);
  raises failed (fun () -> There.Backprop.jacobian net ~loss ~x ~y);
  raises failed (fun () -> There.Backprop.numeric net ~loss ~x ~y)

let metrics = Stub.json {|{"columns": ["epoch", "step", "loss"], "rows": [[1, 1, 0.5], [2, 2, 0.25], [3, 3, "NaN"]]}|}
let told on = fun ~epoch ~loss -> on := (epoch, loss) :: !on

let diverged () =
  let error = {|{"status": 422, "code": "non_finite_loss", "detail": "The loss became inf."}|} in
  let job = Printf.sprintf {|{"id": "j", "kind": "train", "state": "failed", "error": %s}|} error in
  let _, (module There) = over [ Stub.(json (job "queued")); Stub.json job; metrics ] in
  let on = ref [] in
  raises (local (Errors.Non_finite_loss "")) (fun () -> There.Train.fit ~on_epoch:(told on) ~epochs:9 net ~loss ~x ~y);
  Alcotest.(check (list int)) "epochs" [ 1; 2; 3 ] (List.rev_map fst !on)

let fitted () =
  let weights = Stub.json {|{"layers": [{"weights": [[3], [4.5]], "bias": [1], "activation": "sigmoid"}]}|} in
  let stub, (module There) = over [ Stub.(json (job "queued")); Stub.(json (job "succeeded")); metrics; weights ] in
  let on = ref [] in
  let on_epoch = told on in
  let net = There.Train.fit ~form:Vectorized ~rate:0.5 ~batch_size:2 ~seed:4 ~on_epoch ~epochs:3 net ~loss ~x ~y in
  that "weights" (Mat.equal (List.hd (Network.weights net)) [| [| 3. |]; [| 4.5 |] |]);
  Alcotest.(check (list int)) "epochs" [ 1; 2; 3 ] (List.rev_map fst !on);
  let sent = Option.get (List.hd (stub.sent ())).body in
  List.iter
    (fun part -> that part (Faults.contains sent part))
    [ {|"form":"vectorized"|}; {|"learning_rate":0.5|}; {|"batch_size":2|}; {|"seed":4|}; {|"epochs":3|} ];
  that "no route" (not (Faults.contains sent "route"))

let diverged_weights () =
  let weights = Stub.json {|{"layers": [{"weights": [["Infinity"]], "bias": null, "activation": "sigmoid"}]}|} in
  let stub = Stub.answering [ weights ] in
  let found = ok (Client.weights stub.client "j") in
  that "infinite" ((List.hd found.layers).w.(0).(0) = Float.infinity);
  raises (local (Errors.Invalid_value "")) (fun () -> Weights.network found)

let cases =
  [
    case "the local exceptions" exceptions;
    case "what is raised before anything is sent" before_sending;
    case "answers that lack what was asked for" lacking;
    case "a run that diverges" diverged;
    case "a run" fitted;
    case "weights that diverged" diverged_weights;
  ]
