type entry = {
  parameter : string;
  relative_error : float;
  cosine : float;
  worst : ((int * int) * float * float) option;
  shapes : ((int * int) * (int * int)) option;
  agrees : bool;
  consequence : bool;
}

type t = { entries : entry list; mistakes : (Mistake.t * Mistake.variation) list; complete : bool; pattern : string }

(* ---- agreement *)

type precision = { u : float; relative : float }

let double = { u = 0x1p-53; relative = 1e-9 }
let single = { u = 0x1p-24; relative = 1e-4 }
let is_single x = Float.is_nan x || Int32.float_of_bits (Int32.bits_of_float x) = x
let precision_of yours = if List.for_all (fun (_, m) -> Array.for_all (Array.for_all is_single) m) yours then single else double

(* The scale of rounding errors for each block of parameters; inputs have none and are judged relatively alone *)
let scales (p : Point.t) =
  if p.kind = Point.Activation then []
  else List.map (fun (name, m) -> (name, Mat.max_abs m)) (Blocks.of_grads (Backprop.bound p.net ~loss:p.loss ~x:p.x ~y:p.y))

let near precision (p : Point.t) scales name ours yours =
  Blocks.relative_error ours yours <= precision.relative
  ||
  match List.assoc_opt name scales with
  | Some s when Mat.shape ours = Mat.shape yours ->
      Mat.max_abs (Mat.sub ours yours) <= (64. +. float_of_int (Mat.rows p.x)) *. precision.u *. s
  | _ -> false

(* A block that was not given counts as zero: that is what happens to its parameter. *)
let completed ours yours =
  let given (name, m) =
    (name, match List.assoc_opt name yours with Some g -> g | None -> Mat.make (Mat.rows m) (Mat.cols m) 0.)
  in
  List.map given ours

(* ---- the delta behind a gradient *)

(* x with a·x = r, by elimination with pivots; [None] where [a] is singular *)
let solve a r =
  let n = Mat.rows a in
  let rows = Array.init n (fun i -> Array.append a.(i) r.(i)) in
  let pivot k =
    let best = ref k in
    for i = k + 1 to n - 1 do
      if Float.abs rows.(i).(k) > Float.abs rows.(!best).(k) then best := i
    done;
    let kept = rows.(k) in
    rows.(k) <- rows.(!best);
    rows.(!best) <- kept
  in
  let clear k i =
    let c = rows.(i).(k) /. rows.(k).(k) in
    if i <> k then rows.(i) <- Array.map2 (fun x y -> x -. (c *. y)) rows.(i) rows.(k)
  in
  let rec go k =
    if k = n then Some (Array.mapi (fun i row -> Array.map (fun x -> x /. row.(i)) (Array.sub row n (Mat.cols r))) rows)
    else (
      pivot k;
      if Float.abs rows.(k).(k) < 1e-9 then None
      else (
        for i = 0 to n - 1 do
          clear k i
        done;
        go (k + 1)))
  in
  go 0

(* What was computed from yours in its turn may be further off than yours itself *)
let looser precision = Float.max 1e-6 (10. *. precision.relative)

(* The delta with m·delta = r, found by least squares, where there is one *)
let behind tolerance m r =
  let t = Mat.transpose m in
  match solve (Mat.mul t m) (Mat.mul t r) with
  | Some delta when Blocks.relative_error r (Mat.mul m delta) <= tolerance -> Some delta
  | _ -> None

(* The delta that gives the weight gradient of this layer *)
let delta_of tolerance yours (place : Pass.place) =
  match List.assoc_opt (Printf.sprintf "W%d" (place.l + 1)) yours with
  | Some w when Mat.shape w = Mat.shape place.layer.w -> behind tolerance (Mat.transpose place.a_in) w
  | _ -> None

(* What your own delta of each layer gives, by the right rules: its bias gradient, and what is one layer further down *)
let expected tolerance p yours =
  let of_place (place : Pass.place) =
    let own = Printf.sprintf "b%d" (place.l + 1) in
    let next (name, _) = Blocks.layer name = place.l - 1 || name = "x" in
    match delta_of tolerance yours place with
    | Some delta -> (own, Mat.row (Mat.column_sums delta)) :: List.filter next (Pass.below p place delta)
    | None -> []
  in
  if p.Point.kind = Point.Activation then [] else List.concat_map of_place (Pass.places p)

(* ---- mistakes *)

