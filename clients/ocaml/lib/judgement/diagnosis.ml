type entry = {
  parameter : string;
  relative_error : float;
  cosine : float;
  worst : ((int * int) * float * float) option;
  shapes : ((int * int) * (int * int)) option;
  agrees : bool;
  follows : string option;
}

type t = { entries : entry list; mistakes : (Mistake.t * Mistake.variation) list; complete : bool; pattern : string; ratio : string }

(* ---- agreement *)

type precision = { u : float; relative : float }

let double = { u = 0x1p-53; relative = 1e-9 }
let single = { u = 0x1p-24; relative = 1e-4 }
let is_single x = Float.is_nan x || Int32.float_of_bits (Int32.bits_of_float x) = x
let precision_of m = if Array.for_all (Array.for_all is_single) m then single else double

(* What rounding explains is relative to the largest entry of the layer's blocks: a bias gradient that cancels is noise of
   the size that its weights' have. A bound from absolute values would be safe, and in a deep network larger than the
   gradient itself, so that nothing were ever wrong there. *)
let scales ours =
  let of_layer name =
    let layer = List.filter (fun (other, _) -> other <> "x" && Blocks.layer other = Blocks.layer name) ours in
    List.fold_left (fun s (_, m) -> Float.max s (Mat.max_abs m)) 0. layer
  in
  List.map (fun (name, _) -> (name, of_layer name)) ours

let near (p : Point.t) scales name ours yours =
  let precision = precision_of yours in
  Blocks.relative_error ours yours <= precision.relative
  || Mat.shape ours = Mat.shape yours
     && Mat.max_abs (Mat.sub ours yours)
        <= (64. +. float_of_int (Mat.rows p.x)) *. precision.u *. List.assoc name scales

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
let looser yours =
  List.fold_left (fun t (_, m) -> Float.max t (10. *. (precision_of m).relative)) 1e-6 yours

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

(* What your own delta of each layer gives by the right rules, its bias gradient and all that is further down, each with
   the block that the delta was found in. Where the bias or the layer below is right although that delta would make it
   another one, the delta is right too, and only the weights of this layer are wrong. *)
let expected tolerance same p ours yours =
  let of_place (place : Pass.place) =
    let w = Printf.sprintf "W%d" (place.l + 1) and b = Printf.sprintf "b%d" (place.l + 1) in
    let is_next (name, _) = name = b || Blocks.layer name = place.l - 1 || name = "x" in
    let contradicted (name, e) =
      match List.assoc_opt name yours with
      | Some g -> same name (List.assoc name ours) g && Blocks.relative_error e g > tolerance
      | None -> false
    in
    match delta_of tolerance yours place with
    | None -> []
    | Some delta ->
        let found = (b, Mat.row (Mat.column_sums delta)) :: Pass.below p place delta in
        if List.exists contradicted (List.filter is_next found) then []
        else List.map (fun (name, e) -> (name, (w, e))) found
  in
  if p.Point.kind = Point.Activation then [] else List.concat_map of_place (Pass.places p)

(* ---- mistakes *)

type judged = { same : string -> Mat.t -> Mat.t -> bool; ours : Blocks.t; yours : Blocks.t; tolerance : float }

(* Whether a mistake that gives [m] for a block is what made it: yours is [m], and what parts yours from ours is what
   parts [m] from ours, not something much smaller *)
let gives j (name, m) =
  let ours = List.assoc name j.ours and yours = List.assoc name j.yours in
  let off = Blocks.relative_error ours yours in
  let near = Blocks.relative_error m yours <= j.tolerance || j.same name m yours in
  if j.same name ours yours then j.same name m yours || near else near && not (Blocks.relative_error m yours > 1e-3 *. off)

(* A block that is right in yours and would be another one by this mistake speaks against it *)
let speaks_against j (name, m) =
  let ours = List.assoc name j.ours and yours = List.assoc name j.yours in
  j.same name ours yours && Blocks.relative_error m ours > j.tolerance

(* How many of the wrong blocks further down a mistake gives, of those that it changes *)
let speaks_for j blocks =
  let given (name, m) =
    let ours = List.assoc name j.ours and yours = List.assoc name j.yours in
    (not (j.same name ours yours)) && Blocks.relative_error m ours > j.tolerance && gives j (name, m)
  in
  List.length (List.filter given blocks)

(* The mistakes that give the blocks that are [meant], and change nothing that is right in yours. Of the ways to make one,
   those in the fewest layers come first, then those that give most of what is wrong further down. *)
let explaining p j meant =
  let fits (v : Mistake.variation) =
    match Lazy.force v.blocks with
    | None -> None
    | Some blocks ->
        let here, below = List.partition (fun (name, _) -> meant name) blocks in
        let fit = List.for_all (gives j) here && not (List.exists (speaks_against j) below) in
        if fit then Some ((List.length v.layers, -speaks_for j below), v) else None
  in
  let of_mistake (m : Mistake.t) =
    let found = List.filter_map fits (m.variations p) in
    List.map (fun (_, v) -> (m, v)) (List.stable_sort (fun (a, _) (b, _) -> compare a b) found)
  in
  List.concat_map of_mistake Mistake.all

(* The blocks from the output down to the last one of a layer; x comes after all of them *)
let rec down_to name = function
  | [] -> []
  | other :: rest ->
      let same_layer = other <> "x" && Blocks.layer other = Blocks.layer name in
      if other = name || (name <> "x" && same_layer) then other :: down_to_end name rest else other :: down_to name rest

and down_to_end name rest =
  List.filter (fun other -> name <> "x" && other <> "x" && Blocks.layer other = Blocks.layer name) rest

(* ---- patterns *)

