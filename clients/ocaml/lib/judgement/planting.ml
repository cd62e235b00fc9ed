type scope = Output | Layers | Blocks

type variation = {
  label : string;
  where : string;
  scope : scope;
  layers : int list;
  blocks : Blocks.t option Lazy.t;
}

(* ---- ways to make a mistake *)

let in_layers layers =
  match List.sort compare layers with
  | [ l ] -> Printf.sprintf "in layer %d" (l + 1)
  | layers -> "in layers " ^ String.concat ", " (List.map (fun l -> string_of_int (l + 1)) layers)

let result ?(label = "") ?where ?(scope = Layers) layers f =
  let blocks = lazy (match f () with blocks -> Some blocks | exception Errors.Shape_mismatch _ -> None) in
  { label; where = Option.value where ~default:(in_layers layers); scope; layers; blocks }

let by_rules ?label ?where ?scope layers p rules = result ?label ?where ?scope layers (fun () -> Pass.blocks p rules)

(* The layers where [applies], from the output down: together, all but the last, and one by one *)
let scopes applies p =
  let meant = List.filter applies (Pass.places p) in
  let layers = List.map (fun (place : Pass.place) -> place.l) in
  let all = layers meant and hidden = layers (List.filter (fun place -> not (Pass.is_last place)) meant) in
  let several l = if List.length l > 1 then [ l ] else [] in
  several all @ (if hidden = all then [] else several hidden) @ List.map (fun l -> [ l ]) all

(* A change of the rules at the places where [applies]: [change rules at] where [at] says whether a place is meant *)
let at_places ?label applies change p =
  let one layers =
    let at (place : Pass.place) = List.mem place.l layers in
    by_rules ?label layers p (change (Pass.right p) at)
  in
  List.map one (scopes applies p)

let where at changed right place m = if at place then changed place m else right place m

(* Another pullback at those places; the last one is then no longer folded *)
let pulling ?label applies changed =
  let change (rules : Pass.rules) at = { rules with pull = where at changed rules.pull } in
  let unfolded (p : Point.t) =
    let open_last (rules : Pass.rules) at =
      let last_is_meant = List.exists (fun place -> Pass.is_last place && at place) (Pass.places p) in
      { (change rules at) with folded = (if last_is_meant then None else rules.folded) }
    in
    at_places ?label applies open_last p
  in
  unfolded

let weighing ?label applies changed =
  at_places ?label applies (fun rules at -> { rules with weights = where at changed rules.weights })

let biasing ?label changed =
  let has_bias (place : Pass.place) = place.layer.b <> None in
  at_places ?label has_bias (fun rules at -> { rules with bias = where at changed rules.bias })

(* A change of blocks of the right result, once they are made: of those of each group *)
let on_groups ?label groups change p =
  let right = Pass.blocks p (Pass.right p) in
  let one chosen =
    let changed (name, m) = (name, if List.mem name chosen then change m else m) in
    let layers = List.sort_uniq compare (List.map Blocks.layer chosen) in
    result ?label ~scope:Blocks ~where:("in " ^ String.concat ", " chosen) layers (fun () -> List.map changed right)
  in
  List.map one (groups right)

let all_and_each names =
  match names with [] -> [] | [ _ ] -> [ names ] | _ -> names :: List.map (fun name -> [ name ]) names

(* The same for all that [meant] names, together and one by one *)
let on_blocks ?label meant change =
  let named right = List.filter_map (fun (name, m) -> if meant name m then Some name else None) right in
  on_groups ?label (fun right -> all_and_each (named right)) change

(* The weights and the bias of one layer, for each layer that has both *)
let by_layer right =
  let names = List.map fst right in
  let both l = List.filter (fun name -> String.length name > 1 && Blocks.layer name = l) names in
  let layers = List.sort_uniq (fun a b -> compare b a) (List.map Blocks.layer names) in
  List.filter (fun group -> List.length group > 1) (List.map both layers)

(* A factor on delta from a layer down, or in every hidden layer *)
let scaled_deltas ~label c p =
  let rules = Pass.right p in
  let at meant = where meant (fun place m -> Mat.scale c (rules.pull place m)) rules.pull in
  let from (place : Pass.place) =
    if Pass.is_last place then { rules with kept = (fun _ delta -> Mat.scale c delta) }
    else { rules with pull = at (fun (other : Pass.place) -> other.l = place.l) }
  in
  let named (place : Pass.place) =
    if place.l = 0 then "in layer 1" else Printf.sprintf "from layer %d down" (place.l + 1)
  in
  let scope place = if Pass.is_last place && p.kind = Point.Gradient then Output else Layers in
  let delta (place : Pass.place) = by_rules ~label ~where:(named place) ~scope:(scope place) [ place.l ] p (from place) in
  let places = Pass.places p in
  let hidden = List.filter (fun place -> not (Pass.is_last place)) places in
  let in_each = { rules with pull = at (fun place -> not (Pass.is_last place)) } in
  let layers = List.map (fun (place : Pass.place) -> place.l) hidden in
  List.map delta places @ if List.length hidden > 1 then [ by_rules ~label layers p in_each ] else []

(* A factor on delta, or on blocks once they are made *)
let scaled ~label c p =
  let blocks groups = on_groups ~label groups (Mat.scale c) p in
  let named meant right = all_and_each (List.filter meant (List.map fst right)) in
  scaled_deltas ~label c p
  @ blocks by_layer
  @ blocks (named Blocks.is_weights)
  @ blocks (named (fun name -> not (Blocks.is_weights name)))

(* ---- what a layer is like *)

let sampled = [ -1.3; -0.4; 0.3; 1.7 ]

let entrywise f (place : Pass.place) =
  match place.layer.activation.kind with Activation.Elementwise e -> f e | Activation.Softmax -> false

let is_softmax (place : Pass.place) = place.layer.activation.kind = Activation.Softmax
let is_bent = entrywise (fun e -> List.exists (fun z -> e.df z (e.f z) <> 1.) sampled)
let differs_at_a = entrywise (fun e -> List.exists (fun z -> e.df z (e.f z) <> e.df (e.f z) (e.f (e.f z))) sampled)
let reads_a = entrywise (fun e -> e.df 0.5 0.25 <> e.df 0.5 0.6)

let slopes f (place : Pass.place) m =
  match place.layer.activation.kind with
  | Activation.Elementwise e -> Mat.hadamard m (Mat.map2 (f e) place.z place.a)
  | Activation.Softmax -> m

let opened p place = not (Pass.is_last place && Pass.is_folded p)
let rows (p : Point.t) = float_of_int (Mat.rows p.x)
let outputs (p : Point.t) = float_of_int (Mat.cols p.y)
