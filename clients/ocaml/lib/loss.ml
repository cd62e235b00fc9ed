type t = {
  name : string;
  value : Activation.t -> z:Mat.t -> h:Mat.t -> y:Mat.t -> float;
  slope : h:Mat.t -> y:Mat.t -> Mat.t;
  slope_bound : h:Mat.t -> y:Mat.t -> Mat.t;
  averages : bool;
  folded_with : string option;
  targets : Mat.t -> Mat.t;
  admits : Activation.t -> bool;
}

let rows m = float_of_int (Mat.rows m)
let size m = float_of_int (Mat.rows m * Mat.cols m)

(* ---- the squares *)

let squares ~h ~y = Mat.(sum (map (fun v -> v *. v) (sub h y)))
let apart = Mat.map2 (fun h y -> Float.abs h +. Float.abs y)

(* c·Σ(h − y)²/divisor *)
let square_error ?(divisor = fun _ -> 1.) ~averages name c =
  let slope_of v h = Mat.map (fun v -> 2. *. c *. v /. divisor h) v in
  {
    name;
    value = (fun _ ~z:_ ~h ~y -> c *. squares ~h ~y /. divisor h);
    slope = (fun ~h ~y -> slope_of (Mat.sub h y) h);
    slope_bound = (fun ~h ~y -> slope_of (apart h y) h);
    averages;
    folded_with = None;
    targets = Fun.id;
    admits = (fun _ -> true);
  }

let half_sse = square_error "half_sse" 0.5 ~averages:false
let sse = square_error "sse" 1. ~averages:false
let mse = square_error "mse" 1. ~averages:true ~divisor:size

(* ---- the cross-entropies *)

let positive h = Float.max h Float.min_float (* so that a quotient by an underflowed probability is finite *)

(* Σ y∘ln(·), with 0·(−∞) = 0 *)
let inner y logarithm = Mat.sum (Mat.map2 (fun y l -> if y = 0. then 0. else y *. l) y logarithm)

let shown row =
  let first = List.filteri (fun j _ -> j < 8) (Array.to_list row) in
  String.concat ", " (List.map (Printf.sprintf "%.6g") first) ^ if Array.length row > 8 then ", …" else ""

let require message fits told y =
  Array.iteri (fun i r -> if not (fits r) then Errors.value "%s; row %d is [%s]%s." message i (shown r) (told r)) y

let total = Array.fold_left ( +. ) 0.

let distributions y =
  require "cross_entropy needs targets that are distributions: each row ≥ 0 and summing to 1 within 1e-6"
    (fun r -> Array.for_all (fun p -> p >= 0.) r && Float.abs (total r -. 1.) <= 1e-6)
    (fun r -> Printf.sprintf ", which sums to %.6g" (total r))
    y;
  Array.map (fun r -> Array.map (fun p -> p /. total r) r) y

let probabilities y =
  let fits = Array.for_all (fun p -> p >= 0. && p <= 1.) in
  require "binary_cross_entropy needs targets within [0, 1]" fits (fun _ -> "") y;
  y

let complement = Mat.map (fun p -> 1. -. p)

(* [check_last] has found that an admitted activation has its logarithms *)
let binary_cross_entropy =
  let value (last : Activation.t) ~z ~h:_ ~y =
    let log = Option.get last.log and log_complement = Option.get last.log_complement in
    -.(inner y (log z) +. inner (complement y) (log_complement z)) /. rows y
  in
  let slope_of join ~h ~y =
    let n = rows y in
    Mat.map2 (fun h y -> join ((1. -. y) /. positive (1. -. h)) (y /. positive h) /. n) h y
  in
  {
    name = "binary_cross_entropy";
    value;
    slope = slope_of ( -. );
    slope_bound = slope_of ( +. );
    averages = true;
    folded_with = Some "sigmoid";
    targets = probabilities;
    admits = (fun last -> last.log <> None && last.log_complement <> None);
  }

let cross_entropy =
  let slope_of sign ~h ~y =
    let n = rows y in
    Mat.map2 (fun h y -> sign *. y /. positive h /. n) h y
  in
  {
    name = "cross_entropy";
    value = (fun last ~z ~h:_ ~y -> -.inner y ((Option.get last.log) z) /. rows y);
    slope = slope_of (-1.);
    slope_bound = slope_of 1.;
    averages = true;
    folded_with = Some "softmax";
    targets = distributions;
    admits = (fun last -> last.log <> None);
  }

let linear m =
  {
    name = "linear";
    value = (fun _ ~z:_ ~h ~y:_ -> Mat.dot m h);
    slope = (fun ~h:_ ~y:_ -> m);
    slope_bound = (fun ~h:_ ~y:_ -> Mat.map Float.abs m);
    averages = false;
    folded_with = None;
    targets = Fun.id;
    admits = (fun _ -> true);
  }

let all = [ half_sse; sse; mse; binary_cross_entropy; cross_entropy ]

let named name =
  match List.find_opt (fun l -> l.name = name) all with
  | Some l -> l
  | None -> Errors.unknown "loss" name (List.map (fun l -> l.name) all)

(* ---- what they do *)

let names = List.map (fun (s : Activation.t) -> s.name)

let check_last l (last : Activation.t) =
  if not (l.admits last) then
    raise
      (Errors.Inadmissible_pair
         (Printf.sprintf
            "%s takes logarithms of the outputs, which %s lets be 0 or negative; its last activation must be one of: %s."
            l.name last.name
            (String.concat ", " (names (List.filter l.admits Activation.all)))))

let is_folded l (last : Activation.t) = l.folded_with = Some last.name

let delta l last ~z ~h ~y =
  if is_folded l last then Mat.map (fun v -> v /. rows h) (Mat.sub h y)
  else Activation.pullback last ~z ~a:h (l.slope ~h ~y)

let delta_bound l last ~z ~h ~y =
  if is_folded l last then Mat.map (fun s -> s /. rows h) (apart h y)
  else Activation.pullback_bound last ~z ~a:h (l.slope_bound ~h ~y)

(* cross_entropy ∘ softmax          (1/N)[Diag(vec Y)(1 1ᵀ ⊗ I) Diag(vec P) − Diag(vec Y)]
   binary_cross_entropy ∘ sigmoid   (1/N) Diag(vec(H − Y)) *)
let seed l (last : Activation.t) ~z ~h ~y =
  let per_row = Mat.map (fun x -> x /. rows h) in
  if not (is_folded l last) then Mat.mul (Mat.diag (Mat.vec (l.slope ~h ~y))) (Activation.jacobian last ~z ~a:h)
  else
    match last.kind with
    | Elementwise _ -> Mat.diag (Mat.vec (per_row (Mat.sub h y)))
    | Softmax ->
        let n, k = Mat.shape h in
        let of_targets = Mat.diag (Mat.vec y) and same_row = Mat.kron (Mat.make k k 1.) (Mat.eye n) in
        per_row (Mat.sub (Mat.mul (Mat.mul of_targets same_row) (Mat.diag (Mat.vec h))) of_targets)
