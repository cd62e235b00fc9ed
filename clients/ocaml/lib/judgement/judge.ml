type layout = [ Network.orientation | `Rows | `Columns | `Single ] list
type pulled = { dx : Mat.t; dw : Mat.t; db : float array option }

(* ---- your function, called in your layout *)

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

let is_ours slot =
  match Printexc.Slot.name slot with
  | Some name -> String.length name > 9 && String.sub name 0 9 = "Backproof" || String.length name > 6 && String.sub name 0 6 = "Stdlib"
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

let call_gradient (layout : layout) mine (p : Point.t) =
  let orientation = if List.mem `Out_in layout then `Out_in else `In_out in
  let net = Network.oriented orientation p.net in
  let depth = List.length (Network.layers net) in
  let call x y = checked layout depth (mine net ~x:(columns layout x) ~y:(columns layout y)) in
  let grads = by_rows layout p call in
  { grads; blocks = Blocks.of_grads grads }

let call_pullback (layout : layout) mine (p : Point.t) =
  let layer = List.hd (Network.layers p.net) in
  let w = out_in layout layer.w and b = Option.map Array.copy layer.b in
  let found = mine ~w ~b ~x:(columns layout p.x) ~upstream:(columns layout p.y) in
  let dx = columns layout (readable "your gradient by x" found.dx) in
  let grads = checked layout 1 [ { Backprop.w = found.dw; b = found.db } ] in
  { grads; blocks = Blocks.of_grads grads @ [ ("x", dx) ] }

let call_activation (layout : layout) mine (p : Point.t) =
  let a = Network.predict p.net p.x in
  let found = mine ~z:(columns layout p.x) ~a:(columns layout a) ~upstream:(columns layout p.y) in
  { grads = []; blocks = [ ("z", columns layout (readable "your gradient by z" found)) ] }

(* ---- what points can show *)

let is_visible right (v : Mistake.variation) =
  match Lazy.force v.blocks with
  | None -> true
  | Some blocks -> List.exists (fun (name, m) -> not (Blocks.relative_error (List.assoc name right) m <= 1e-3)) blocks

(* Every way to make every mistake at a point, and whether the point shows it *)
let visible p =
  let right = Pass.blocks p (Pass.right p) in
  let ways (m : Mistake.t) =
    List.map (fun (v : Mistake.variation) -> ((m.id, v.label, v.layers), is_visible right v)) (m.variations p)
  in
  List.concat_map ways Mistake.all

let reason points =
  let p : Point.t = List.hd points in
  if Mat.rows p.x = 1 then "these points have one row; give more rows"
  else "at these sizes it gives the same numbers; give other sizes or rows"

let shown_and_hidden points =
  let ways = List.concat_map visible points in
  let is_shown key = List.exists (fun (other, seen) -> other = key && seen) ways in
  let of_id id = List.filter_map (fun (((name, _, _) as key), _) -> if name = id then Some key else None) ways in
  let ids = List.filter_map (fun (m : Mistake.t) -> if of_id m.id = [] then None else Some m.id) Mistake.all in
  let shown, hidden = List.partition (fun id -> List.for_all is_shown (of_id id)) ids in
  (shown, List.map (fun id -> (id, reason points)) hidden)

(* ---- judging *)

type task = {
  kind : Point.kind;
  seed : int;
  points : int;
  sizes : int list option;
  rows : int option;
  bias : bool;
  activations : Activation.t list;
  loss : Loss.t option;
  call : Point.t -> given;
  case_file : string;
}

type found = Agrees | Differs of Diagnosis.t * given | Failed of string

let unsteady =
  "your function gave other numbers when it was called again with the same network and rows. Does it keep something \
   from one call to the next, as a sum that is not set to zero, or draw random numbers?"

let alike one other =
  let same (name, m) (name', m') = name = name' && (Blocks.relative_error m m' <= 1e-12 || Mat.equal m m') in
  List.length one.blocks = List.length other.blocks && List.for_all2 same one.blocks other.blocks

(* An activation of your own may raise, too *)
let witnessed p =
  match Witnesses.agree p with
  | found -> found
  | exception (Out_of_memory | Sys.Break as e) -> raise e
  | exception e -> Error ("an activation raised an exception: " ^ said e)

let look task p =
  match guarded (fun () -> task.call p) with
  | Error what -> Failed what
  | Ok given -> (
      match guarded (fun () -> task.call p) with
      | Ok again when not (alike given again) -> Failed unsteady
      | _ ->
          let d = Diagnosis.make p given.blocks in
          if Diagnosis.is_right d then Agrees else Differs (d, given))

let point task ~digits seed shape =
  Point.make task.kind ~seed ~digits ~bias:task.bias ~activations:task.activations ~loss:task.loss shape

(* What has to stay the same while a failure is made smaller: so a mistake is named only if it is one at both sizes *)
let essence = function
  | Agrees -> None
  | Failed what -> Some (what, [])
  | Differs (d, _) ->
      let words (e : Diagnosis.entry) = (e.parameter, e.agrees, e.follows, e.shapes = None) in
      let name ((m : Mistake.t), (v : Mistake.variation)) = String.concat " " [ m.id; v.label; v.where ] in
      Some (String.concat "; " (d.ratio :: List.map name d.mistakes), List.map words d.entries)

let shrunk task seed p found =
  let shape = Point.shape p in
  let tries =
    List.concat_map
      (fun shape -> List.map (fun digits -> (digits, shape)) [ 3; 6 ])
      (Point.smaller task.kind shape ~sizes:task.sizes ~rows:task.rows)
    @ [ (3, shape) ]
  in
  let still (digits, shape) =
    let p = point task ~digits seed shape in
    if witnessed p <> Ok () then None
    else
      let smaller = look task p in
      if essence smaller = essence found then Some (p, smaller) else None
  in
  Option.value (List.find_map still tries) ~default:(p, found)

let written task p (given : given) =
  if task.case_file = "" || task.kind <> Point.Gradient then None else Some (Case_file.write task.case_file p given.grads)

let failure task k seed p found =
  let p, found = shrunk task seed p found in
  let where = Printf.sprintf "seed %d, point %d of %d" task.seed (k + 1) task.points in
  match found with
  | Differs (d, given) -> Report.wrong p ~where ~case:(written task p given) d
  | Failed what -> Report.unusable p ~where ~case:None what
  | Agrees -> assert false

let judge task =
  let depth = List.length task.activations in
  let at k =
    let seed = task.seed + k in
    (seed, point task ~digits:6 seed (Point.shapes task.kind ~depth ~sizes:task.sizes ~rows:task.rows ~seed))
  in
  let rec from k seen =
    if k = task.points then
      let shown, hidden = shown_and_hidden seen in
      Report.right ~points:task.points ~shown ~hidden
    else
      let seed, p = at k in
      match witnessed p with
      | Error why -> Report.cannot_judge p why
      | Ok () -> (
          match look task p with Agrees -> from (k + 1) (p :: seen) | found -> failure task k seed p found)
  in
  from 0 []

(* ---- the front *)

let check_sizes depth sizes =
  if depth = 0 then Errors.shape "There are no activations; give one for each layer.";
  match sizes with
  | Some sizes when List.exists (fun d -> d < 1) sizes ->
      Errors.shape "The sizes are %s; each must be at least 1." (String.concat "-" (List.map string_of_int sizes))
  | Some sizes when List.length sizes <> depth + 1 ->
      Errors.shape "There are %d activations and %d sizes; a network of %d layers has %d sizes, its inputs first." depth
        (List.length sizes) depth (depth + 1)
  | _ -> ()

let check_counts points rows =
  if points < 1 then Errors.value "points must be at least 1, not %d." points;
  Option.iter (fun n -> if n < 1 then Errors.value "rows must be at least 1, not %d." n) rows

(* A name as that of a file: its words, without what a shell minds *)
let file_name name =
  let name = if name = "" then "gradient" else name in
  let plain = function ('a' .. 'z' | 'A' .. 'Z' | '0' .. '9' | '_' | '.') as c -> c | _ -> ' ' in
  String.concat "-" (List.filter (( <> ) "") (String.split_on_char ' ' (String.map plain name)))

let gradient ?(name = "") ?(seed = 0) ?(points = 5) ?sizes ?rows ?(bias = true) ?(layout = []) ?case_file mine
    ~activations ~loss =
  let depth = List.length activations in
  check_sizes depth sizes;
  check_counts points rows;
  Loss.check_last loss (List.nth activations (depth - 1));
  let case_file = Option.value case_file ~default:(file_name name ^ ".case.json") in
  let call = call_gradient layout mine in
  judge { kind = Gradient; seed; points; sizes; rows; bias; activations; loss = Some loss; call; case_file }

let one_layer kind ~seed ~points ~sizes ~rows ~bias call activation =
  check_sizes 1 sizes;
  check_counts points rows;
  judge { kind; seed; points; sizes; rows; bias; activations = [ activation ]; loss = None; call; case_file = "" }

let pullback ?(seed = 0) ?(points = 5) ?sizes ?rows ?(bias = true) ?(layout = []) mine ~activation =
  one_layer Pullback ~seed ~points ~sizes ~rows ~bias (call_pullback layout mine) activation

let activation ?(seed = 0) ?(points = 5) ?width ?rows ?(layout = []) mine ~activation =
  let sizes = Option.map (fun d -> [ d; d ]) width in
  one_layer Activation ~seed ~points ~sizes ~rows ~bias:false (call_activation layout mine) activation

let run reports =
  let shown (name, report) =
    let r : Report.t = report () in
    Printf.printf "%s: %s\n\n%!" name r.text;
    r.verdict = Right
  in
  let verdicts = List.map shown reports in
  if not (List.for_all Fun.id verdicts) then exit 1
