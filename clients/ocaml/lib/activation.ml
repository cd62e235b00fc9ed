type elementwise = { f : float -> float; df : float -> float -> float; df_bound : float -> float -> float }
type kind = Elementwise of elementwise | Softmax
type logarithm = Mat.t -> Mat.t

type t = {
  name : string;
  kind : kind;
  kinked : bool;
  log : logarithm option;
  log_complement : logarithm option;
}

let make ?(kinked = false) ?log ?log_complement name kind = { name; kind; kinked; log; log_complement }
let elementwise ?kinked ~name ~df f = make ?kinked name (Elementwise { f; df; df_bound = (fun z a -> Float.abs (df z a)) })

(* ---- scalar functions *)

let logistic z = 1. /. (1. +. exp (-.z))
let soft_plus z = Float.max z 0. +. Float.log1p (exp (-.Float.abs z))
let log_logistic z = -.soft_plus (-.z)
let log_soft_plus z = if z < -40. then z else log (soft_plus z)

(* ---- softmax, row by row *)

let largest r = Array.fold_left Float.max neg_infinity r

let log_sum_exp r =
  let top = largest r in
  top +. log (Array.fold_left (fun s z -> s +. exp (z -. top)) 0. r)

let soft_max r =
  let top = largest r in
  let e = Array.map (fun z -> exp (z -. top)) r in
  let total = Array.fold_left ( +. ) 0. e in
  Array.map (fun x -> x /. total) e

let log_soft_max r =
  let whole = log_sum_exp r in
  Array.map (fun z -> z -. whole) r

(* ln(1 − P): of the largest entry from the sum of the others, of the others, at most ½ each, by log1p. *)
let log_soft_max_complement r =
  let top = largest r in
  let first = ref (-1) in
  Array.iteri (fun j z -> if !first < 0 && z = top then first := j) r;
  let others = Array.of_list (List.filteri (fun j _ -> j <> !first) (Array.to_list r)) in
  let of_largest = if others = [||] then neg_infinity else log_sum_exp others -. log_sum_exp r in
  Array.mapi (fun j p -> if j = !first then of_largest else Float.log1p (-.p)) (soft_max r)

(* ---- the table *)

let entries ?kinked ?log ?log_complement name f df df_bound =
  let over g = Option.map Mat.map g in
  make ?kinked ?log:(over log) ?log_complement:(over log_complement) name (Elementwise { f; df; df_bound })

let slope below z _ = if z > 0. then 1. else below
let one _ _ = 1.
let identity = entries "identity" Fun.id one one

let sigmoid =
  entries "sigmoid" logistic
    (fun _ a -> a *. (1. -. a))
    (fun _ a -> a *. (1. +. a))
    ~log:log_logistic
    ~log_complement:(fun z -> log_logistic (-.z))

let tanh = entries "tanh" Float.tanh (fun _ a -> 1. -. (a *. a)) (fun _ a -> 1. +. (a *. a))
let relu = entries "relu" (fun z -> if z <= 0. then 0. else z) (slope 0.) (slope 0.) ~kinked:true
let leaky_relu = entries "leaky_relu" (fun z -> if z <= 0. then 0.01 *. z else z) (slope 0.01) (slope 0.01) ~kinked:true
let softplus = entries "softplus" soft_plus (fun z _ -> logistic z) (fun z _ -> logistic z) ~log:log_soft_plus

let softmax =
  make "softmax" Softmax ~log:(Array.map log_soft_max) ~log_complement:(Array.map log_soft_max_complement)

let all = [ identity; sigmoid; tanh; relu; leaky_relu; softplus; softmax ]

let named name =
  match List.find_opt (fun s -> s.name = name) all with
  | Some s -> s
  | None -> Errors.unknown "activation" name (List.map (fun s -> s.name) all)

(* ---- what they do *)

let apply s z = match s.kind with Elementwise e -> Mat.map e.f z | Softmax -> Array.map soft_max z

let pullback s ~z ~a m =
  match s.kind with
  | Elementwise e -> Mat.hadamard m (Mat.map2 e.df z a)
  | Softmax ->
      let inner = Mat.row_sums (Mat.hadamard m a) in
      Array.mapi (fun i p -> Array.map2 (fun p m -> p *. (m -. inner.(i))) p m.(i)) a

let pullback_bound s ~z ~a m =
  match s.kind with
  | Elementwise e -> Mat.hadamard m (Mat.map2 e.df_bound z a)
  | Softmax ->
      let inner = Mat.row_sums (Mat.hadamard m a) in
      Array.mapi (fun i p -> Array.map2 (fun p m -> p *. (m +. inner.(i))) p m.(i)) a

let jacobian s ~z ~a =
  match s.kind with
  | Elementwise e -> Mat.diag (Mat.vec (Mat.map2 e.df z a))
  | Softmax ->
      let n, k = Mat.shape a in
      let d = Mat.diag (Mat.vec a) and same_row = Mat.kron (Mat.make k k 1.) (Mat.eye n) in
      Mat.sub d (Mat.mul (Mat.mul d same_row) d)