let matches same blocks yours =
  List.for_all (fun (name, m) -> match List.assoc_opt name yours with Some g -> same name m g | None -> false) blocks

let explaining p same yours meant =
  let fits (v : Mistake.variation) =
    match Lazy.force v.blocks with Some b -> matches same (List.filter (fun (name, _) -> meant name) b) yours | None -> false
  in
  let of_mistake (m : Mistake.t) = Option.map (fun v -> (m, v)) (List.find_opt fits (m.variations p)) in
  List.filter_map of_mistake Mistake.all

(* ---- patterns *)

let wrong_entries same ours yours =
  let off (i, j) = not (same [| [| ours.(i).(j) |] |] [| [| yours.(i).(j) |] |]) in
  let all = List.concat (List.init (Mat.rows ours) (fun i -> List.init (Mat.cols ours) (fun j -> (i, j)))) in
  List.filter off all

let one_of f l = match List.sort_uniq compare (List.map f l) with [ x ] -> Some x | _ -> None

let pattern_of same (e : entry) ours yours =
  let size = Mat.rows ours * Mat.cols ours in
  if e.shapes <> None then "its shape is another one"
  else if Float.is_nan e.relative_error then "it holds a number that is not finite"
  else if Mat.max_abs yours = 0. then "it is zero everywhere"
  else if 1. -. Float.abs e.cosine < 1e-9 then
    Printf.sprintf "it is %.6g times ours everywhere" (Mat.dot ours yours /. Mat.dot ours ours)
  else
    let wrong = wrong_entries same ours yours in
    let place =
      match (one_of fst wrong, one_of snd wrong) with
      | Some i, Some j -> Printf.sprintf ", at row %d, column %d" i j
      | Some i, None when Mat.rows ours > 1 -> Printf.sprintf ", all in row %d" i
      | None, Some j when Mat.cols ours > 1 -> Printf.sprintf ", all in column %d" j
      | _ -> ""
    in
    match List.length wrong with
    | n when n = size -> Printf.sprintf "all of its %d entries are wrong" size
    | 1 -> Printf.sprintf "1 of its %d entries is wrong%s" size place
    | n -> Printf.sprintf "%d of its %d entries are wrong%s" n size place

(* ---- all of it *)

let entry agrees consequence (name, ours) yours =
  let worst = Blocks.worst ours yours in
  {
    parameter = name;
    relative_error = Blocks.relative_error ours yours;
    cosine = Blocks.cosine ours yours;
    worst = Option.map (fun (i, j) -> ((i, j), yours.(i).(j), ours.(i).(j))) worst;
    shapes = (if Mat.shape ours <> Mat.shape yours then Some (Mat.shape yours, Mat.shape ours) else None);
    agrees;
    consequence;
  }

let first entries = List.find_opt (fun e -> not e.agrees) entries

let make p yours =
  let ours = Pass.blocks p (Pass.right p) in
  let yours = completed ours yours in
  let precision = precision_of yours and scales = scales p in
  let tolerance = looser precision in
  let same = near precision p scales in
  let alike name ours yours = Blocks.relative_error ours yours <= tolerance || same name ours yours in
  let expected = expected tolerance p yours in
  let judged (name, m) =
    let g = List.assoc name yours in
    let follows = List.exists (fun (other, e) -> other = name && alike name e g) expected in
    let agrees = same name m g in
    entry agrees ((not agrees) && follows) (name, m) g
  in
  let entries = List.map judged ours in
  match first entries with
  | None -> { entries; mistakes = []; complete = true; pattern = "" }
  | Some wrong ->
      let name = wrong.parameter in
      let whole = explaining p alike yours (fun _ -> true) in
      let down_to name' = Blocks.layer name' >= Blocks.layer name && name' <> "x" in
      let mistakes = if whole <> [] then whole else explaining p alike yours down_to in
      let because = match whole with (_, { layers = [ l ]; _ }) :: _ -> l | _ -> -1 in
      let follow e = if (not e.agrees) && e.parameter <> name && Blocks.layer e.parameter < because then { e with consequence = true } else e in
      let pattern = pattern_of (same name) wrong (List.assoc name ours) (List.assoc name yours) in
      { entries = List.map follow entries; mistakes; complete = whole <> [] || mistakes = []; pattern }

let is_right d = List.for_all (fun e -> e.agrees) d.entries
let first_wrong d = first d.entries
