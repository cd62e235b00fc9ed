open Backproof
module Gen = QCheck2.Gen

type t = { net : Network.t; loss : Loss.t; x : Mat.t; y : Mat.t }

let ( let* ) = Gen.( >>= )

let pairs =
  let of_loss (l : Loss.t) = List.map (fun s -> (l, s)) (List.filter l.admits Activation.all) in
  List.concat_map of_loss Loss.all

let matrix p q entry = Gen.(array_size (return p) (array_size (return q) entry))
let signed = Gen.float_range (-2.) 2.

(* Rows of positive numbers that sum to 1, as near as they can. *)
let distribution k =
  let normal r =
    let total = Array.fold_left ( +. ) 0. r in
    Array.map (fun v -> v /. total) r
  in
  Gen.(map normal (array_size (return k) (float_range 0.1 1.)))

let targets (loss : Loss.t) n k =
  match loss.name with
  | "cross_entropy" -> Gen.(array_size (return n) (distribution k))
  | "binary_cross_entropy" -> matrix n k (Gen.float_range 0. 1.)
  | _ -> matrix n k signed

let rec layers sizes activations =
  match (sizes, activations) with
  | m :: (n :: _ as rest), activation :: others ->
      let* w = matrix m n (Gen.float_range (-1.) 1.) in
      let* b = Gen.(option (array_size (return n) (float_range (-1.) 1.))) in
      Gen.map (fun above -> Layer.make ?b ~activation w :: above) (layers rest others)
  | _ -> Gen.return []

let any =
  let* loss, last = Gen.oneofl pairs in
  let* depth = Gen.int_range 1 4 in
  let* sizes = Gen.(list_size (return (depth + 1)) (int_range 1 4)) in
  let* hidden = Gen.(list_size (return (depth - 1)) (oneofl Activation.all)) in
  let* layers = layers sizes (hidden @ [ last ]) in
  let net = Network.make layers in
  let* rows = Gen.int_range 1 4 in
  let* x = matrix rows (List.hd sizes) signed in
  Gen.map (fun y -> { net; loss; x; y }) (targets loss rows (List.nth sizes depth))

let print s = Printf.sprintf "%s, %d rows, %s" s.loss.name (Mat.rows s.x) (Network.to_json s.net)

(* ---- comparing *)

let unit_roundoff = 0x1p-53

let blocks (g : Backprop.grads) =
  List.concat_map (fun (g : Backprop.grad) -> g.w :: (match g.b with Some b -> [ Mat.row b ] | None -> [])) g

let block_apart rows a b bound =
  let difference = Mat.max_abs (Mat.sub a b) and explained = (64. +. rows) *. unit_roundoff *. Mat.max_abs bound in
  if difference <= explained then 0. else difference /. Float.max (Mat.max_abs a) (Mat.max_abs b)

let apart s a b =
  let rows = float_of_int (Mat.rows s.x) and bound = blocks (Backprop.bound s.net ~loss:s.loss ~x:s.x ~y:s.y) in
  let each = List.map2 (fun (a, b) bound -> block_apart rows a b bound) (List.combine (blocks a) (blocks b)) bound in
  List.fold_left Float.max 0. each
