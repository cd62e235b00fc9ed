let is_visible right (v : Mistake.variation) =
  match Lazy.force v.blocks with
  | None -> true
  | Some blocks -> List.exists (fun (name, m) -> not (Blocks.relative_error (List.assoc name right) m <= 1e-3)) blocks

(* Every way to make every mistake at a point, and whether the point shows it *)
let visible p =
  let right = Pass.blocks p (Pass.right p) in
  let ways (m : Mistake.t) =
    List.map (fun (v : Mistake.variation) -> ((m.id, v.label, v.where), is_visible right v)) (m.variations p)
  in
  List.concat_map ways Mistake.all

let reason points =
  let p : Point.t = List.hd points in
  if Mat.rows p.x = 1 then "these points have one row; give more rows"
  else "at these sizes it gives the same numbers; give other sizes or rows"

let id_of ((id, _, _), _) = id

(* The ways to make mistakes with whether a point showed them, and the same after one more point *)
let after ways p =
  let seen key = List.exists (fun (other, shown) -> other = key && shown) ways in
  List.map (fun (key, shown) -> (key, shown || seen key)) (visible p) @ List.filter (fun (_, shown) -> shown) ways

(* What is shown stays shown: where one point shows all, no other need be asked *)
let rec over ways = function
  | [] -> ways
  | p :: others ->
      let ways = after ways p in
      if List.for_all snd ways then ways else over ways others

let of_points points =
  let ways = over [] points in
  let of_id id = List.filter (fun way -> id_of way = id) ways in
  let ids = List.filter_map (fun (m : Mistake.t) -> if of_id m.id = [] then None else Some m.id) Mistake.all in
  let shown, hidden = List.partition (fun id -> List.for_all snd (of_id id)) ids in
  (shown, List.map (fun id -> (id, reason points)) hidden)
