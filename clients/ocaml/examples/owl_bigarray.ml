(* Gradients computed on Bigarrays, as Owl's matrices are: a Genarray of two dimensions in C layout. With Owl, the three
   functions at the top are Owl.Mat.dot, Owl.Mat.transpose and Owl.Mat.map2; the judge takes its matrices as they are.

     dune exec examples/owl_bigarray.exe *)

open Backproof
open Bigarray

type mat = (float, float64_elt, c_layout) Genarray.t

(* ---- a little of what Owl has *)

let rows (a : mat) = Genarray.nth_dim a 0
let cols (a : mat) = Genarray.nth_dim a 1

let init p q f : mat =
  let a = Array2.create Float64 C_layout p q in
  for i = 0 to p - 1 do
    for j = 0 to q - 1 do
      a.{i, j} <- f i j
    done
  done;
  genarray_of_array2 a

let ( .%{} ) (a : mat) (i, j) = Genarray.get a [| i; j |]
let transpose a = init (cols a) (rows a) (fun i j -> a.%{j, i})

let dot a b =
  let entry i j =
    let s = ref 0. in
    for k = 0 to cols a - 1 do
      s := !s +. (a.%{i, k} *. b.%{k, j})
    done;
    !s
  in
  init (rows a) (cols b) entry

let map2 f a b = init (rows a) (cols a) (fun i j -> f a.%{i, j} b.%{i, j})

(* ---- the backpropagation under test: a tanh layer below a linear one, half the squared error, no bias *)

let gradient w1 w2 x y =
  let a = map2 (fun z _ -> tanh z) (dot x w1) (dot x w1) in
  let delta2 = map2 ( -. ) (dot a w2) y in
  let delta1 = map2 (fun m a -> m *. (1. -. (a *. a))) (dot delta2 (transpose w2)) a in
  (dot (transpose x) delta1, dot (transpose a) delta2)

(* ---- the verdict: matrices go in and out as Genarrays *)

let mine net ~x ~y : Backprop.grads =
  match List.map Mat.to_genarray (Network.weights net) with
  | [ w1; w2 ] ->
      let dw1, dw2 = gradient w1 w2 (Mat.to_genarray x) (Mat.to_genarray y) in
      [ { w = Mat.of_genarray dw1; b = None }; { w = Mat.of_genarray dw2; b = None } ]
  | _ -> invalid_arg "two layers"

let () =
  let report = Judge.gradient mine ~bias:false ~activations:Activation.[ tanh; identity ] ~loss:Loss.half_sse in
  Report.print report;
  assert (report.verdict = Report.Right)
