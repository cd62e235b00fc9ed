open Backproof
open Specimens

let gradient ?form (p : Point.t) = Backprop.gradient ?form p.net ~loss:p.loss ~x:p.x ~y:p.y

(* Within 1e-10 of the block, or what rounding explains: some right gradients are rounding noise. *)
let agree what (p : Point.t) ~tolerance expected found =
  let scale = Near.blocks (Backprop.bound p.net ~loss:p.loss ~x:p.x ~y:p.y) in
  let block (name, e) (_, f) =
    let floor = (64. +. float_of_int (Mat.rows p.x)) *. 0x1p-53 *. Mat.max_abs (List.assoc name scale) in
    if Mat.max_abs (Mat.sub e f) > Float.max floor tolerance then Near.mat ~tolerance (what ^ " " ^ name) e f
  in
  List.iter2 block (Near.blocks expected) (Near.blocks found)

let forms_agree seed =
  let p = point seed in
  agree "matched and vectorised" p ~tolerance:1e-11 (gradient p) (gradient ~form:Vectorized p)

let deltas_agree seed =
  let p = point seed in
  let deltas form = Backprop.deltas ~form p.net ~loss:p.loss ~x:p.x ~y:p.y in
  let one a b = if Mat.max_abs (Mat.sub a b) > 1e-13 then Near.mat ~tolerance:1e-10 "delta" a b in
  List.iter2 one (deltas Matched) (deltas Vectorized)

let differences_agree seed =
  let p = point seed in
  let numeric = Backprop.numeric p.net ~loss:p.loss ~x:p.x ~y:p.y in
  let one (name, a) (_, b) = if Mat.max_abs (Mat.sub a b) > 1e-9 then Near.mat ~tolerance:1e-6 name a b in
  List.iter2 one (Near.blocks (gradient p)) (Near.blocks numeric)

(* The rows of the Jacobian sum to the gradient, columns in the order of vec. *)
let jacobian_sums seed =
  let p = point seed in
  let summed (layer : Layer.t) (j : Backprop.jacobian) : Backprop.grad =
    { w = Mat.unvec (Layer.d_in layer) (Layer.d_out layer) (Mat.column_sums j.dw); b = Option.map Mat.column_sums j.db }
  in
  let jacobians = Backprop.jacobian p.net ~loss:p.loss ~x:p.x ~y:p.y in
  List.iter (fun (j : Backprop.jacobian) -> Alcotest.(check int) "rows" (Mat.rows p.x * Mat.cols p.y) (Mat.rows j.dw)) jacobians;
  agree "jacobian" p ~tolerance:1e-11 (gradient p) (List.map2 summed (Network.layers p.net) jacobians)

(* A row of the Jacobian is the gradient of one entry of the error: here of one row, one output of half_sse *)
let jacobian_rows () =
  let net = Network.create ~seed:4 ~activation:Activation.tanh [ 2; 3; 2 ] in
  let x = [| [| 0.5; -1. |]; [| 1.5; 0.25 |] |] and y = [| [| 0.1; 0.9 |]; [| -0.3; 0.2 |] |] in
  let j = List.hd (Backprop.jacobian net ~loss:Loss.half_sse ~x ~y) in
  let h = Network.predict net x in
  let entry n k = Mat.init 1 2 (fun _ k' -> if k' = k then y.(n).(k) else h.(n).(k')) in
  for n = 0 to 1 do
    for k = 0 to 1 do
      let alone = Backprop.gradient net ~loss:Loss.half_sse ~x:[| x.(n) |] ~y:(entry n k) in
      Near.mat "row" (Mat.row (Mat.vec (List.hd alone).w)) (Mat.row j.dw.((k * 2) + n))
    done
  done

let net = Network.create [ 2; 2; 1 ]
let x = [| [| 0.; 0. |]; [| 0.; 1. |] |]
let y = [| [| 0. |]; [| 1. |] |]

let refusals () =
  let raises what message ?(net = net) ?(loss = Loss.half_sse) ?(x = x) ?(y = y) () =
    Near.raises what message (fun () -> ignore (Backprop.gradient net ~loss ~x ~y))
  in
  raises "pair"
    "cross_entropy takes logarithms of the outputs, which tanh lets be 0 or negative; its last activation must be one of: \
     sigmoid, softplus, softmax."
    ~net:(Network.create ~activation:Activation.tanh [ 2; 2 ])
    ~loss:Loss.cross_entropy ();
  raises "distribution"
    "cross_entropy needs targets that are distributions: each row ≥ 0 and summing to 1 within 1e-6; row 0 is [0], which \
     sums to 0." ~loss:Loss.cross_entropy ();
  raises "probability" "binary_cross_entropy needs targets within [0, 1]; row 1 is [1.5]."
    ~loss:Loss.binary_cross_entropy
    ~y:[| [| 0. |]; [| 1.5 |] |]
    ();
  let large = Network.create ~bias:false [ 784; 128; 10 ] in
  Alcotest.(check int) "predicted" 3_555_721_216 (Backprop.predicted_bytes large ~rows:32);
  match Backprop.gradient ~form:Vectorized large ~loss:Loss.half_sse ~x:(Mat.make 32 784 0.) ~y:(Mat.make 32 10 0.) with
  | _ -> Alcotest.fail "3.3 GiB were not refused"
  | exception Errors.Too_large_for_form _ -> ()

let suite =
  [
    law "the forms agree" 3000 forms_agree;
    law "their deltas agree" 3000 deltas_agree;
    law "differences agree" 1000 differences_agree;
    law "the Jacobian's rows sum to the gradient" 1000 jacobian_sums;
    Alcotest.test_case "each row is one entry's gradient" `Quick jacobian_rows;
    Alcotest.test_case "refusals" `Quick refusals;
  ]
