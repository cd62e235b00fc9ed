type layout = Yours.layout
type pulled = Yours.pulled = { dx : Mat.t; dw : Mat.t; db : float array option }

type task = {
  kind : Point.kind;
  seed : int;
  points : int;
  sizes : int list option;
  rows : int option;
  bias : bool;
  activations : Activation.t list;
  loss : Loss.t option;
  call : Point.t -> Yours.given;
  case_file : string;
}

type found = Agrees | Differs of Diagnosis.t * Yours.given | Failed of string

let unsteady =
  "your function gave other numbers when it was called again with the same network and rows. Does it keep something \
   from one call to the next, as a sum that is not set to zero, or draw random numbers?"

(* An activation of your own may raise, too *)
let witnessed p =
  match Witnesses.agree p with
  | found -> found
  | exception (Out_of_memory | Sys.Break as e) -> raise e
  | exception e -> Error ("an activation raised an exception: " ^ Yours.said e)

let look task p =
  match Yours.guarded (fun () -> task.call p) with
  | Error what -> Failed what
  | Ok given -> (
      match Yours.guarded (fun () -> task.call p) with
      | Error what -> Failed ("at its second call " ^ what)
      | Ok again when not (Yours.alike given again) -> Failed unsteady
      | Ok _ ->
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
      Some (String.concat "; " (d.ratio :: List.map Diagnosis.name d.mistakes), List.map words d.entries)

let confirmed others = function
  | Differs (d, given) -> Differs (Diagnosis.confirmed others d, given)
  | found -> found

let is_large p = List.fold_left ( + ) 0 (List.map2 ( * ) (Network.sizes p.Point.net) (List.tl (Network.sizes p.net) @ [ 0 ])) > 5000

let shrunk task seed others p found =
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
      let smaller = confirmed others (look task p) in
      if essence smaller = essence found then Some (p, smaller) else None
  in
  if is_large p then (p, found) else Option.value (List.find_map still tries) ~default:(p, found)

let written task p (given : Yours.given) =
  if task.case_file = "" || task.kind <> Point.Gradient then None else Some (Case_file.write task.case_file p given.grads)

(* A function of your own may go by the name of one of ours, and others would take it for that *)
let is_known task =
  List.for_all (fun s -> List.memq s Activation.all) task.activations
  && Option.fold ~none:true ~some:(fun l -> List.memq l Loss.all) task.loss

let file task =
  if Filename.is_relative task.case_file then Filename.concat (Sys.getcwd ()) task.case_file else task.case_file

let for_others task = function Some (Ok _) when is_known task -> Some (file task) | _ -> None

let nth task k =
  let seed = task.seed + k in
  let depth = List.length task.activations in
  (seed, point task ~digits:6 seed (Point.shapes task.kind ~depth ~sizes:task.sizes ~rows:task.rows ~seed))

(* A point of other rows and wider layers, where they are free: no constant is N, d or N·d at both *)
let unlike task seed p =
  let { Point.rows; sizes } = Point.shape p in
  let rows = if task.rows = None then 5 - rows else rows in
  let sizes = if task.sizes = None then List.map (( + ) 7) sizes else sizes in
  point task ~digits:6 seed { rows; sizes }

(* What is found at the points where it fails as well, besides point [k]; at one of them where they are large *)
let elsewhere task k p =
  let failing p =
    if witnessed p <> Ok () then None else match look task p with Differs (d, _) -> Some d | _ -> None
  in
  let others = List.filter (( <> ) k) (List.init (max 2 task.points) Fun.id) in
  let points = (fun () -> unlike task (task.seed + k) p) :: List.map (fun j () -> snd (nth task j)) others in
  let rec first n = function
    | [] -> []
    | p :: rest ->
        if n = 0 then [] else match failing (p ()) with Some d -> d :: first (n - 1) rest | None -> first n rest
  in
  first (if is_large p then 1 else List.length points) points

let failure task k seed p found =
  let others = match found with Differs _ -> elsewhere task k p | _ -> [] in
  let p, found = shrunk task seed others p (confirmed others found) in
  let where = Printf.sprintf "seed %d, point %d of %d" task.seed (k + 1) task.points in
  match found with
  | Differs (d, given) ->
      let case = written task p given in
      { (Report.wrong p ~where ~case d) with case = for_others task case }
  | Failed what -> Report.unusable p ~where ~case:None what
  | Agrees -> assert false

let rec judged task k seen =
  if k = task.points then
    let shown, hidden = Coverage.of_points (List.rev seen) in
    Report.right ~points:task.points ~shown ~hidden
  else
    let seed, p = nth task k in
    match witnessed p with
    | Error why -> Report.cannot_judge (Some p) why
    | Ok () -> (
        match look task p with Agrees -> judged task (k + 1) (p :: seen) | found -> failure task k seed p found)

(* What raises here is an activation of your own: your function is guarded *)
let judge task =
  match judged task 0 [] with
  | report -> report
  | exception ((Out_of_memory | Sys.Break) as e) -> raise e
  | exception e -> Report.cannot_judge None ("an activation raised an exception: " ^ Yours.said e)

(* ---- the front *)

let widest = 65_536
let listed sizes = String.concat ", " (List.map string_of_int sizes)

let check_sizes depth sizes =
  if depth = 0 then Errors.shape "There are no activations; give one for each layer.";
  match sizes with
  | Some sizes when List.exists (fun d -> d < 1) sizes ->
      Errors.shape "The sizes are %s; each must be at least 1." (listed sizes)
  | Some sizes when List.exists (fun d -> d > widest) sizes ->
      Errors.value "The sizes are %s; at most %d each can be judged." (listed sizes) widest
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
  let call = Yours.gradient layout mine in
  judge { kind = Gradient; seed; points; sizes; rows; bias; activations; loss = Some loss; call; case_file }

let one_layer kind ~seed ~points ~sizes ~rows ~bias call activation =
  check_sizes 1 sizes;
  check_counts points rows;
  judge { kind; seed; points; sizes; rows; bias; activations = [ activation ]; loss = None; call; case_file = "" }

let pullback ?(seed = 0) ?(points = 5) ?sizes ?rows ?(bias = true) ?(layout = []) mine ~activation =
  one_layer Pullback ~seed ~points ~sizes ~rows ~bias (Yours.pullback layout mine) activation

let activation ?(seed = 0) ?(points = 5) ?width ?rows ?(layout = []) mine ~activation =
  let sizes = Option.map (fun d -> [ d; d ]) width in
  one_layer Activation ~seed ~points ~sizes ~rows ~bias:false (Yours.activation layout mine) activation

let run reports =
  let shown (name, report) =
    let r : Report.t = report () in
    Printf.printf "%s: %s\n\n%!" name r.text;
    r.verdict = Right
  in
  let verdicts = List.map shown reports in
  if not (List.for_all Fun.id verdicts) then exit 1
