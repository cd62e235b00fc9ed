type kind = Gradient | Pullback | Activation
type t = { kind : kind; net : Network.t; loss : Loss.t; x : Mat.t; y : Mat.t }
type shape = { rows : int; sizes : int list }

let shape p = { rows = Mat.rows p.x; sizes = Network.sizes p.net }

(* ---- shapes *)

(* Three rows, or two, are few enough for a delta to be found again from a gradient, since no layer is narrower. Rows and
   widths change from seed to seed, so that no constant is N or d at all of them. *)
let most_rows = 3
let narrowest = 4

(* [n] different widths from [narrowest] up, in an order that depends on the seed *)
let distinct rng seed n =
  let keyed = List.init n (fun i -> (Random.State.bits rng, narrowest + (abs seed mod 2) + i)) in
  List.map snd (List.sort compare keyed)

let square kind sizes = match kind with Activation -> [ List.hd sizes; List.hd sizes ] | Gradient | Pullback -> sizes

let shapes kind ~depth ~sizes ~rows ~seed =
  let rng = Random.State.make [| seed; depth |] in
  let sizes = match sizes with Some sizes -> sizes | None -> square kind (distinct rng seed (depth + 1)) in
  { rows = Option.value rows ~default:(most_rows - (abs seed mod 2)); sizes }

let held s = List.fold_left ( + ) s.rows s.sizes

let smaller kind s ~sizes ~rows =
  let alternating low = List.mapi (fun k _ -> low + (k mod 2)) s.sizes in
  let widths = match sizes with Some sizes -> [ sizes ] | None -> List.map (fun w -> square kind (alternating w)) [ 2; 3 ] in
  let heights = match rows with Some r -> [ r ] | None -> [ 1; 2; 3 ] in
  let all = List.concat_map (fun rows -> List.map (fun sizes -> { rows; sizes }) widths) heights in
  List.stable_sort (fun a b -> compare (held a) (held b)) (List.filter (fun c -> held c < held s) all)

(* ---- numbers *)

(* To so many binary digits after the point: exact in single precision too, for who keeps weights in it *)
let rounded digits x = Float.ldexp (Float.round (Float.ldexp x digits)) (-digits)

(* A normal number that is not 0 after it is rounded: a zero hides what it is multiplied with. *)
let rec number rng digits std =
  let x = rounded digits (std *. Init.gaussian rng) in
  if x = 0. then number rng digits std else x

let margin = 0.05
let saturated = 4.
let tries = 500

(* Whether a unit with these pre-activations, one for each row, can show what its activation does *)
let telling (activation : Activation.t) z =
  let some f = Array.exists f z in
  Array.for_all (fun z -> Float.abs z < saturated) z
  && ((not activation.kinked)
     || Array.for_all (fun z -> Float.abs z > margin) z
        && some (fun z -> z > 0.)
        && (Array.length z = 1 || some (fun z -> z < 0.)))

(* One neuron's weights and bias, drawn until they tell *)
let rec neuron rng digits bias activation a left =
  let w = Array.init (Mat.cols a) (fun _ -> number rng digits (1.4 /. sqrt (float_of_int (Mat.cols a)))) in
  let b = if bias then number rng digits 0.5 else 0. in
  let z = Array.map (fun r -> b +. Mat.dot [| r |] [| w |]) a in
  if left = 0 || telling activation z then (w, b) else neuron rng digits bias activation a (left - 1)

let layer rng digits bias activation a width =
  let neurons = Array.init width (fun _ -> neuron rng digits bias activation a tries) in
  let b = if bias then Some (Array.map snd neurons) else None in
  Layer.make ?b ~activation (Mat.transpose (Array.map fst neurons))

let rec network rng digits bias a activations widths =
  match (activations, widths) with
  | activation :: activations, width :: widths ->
      let made = layer rng digits bias activation a width in
      let next = Activation.apply activation (Layer.affine made a) in
      made :: network rng digits bias next activations widths
  | _ -> []

(* ---- data *)

let matrix rng digits p q = Mat.init p q (fun _ _ -> number rng digits 1.)

(* Rows of one class each, as many different ones as there can be *)
let classes rng p q =
  let first = Random.State.int rng q in
  Mat.init p q (fun i j -> if (first + i) mod q = j then 1. else 0.)

let bits rng p q = Mat.init p q (fun _ _ -> if Random.State.bool rng then 1. else 0.)

let targets rng digits (loss : Loss.t) p q =
  match loss.name with
  | "cross_entropy" -> classes rng p q
  | "binary_cross_entropy" -> bits rng p q
  | _ -> matrix rng digits p q

(* Z for an activation, each column telling *)
let pre_activations rng digits activation p q =
  let rec column left =
    let z = Array.init p (fun _ -> number rng digits 1.) in
    if left = 0 || telling activation z then z else column (left - 1)
  in
  Mat.transpose (Array.init q (fun _ -> column tries))

let make kind ~seed ~digits ~bias ~activations ~loss shape =
  let rng = Random.State.make [| seed; shape.rows; List.length activations |] in
  let d_in = List.hd shape.sizes and d_out = List.nth shape.sizes (List.length activations) in
  let x, net =
    match kind with
    | Activation ->
        let activation = List.hd activations in
        (pre_activations rng digits activation shape.rows d_in, Network.make [ Layer.make ~activation (Mat.eye d_in) ])
    | Gradient | Pullback ->
        let x = matrix rng digits shape.rows d_in in
        (x, Network.make (network rng digits bias x activations (List.tl shape.sizes)))
  in
  match loss with
  | Some loss -> { kind; net; loss; x; y = targets rng digits loss shape.rows d_out }
  | None ->
      let y = matrix rng digits shape.rows d_out in
      { kind; net; loss = Loss.linear y; x; y }
