let gradient_blocks (p : Point.t) gradient input =
  match p.kind with
  | Gradient -> Blocks.of_grads (gradient ())
  | Pullback -> Blocks.of_grads (gradient ()) @ [ ("x", input ()) ]
  | Activation -> [ ("z", input ()) ]

let by_form form (p : Point.t) =
  let net = p.net and loss = p.loss and x = p.x and y = p.y in
  gradient_blocks p
    (fun () -> Backprop.gradient ~form net ~loss ~x ~y)
    (fun () -> Backprop.input_gradient form net ~loss ~x ~y)

let by_differences step (p : Point.t) =
  let net = p.net and loss = p.loss and x = p.x and y = p.y in
  gradient_blocks p
    (fun () -> Backprop.numeric_from step net ~loss ~x ~y)
    (fun () -> Backprop.numeric_input step net ~loss ~x ~y)

(* ---- entry by entry *)

(* A difference has a rounding error of u·loss/h whatever the gradient's size: hence a floor. *)
let differ tolerance floor (name, one) (_, two) =
  if Blocks.relative_error one two <= tolerance || Mat.max_abs (Mat.sub one two) <= floor then None else Some name

let first_that_differs tolerance floor ones twos = List.find_map Fun.id (List.map2 (differ tolerance floor) ones twos)

(* ---- along directions *)

let directions = 8
let zero m = Mat.make (Mat.rows m) (Mat.cols m) 0.

(* A random direction in one block, and the slope of the loss along it *)
let slope step rng (p : Point.t) name =
  let random m = Mat.map (fun _ -> Init.gaussian rng) m in
  let chosen letter l m = if name = Printf.sprintf "%s%d" letter (l + 1) then random m else zero m in
  let of_layer l (layer : Layer.t) : Backprop.grad =
    { w = chosen "W" l layer.w; b = Option.map (fun b -> (chosen "b" l (Mat.row b)).(0)) layer.b }
  in
  let direction = List.mapi of_layer (Network.layers p.net) in
  let dx = if name = "x" || name = "z" then random p.x else zero p.x in
  let along = if dx <> zero p.x then dx else List.assoc name (Blocks.of_grads direction) in
  (along, Backprop.slope_along p.net ~loss:p.loss ~x:p.x ~y:p.y ~step ~direction ~dx)

let differs_along step rng p (name, gradient) =
  let norm m = sqrt (Mat.dot m m) in
  let one _ =
    let along, slope = slope step rng p name in
    Float.abs (Mat.dot gradient along -. slope) <= (1e-6 *. norm gradient *. norm along) +. 1e-8
  in
  if List.for_all one (List.init directions Fun.id) then None else Some name

(* ---- all of it *)

let most_entries = 2000
let most_bytes = 1 lsl 23

(* A deep network bends too much for a long step, a large loss drowns a short one: one that agrees is enough, since the
   difference of a wrong derivative agrees with none *)
let steps = [ 0x1p-10; 0x1p-13; 0x1p-16; 0x1p-6; 0x1p-3 ]

let rec by_any differ = function
  | [] -> None
  | [ step ] -> differ step
  | step :: others -> if differ step = None then None else by_any differ others

let agree p =
  let matched = by_form Backprop.Matched p in
  let entries = List.fold_left (fun n (_, m) -> n + (Mat.rows m * Mat.cols m)) 0 matched in
  let fits = Backprop.predicted_bytes p.net ~rows:(Mat.rows p.x) <= most_bytes in
  let said by why = Option.map (fun name -> Printf.sprintf "the gradient by %s by our own matched form and by %s differ%s" name by why) in
  let by_vectorised () = if fits then first_that_differs 1e-9 1e-12 matched (by_form Backprop.Vectorized p) else None in
  let by_slopes step =
    if entries <= most_entries then first_that_differs 1e-6 1e-8 matched (by_differences step p)
    else List.find_map (differs_along step (Random.State.make [| entries |]) p) matched
  in
  let first = said "our vectorised form" "." (by_vectorised ()) in
  let is_ours s = List.memq s Activation.all in
  let own =
    if List.for_all is_ours (Network.activations p.net) then ": it bends too much here. Give smaller ~sizes, or another ~seed."
    else "; is the derivative of an activation of your own right?"
  in
  match if first = None then said "central differences" own (by_any by_slopes steps) else first with
  | None -> Ok ()
  | Some why -> Error why