let wrong_entries same ours yours =
  let off (i, j) = not (same [| [| ours.(i).(j) |] |] [| [| yours.(i).(j) |] |]) in
  let all = List.concat (List.init (Mat.rows ours) (fun i -> List.init (Mat.cols ours) (fun j -> (i, j)))) in
  List.filter off all

let one_of f l = match List.sort_uniq compare (List.map f l) with [ x ] -> Some x | _ -> None

let tiny = 1e-4

(* How many times ours yours is, where it is that everywhere *)
let ratio_of (e : entry) ours yours =
  if e.shapes = None && 1. -. Float.abs e.cosine < 1e-9 then Printf.sprintf "%.6g" (Mat.dot ours yours /. Mat.dot ours ours)
  else ""

let pattern_of same (e : entry) ours yours =
  let size = Mat.rows ours * Mat.cols ours in
  if e.shapes <> None then "it has another shape"
  else if Float.is_nan e.relative_error then "it holds a number that is not finite"
  else if e.relative_error <= tiny then
    Printf.sprintf "it is off by %.1e of its largest entry, as by an epsilon in a quotient, single precision or differences"
      e.relative_error
  else if Mat.max_abs yours = 0. then "it is zero everywhere"
  else if ratio_of e ours yours <> "" then Printf.sprintf "it is %s times ours everywhere" (ratio_of e ours yours)
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

let entry agrees (name, ours) yours =
  let worst = Blocks.worst ours yours in
  {
    parameter = name;
    relative_error = Blocks.relative_error ours yours;
    cosine = Blocks.cosine ours yours;
    worst = Option.map (fun (i, j) -> ((i, j), yours.(i).(j), ours.(i).(j))) worst;
    shapes = (if Mat.shape ours <> Mat.shape yours then Some (Mat.shape yours, Mat.shape ours) else None);
    agrees;
    follows = None;
  }

let first entries = List.find_opt (fun e -> not e.agrees) entries

(* Each wrong block with the first block that it is wrong because of; blocks come from the output down *)
let following p j entries =
  let expected = expected j.tolerance j.same p j.ours j.yours in
  let root found name = match List.assoc_opt name found with Some (Some root) -> root | _ -> name in
  let wrong name = List.exists (fun e -> e.parameter = name && not e.agrees) entries in
  let add found e =
    let g = List.assoc e.parameter j.yours in
    let explains (name, (source, m)) =
      name = e.parameter && wrong source && (Blocks.relative_error m g <= j.tolerance || j.same name m g)
    in
    let from = if e.agrees then None else Option.map (fun (_, (source, _)) -> source) (List.find_opt explains expected) in
    (e.parameter, Option.map (root found) from) :: found
  in
  let found = List.fold_left add [] entries in
  List.map (fun e -> { e with follows = List.assoc e.parameter found }) entries

(* Where a mistake in one layer gives everything, all that is wrong below follows, though no delta could be found; where
   blocks are made wrongly from a delta that is right, nothing follows from them *)
let following_the_cause mistakes complete (first : entry) entries =
  let from_first e = (not e.agrees) && e.parameter <> first.parameter in
  match mistakes with
  | (_, ({ layers = [ l ]; scope = Output | Layers; _ } : Mistake.variation)) :: _ when complete ->
      let is_below e = from_first e && Blocks.layer e.parameter < l in
      List.map (fun e -> if is_below e then { e with follows = Some first.parameter } else e) entries
  | (_, { scope = Blocks; _ }) :: _ ->
      List.map (fun e -> if from_first e && e.follows = Some first.parameter then { e with follows = None } else e) entries
  | _ -> entries

let make p yours =
  let ours = Pass.blocks p (Pass.right p) in
  let yours = completed ours yours in
  let same = near p (scales ours) in
  let j = { same; ours; yours; tolerance = looser yours } in
  let judged (name, m) =
    let g = List.assoc name yours in
    entry (same name m g) (name, m) g
  in
  let entries = List.map judged ours in
  match first entries with
  | None -> { entries; mistakes = []; complete = true; pattern = ""; ratio = "" }
  | Some wrong ->
      let name = wrong.parameter in
      let whole = explaining p j (fun _ -> true) in
      let down = down_to name (List.map fst ours) in
      let mistakes = if whole <> [] then whole else explaining p j (fun other -> List.mem other down) in
      let entries = following_the_cause mistakes (whole <> []) wrong (following p j entries) in
      let besides e = (not e.agrees) && e.follows <> Some name && not (List.mem e.parameter down) in
      let complete = whole <> [] || not (List.exists besides entries) in
      let pattern = pattern_of (same name) wrong (List.assoc name ours) (List.assoc name yours) in
      let ratio = ratio_of wrong (List.assoc name ours) (List.assoc name yours) in
      { entries; mistakes; complete; pattern; ratio }

let is_right d = List.for_all (fun e -> e.agrees) d.entries
let first_wrong d = first d.entries

let name ((m : Mistake.t), (v : Mistake.variation)) = String.concat " " [ m.id; v.label; v.where ]

let confirmed others d =
  let there mistake other = List.exists (fun known -> name known = name mistake) other.mistakes in
  let everywhere mistake = List.for_all (there mistake) others in
  let is_first (found : (Mistake.t * Mistake.variation) list) ((m : Mistake.t), _) =
    not (List.exists (fun ((other : Mistake.t), _) -> other.id = m.id) found)
  in
  let add found mistake = if everywhere mistake && is_first found mistake then mistake :: found else found in
  let mistakes = List.rev (List.fold_left add [] d.mistakes) in
  if mistakes = [] then { d with mistakes; complete = true } else { d with mistakes }
