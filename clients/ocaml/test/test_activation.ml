open Backproof
open Specimens

let off_kink rng p q = Mat.map (fun z -> if Float.abs z < 0.01 then z +. 0.1 else z) (matrix rng p q)

let drawn seed =
  let rng = Random.State.make [| seed |] in
  let p = 1 + Random.State.int rng 4 and q = 1 + Random.State.int rng 4 in
  (off_kink rng p q, matrix rng p q)

let pullback_is_the_jacobians (s : Activation.t) seed =
  let z, m = drawn seed in
  let a = Activation.apply s z in
  let row = Mat.mul (Mat.row (Mat.vec m)) (Activation.jacobian s ~z ~a) in
  Near.mat ~tolerance:1e-12 s.name (Mat.row (Mat.vec (Activation.pullback s ~z ~a m))) row

let derivative_is_the_difference (s : Activation.t) seed =
  let z, m = drawn seed in
  let a = Activation.apply s z and h = 1e-5 in
  let value z = Mat.dot m (Activation.apply s z) in
  let moved d i j = Mat.init (Mat.rows z) (Mat.cols z) (fun k l -> if k = i && l = j then z.(k).(l) +. d else z.(k).(l)) in
  let by_difference = Mat.init (Mat.rows z) (Mat.cols z) (fun i j -> (value (moved h i j) -. value (moved (-.h) i j)) /. (2. *. h)) in
  let apart = Mat.max_abs (Mat.sub by_difference (Activation.pullback s ~z ~a m)) in
  if not (apart < 1e-8) then Alcotest.failf "%s: %g apart" s.name apart

let logarithms (s : Activation.t) seed =
  let z, _ = drawn seed in
  let check what f expected = Option.iter (fun f -> Near.mat ~tolerance:1e-9 (s.name ^ what) expected (f z)) f in
  let a = Activation.apply s z in
  check " log" s.log (Mat.map log a);
  if Mat.cols z > 1 || s.name <> "softmax" then check " log complement" s.log_complement (Mat.map (fun a -> log (1. -. a)) a)

let stable () =
  let at log z = (Option.get log [| z |] : Mat.t).(0) in
  let close = Alcotest.(check (array (float 1e-12))) in
  close "log sigmoid" [| -800.; 0. |] (at Activation.sigmoid.log [| -800.; 800. |]);
  close "log softmax" [| 0.; -800. |] (at Activation.softmax.log [| 800.; 0. |]);
  close "log softmax complement" [| -800.; 0. |] (at Activation.softmax.log_complement [| 800.; 0. |]);
  close "log softplus" [| -50. |] (at Activation.softplus.log [| -50. |]);
  Alcotest.(check (array (float 0.))) "sigmoid" [| 0.; 1. |] (Activation.apply Activation.sigmoid [| [| -800.; 800. |] |]).(0)

let names () =
  Near.raises "unknown" "There is no activation \"relo\"; valid are identity, sigmoid, tanh, relu, leaky_relu, softplus, softmax."
    (fun () -> ignore (Activation.named "relo"));
  Near.raises "unknown loss" "There is no loss \"rmse\"; valid are half_sse, sse, mse, binary_cross_entropy, cross_entropy."
    (fun () -> ignore (Loss.named "rmse"))

let for_each what full f = List.map (fun (s : Activation.t) -> law (s.name ^ ": " ^ what) full (f s)) Activation.all

let suite =
  for_each "the pullback is vec(M)' J" 1000 pullback_is_the_jacobians
  @ for_each "the derivative is a difference" 1000 derivative_is_the_difference
  @ for_each "logarithms" 1000 logarithms
  @ [ Alcotest.test_case "far out" `Quick stable; Alcotest.test_case "unknown names" `Quick names ]
