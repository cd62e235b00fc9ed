(* A softmax layer by hand, as toy libraries have it, with the sign off the diagonal of its Jacobian the wrong way
   round. It trains all the same, a little worse than it should; the judge tells what is wrong with it.

     dune exec examples/check_my_backprop.exe *)

open Backproof

(* ---- the library under test: rows are instances *)

let softmax row =
  let e = Array.map exp row in
  let total = Array.fold_left ( +. ) 0. e in
  Array.map (fun x -> x /. total) e

(* dL/dz_j = sum_i dL/dp_i * dp_i/dz_j, with the Jacobian written out *)
let softmax_backward jacobian p upstream =
  let n = Array.length p in
  let entry j = Array.fold_left ( +. ) 0. (Array.init n (fun i -> upstream.(i) *. jacobian p i j)) in
  Array.init n entry

let wrong_jacobian (p : float array) i j = if i = j then p.(i) *. (1. -. p.(i)) else p.(i) *. p.(j)
let right_jacobian (p : float array) i j = if i = j then p.(i) *. (1. -. p.(i)) else -.(p.(i) *. p.(j))

(* One layer p = softmax(x w + b): what it sends back *)
let layer_backward jacobian ~w ~b ~x ~upstream : Judge.pulled =
  let z = Array.map (Array.map2 ( +. ) (Option.get b)) (Mat.mul x w) in
  let delta = Array.map2 (softmax_backward jacobian) (Array.map softmax z) upstream in
  {
    dx = Mat.mul delta (Mat.transpose w);
    dw = Mat.mul (Mat.transpose x) delta;
    db = Some (Array.init (Array.length delta.(0)) (fun j -> Array.fold_left (fun s r -> s +. r.(j)) 0. delta));
  }

(* ---- the verdict *)

let judged jacobian = Judge.pullback (layer_backward jacobian) ~activation:Activation.softmax

let () =
  let wrong = judged wrong_jacobian and right = judged right_jacobian in
  Printf.printf "As it is:\n\n%s\n\nMended:\n\n%s\n" wrong.text right.text;
  assert (List.hd (Report.mistakes wrong) = "softmax_sign");
  assert (right.verdict = Report.Right)
