type layout = [ Network.orientation | `Rows | `Columns | `Single ] list
type pulled = { dx : Mat.t; dw : Mat.t; db : float array option }
type given = { grads : Backprop.grads; blocks : Blocks.t }

let turned layout side = if List.mem side layout then Mat.transpose else Mat.copy
let columns (layout : layout) = turned layout `Columns
let out_in (layout : layout) = turned layout `Out_in

exception Unusable of string

let unusable format = Printf.ksprintf (fun s -> raise (Unusable s)) format

let readable name m =
  match Mat.check m with
  | m -> m
  | exception Errors.Shape_mismatch s -> unusable "%s is no matrix. %s" name s

let readable_grad layout l (g : Backprop.grad) : Backprop.grad =
  { w = out_in layout (readable (Printf.sprintf "your gradient of W%d" (l + 1)) g.w); b = Option.map Array.copy g.b }

let checked layout depth grads =
  let n = List.length grads in
  if n <> depth then unusable "it gave gradients for %d of the %d layers." n depth;
  List.iteri
    (fun l (g : Backprop.grad) -> if g.b = Some [||] then unusable "your gradient of b%d is empty." (l + 1))
    grads;
  List.mapi (readable_grad layout) grads

let summed c (one : Backprop.grad) (other : Backprop.grad) : Backprop.grad =
  let b = match (one.b, other.b) with Some a, Some b -> Some (Array.map2 (fun a b -> a +. (c *. b)) a b) | b, _ -> b in
  { w = Mat.add one.w (Mat.scale c other.w); b }

let scaled c (g : Backprop.grad) : Backprop.grad =
  { w = Mat.scale c g.w; b = Option.map (Array.map (fun x -> c *. x)) g.b }

(* One call for each row, where the function takes single instances *)
let by_rows layout (p : Point.t) call =
  if not (List.mem `Single layout) then call p.x p.y
  else
    let c = if p.loss.averages then 1. /. float_of_int (Mat.rows p.x) else 1. in
    let each i = call [| p.x.(i) |] [| p.y.(i) |] in
    let rest = List.init (Mat.rows p.x - 1) (fun i -> each (i + 1)) in
    List.fold_left (List.map2 (summed c)) (List.map (scaled c) (each 0)) rest

(* ---- exceptions of yours *)

let starts_with prefix s = String.length s >= String.length prefix && String.sub s 0 (String.length prefix) = prefix

let is_ours slot =
  match Printexc.Slot.name slot with
  | Some name -> starts_with "Backproof" name || starts_with "Stdlib" name
  | None -> true

(* Where in your code an exception came from, if that was recorded *)
let place trace =
  let yours slot = if is_ours slot then None else Printexc.Slot.location slot in
  match Printexc.backtrace_slots trace with
  | None -> ""
  | Some slots -> (
      match List.find_map yours (Array.to_list slots) with
      | Some l -> Printf.sprintf " at %s, line %d" l.filename l.line_number
      | None -> "")

let said e = match Errors.message e with Some sentence -> sentence | None -> Printexc.to_string e ^ "."

let hint = function
  | Errors.Shape_mismatch _ | Invalid_argument _ ->
      " Where shapes do not fit, judge with equal ones, as ~sizes:[3; 3; 3] for two layers, to learn which factor is \
       transposed. If it can only do certain sizes or rows, give those: ~sizes, ~rows."
  | _ -> ""

(* What a function gives, or what went wrong in it *)
let guarded f =
  let recorded = Printexc.backtrace_status () in
  Printexc.record_backtrace true;
  let found =
    match f () with
    | found -> Ok found
    | exception Unusable what -> Error what
    | exception ((Out_of_memory | Sys.Break) as e) -> raise e
    | exception e ->
        let where = place (Printexc.get_raw_backtrace ()) in
        Error (Printf.sprintf "your function raised an exception%s: %s%s" where (said e) (hint e))
  in
  Printexc.record_backtrace recorded;
  found

(* ---- calls *)

let gradient (layout : layout) mine (p : Point.t) =
  let orientation = if List.mem `Out_in layout then `Out_in else `In_out in
  let net = Network.oriented orientation p.net in
  let depth = List.length (Network.layers net) in
  let call x y = checked layout depth (mine net ~x:(columns layout x) ~y:(columns layout y)) in
  let grads = by_rows layout p call in
  { grads; blocks = Blocks.of_grads grads }

let pullback (layout : layout) mine (p : Point.t) =
  let layer = List.hd (Network.layers p.net) in
  let w = out_in layout layer.w and b = Option.map Array.copy layer.b in
  let found = mine ~w ~b ~x:(columns layout p.x) ~upstream:(columns layout p.y) in
  let dx = columns layout (readable "your gradient by x" found.dx) in
  let grads = checked layout 1 [ { Backprop.w = found.dw; b = found.db } ] in
  { grads; blocks = Blocks.of_grads grads @ [ ("x", dx) ] }

let activation (layout : layout) mine (p : Point.t) =
  let a = Network.predict p.net p.x in
  let found = mine ~z:(columns layout p.x) ~a:(columns layout a) ~upstream:(columns layout p.y) in
  { grads = []; blocks = [ ("z", columns layout (readable "your gradient by z" found)) ] }

let alike one other =
  let same (name, m) (name', m') = name = name' && (Blocks.relative_error m m' <= 1e-12 || Mat.equal m m') in
  List.length one.blocks = List.length other.blocks && List.for_all2 same one.blocks other.blocks
