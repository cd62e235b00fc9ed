open Backproof
open Test_vectors

let case name f = Alcotest.test_case name `Quick f
let xor_x = [| [| 0.; 0. |]; [| 0.; 1. |]; [| 1.; 0. |]; [| 1.; 1. |] |]
let xor_y = [| [| 0. |]; [| 1. |]; [| 1. |]; [| 0. |] |]
let start = Network.create ~bias:true ~seed:2 ~init:(Init.uniform ~low:0. ~high:1.) [ 2; 3; 1 ]

(* The reference runs: the final weights of two engines that know nothing of this library *)
let reference form j () =
  let activation = Activation.named (text (get "activation" j)) in
  let net = Network.make (List.map (fun w -> Layer.make ~activation (matrix w)) (items (get "initial" j))) in
  let found =
    Train.fit ~form
      ~rate:(number (get "learning_rate" j))
      ~epochs:(int_of_float (number (get "epochs" j)))
      net
      ~loss:(Loss.named (text (get "loss" j)))
      ~x:(matrix (get "x" j)) ~y:(matrix (get "y" j))
  in
  List.iter2 (fun w found -> Near.mat ~tolerance:1e-8 "final" (matrix w) found) (items (get "final" j)) (Network.weights found)

let runs form () =
  let bias_free j = match get "initial" j with Json.List (Json.List (Json.List _ :: _) :: _) -> true | _ -> false in
  List.iter (fun j -> if bias_free j then reference form j ()) (items (get "training" (Lazy.force vectors)))

let one_step () =
  let g = Backprop.gradient start ~loss:Loss.sse ~x:xor_x ~y:xor_y in
  let moved = Train.step ~rate:0.5 start ~loss:Loss.sse ~x:xor_x ~y:xor_y in
  let expected = List.map2 (fun w (g : Backprop.grad) -> Mat.sub w (Mat.scale 0.5 g.w)) (Network.weights start) g in
  List.iter2 (Near.mat "W - rate g") expected (Network.weights moved)

let told () =
  let seen = ref [] in
  let on_epoch ~epoch ~loss = seen := (epoch, loss) :: !seen in
  ignore (Train.fit ~epochs:3 ~on_epoch start ~loss:Loss.mse ~x:xor_x ~y:xor_y);
  Alcotest.(check (list int)) "epochs" [ 1; 2; 3 ] (List.rev_map fst !seen);
  Near.number "the loss before the first update" (Backprop.value start ~loss:Loss.mse ~x:xor_x ~y:xor_y)
    (List.assoc 1 !seen)

(* The loss of an epoch of batches at a rate that moves nothing is the loss of all rows, whatever the order. *)
let batches seed =
  let loss = List.nth Loss.[ half_sse; mse ] (seed mod 2) and batch_size = 1 + (seed mod 4) in
  let seen = ref 0. in
  let on_epoch ~epoch:_ ~loss = seen := loss in
  ignore (Train.fit ~epochs:1 ~rate:1e-300 ~batch_size ~seed ~on_epoch start ~loss ~x:xor_x ~y:xor_y);
  Near.number ~tolerance:1e-12 "all rows once" (Backprop.value start ~loss ~x:xor_x ~y:xor_y) !seen

let repeatable () =
  let weights seed = Network.to_json (Train.fit ~epochs:5 ~batch_size:1 ~seed start ~loss:Loss.mse ~x:xor_x ~y:xor_y) in
  Alcotest.(check string) "the same seed" (weights 1) (weights 1);
  Alcotest.(check bool) "another" true (weights 1 <> weights 2)

let learns () =
  let net = Train.fit ~epochs:4000 start ~loss:Loss.half_sse ~x:xor_x ~y:xor_y in
  let apart = Mat.max_abs (Mat.sub xor_y (Network.predict net xor_x)) in
  if apart > 0.1 then Alcotest.failf "XOR is still %g off" apart

let refusals () =
  let raises message f = Near.raises message message (fun () -> ignore (f ())) in
  let fit ?rate ?batch_size ~epochs () = Train.fit ?rate ?batch_size ~epochs start ~loss:Loss.mse ~x:xor_x ~y:xor_y in
  raises "epochs must be at least 1, not 0." (fit ~epochs:0);
  raises "rate must be a finite number > 0, not -1." (fit ~rate:(-1.) ~epochs:1);
  raises "batch_size must be within 1 … 4, the rows to train on, not 5." (fit ~batch_size:5 ~epochs:1);
  let linear = Network.create ~activation:Activation.identity [ 2; 2; 1 ] in
  match Train.fit ~rate:1e6 ~epochs:100 linear ~loss:Loss.sse ~x:xor_x ~y:xor_y with
  | _ -> Alcotest.fail "it did not run away"
  | exception Errors.Non_finite_loss _ -> ()

let suite =
  [
    case "the reference runs, matched" (runs Backprop.Matched);
    case "the reference runs, vectorised" (runs Backprop.Vectorized);
    case "a step" one_step;
    case "on_epoch" told;
    Specimens.law "batches hold every row once" 400 batches;
    case "seeds" repeatable;
    case "XOR is learnt" learns;
    case "refusals" refusals;
  ]
