type place = {
  l : int;
  depth : int;
  layer : Layer.t;
  a_in : Mat.t;
  z : Mat.t;
  a : Mat.t;
  z_in : Mat.t;
  inputs : Activation.t option;
}

type rules = {
  slope : h:Mat.t -> y:Mat.t -> Mat.t;
  folded : (h:Mat.t -> y:Mat.t -> Mat.t) option;
  kept : place -> Mat.t -> Mat.t;
  pull : place -> Mat.t -> Mat.t;
  send : place -> Mat.t -> Mat.t;
  weights : place -> Mat.t -> Mat.t;
  bias : place -> Mat.t -> float array;
}

let is_last place = place.l = place.depth - 1
let is_folded (p : Point.t) = p.loss.folded_with = Some (Network.last p.net).name

let right (p : Point.t) =
  let per_row ~h ~y = Mat.scale (1. /. float_of_int (Mat.rows h)) (Mat.sub h y) in
  {
    slope = p.loss.slope;
    folded = (if is_folded p then Some per_row else None);
    kept = (fun _ delta -> delta);
    pull = (fun place m -> Activation.pullback place.layer.activation ~z:place.z ~a:place.a m);
    send = (fun place delta -> Mat.mul delta (Mat.transpose place.layer.w));
    weights = (fun place delta -> Mat.mul (Mat.transpose place.a_in) delta);
    bias = (fun _ delta -> Mat.column_sums delta);
  }

let places (p : Point.t) =
  let layers = Network.layers p.net and run = Network.forward p.net p.x in
  let depth = List.length layers in
  let rec up l inputs z_in (layers : Layer.t list) z a found =
    match (layers, z, a) with
    | layer :: layers, z :: zs, a_in :: (a :: _ as rest) ->
        up (l + 1) (Some layer.activation) z layers zs rest ({ l; depth; layer; a_in; z; a; z_in; inputs } :: found)
    | _ -> found
  in
  up 0 None p.x layers run.z run.a []

let first_delta rules (p : Point.t) place =
  let h = place.a and y = p.loss.targets p.y in
  let delta = match rules.folded with Some f -> f ~h ~y | None -> rules.pull place (rules.slope ~h ~y) in
  rules.kept place delta

let named letter place = Printf.sprintf "%s%d" letter (place.l + 1)

let of_place rules place delta =
  (named "W" place, rules.weights place delta)
  :: (match place.layer.b with None -> [] | Some _ -> [ (named "b" place, Mat.row (rules.bias place delta)) ])

(* From the place with that delta down *)
let rec down (kind : Point.kind) rules delta = function
  | [] -> []
  | place :: rest -> (
      let here = if kind = Activation then [ ("z", delta) ] else of_place rules place delta in
      match rest with
      | next :: _ -> here @ down kind rules (rules.pull next (rules.send place delta)) rest
      | [] -> if kind = Pullback then here @ [ ("x", rules.send place delta) ] else here)

let blocks (p : Point.t) rules =
  let places = places p in
  down p.kind rules (first_delta rules p (List.hd places)) places

let below (p : Point.t) place delta =
  let places = List.filter (fun other -> other.l <= place.l) (places p) in
  let own name = name = named "W" place || name = named "b" place in
  List.filter (fun (name, _) -> not (own name)) (down p.kind (right p) delta places)
