open Planting

type scope = Planting.scope = Output | Layers | Blocks

type variation = Planting.variation = {
  label : string;
  where : string;
  scope : scope;
  layers : int list;
  blocks : Blocks.t option Lazy.t;
}

type t = {
  id : string;
  title : variation -> string;
  why : variation -> string;
  mend : variation -> string list;
  variations : Point.t -> variation list;
}

(* ---- words *)

let said title v = Printf.sprintf "%s %s" title v.where

(* ---- the table *)

let concat fs p = List.concat_map (fun f -> f p) fs

(* A mistake that has one cause and one mend wherever it is made *)
let make id ~title ~why ~mend variations =
  { id; title; why = (fun _ -> why); mend = (fun _ -> mend); variations }

let where_blocks_are_made =
  [
    "let dw = Mat.mul (Mat.transpose a_in) delta    (* nothing more *)";
    "let db = Mat.column_sums delta                 (* nothing more *)";
  ]

let where_delta_is_sent =
  [
    "let m = Mat.mul delta_above (Mat.transpose w_above) in";
    "let delta = Activation.pullback f ~z ~a m      (* nothing more *)";
  ]

(* A mistake in a factor of delta: where it is decides where to look *)
let make_factor id ~title ~why ~mend variations =
  let why v =
    match v.scope with
    | Output -> why
    | Layers -> "What is nearer to the output is right: look at what is sent down to here."
    | Blocks -> "They are made wrongly from a delta that is right: look at where they are made."
  in
  let mend v =
    match v.scope with Output -> mend | Layers -> where_delta_is_sent | Blocks -> where_blocks_are_made
  in
  { id; title; why; mend; variations }

let sign_flipped =
  make_factor "sign_flipped"
    ~title:(said "the sign is flipped")
    ~why:"y - h stands where h - y should, or the update's minus is in the gradient."
    ~mend:
      [
        "let v = Mat.sub h y               (* H - Y, not Y - H *)";
        "let w = Mat.sub w (Mat.scale rate dw)   (* the minus belongs here *)";
      ]
    (scaled ~label:"" (-1.))

let transposed_gradient =
  make "transposed_gradient"
    ~title:(said "the weight gradient is transposed")
    ~why:"delta' A stands where A' delta should (' being the transpose)."
    ~mend:
      [
        "let dw = Mat.mul (Mat.transpose a_in) delta   (* in x out, as w is *)";
        "(* weights that lie out x in: judge with ~layout:[`Out_in] *)";
      ]
    (on_blocks (fun name m -> Blocks.is_weights name && Mat.shape m <> (1, 1)) Mat.transpose)

let is_no_vector name m = Blocks.is_weights name && Mat.rows m > 1 && Mat.cols m > 1

let row_major m =
  let q = Mat.cols m and v = Mat.vec m in
  Mat.init (Mat.rows m) q (fun i j -> v.((i * q) + j))

let column_major m =
  let stacked = Array.concat (Array.to_list m) in
  Mat.unvec (Mat.rows m) (Mat.cols m) stacked

let row_major_unvec =
  make "row_major_unvec"
    ~title:(said "vec and unvec disagree")
    ~why:"One goes by columns, the other by rows, so entries land elsewhere."
    ~mend:
      [
        "(* both by columns: entry (i, j) of a p x q matrix is at j * p + i *)";
        "let unvec p q v = Mat.init p q (fun i j -> v.((j * p) + i))";
      ]
    (concat [ on_blocks is_no_vector row_major; on_blocks is_no_vector column_major ])

let missing_derivative =
  let applies p place = opened p place && (is_bent place || is_softmax place) in
  make "missing_derivative"
    ~title:(said "the derivative of the activation is forgotten")
    ~why:"delta is what comes from above times f'(z), entry by entry; the f'(z) is not there."
    ~mend:
      [
        "let delta = Activation.pullback f ~z ~a m    (* m o f'(z), not m *)";
        "(* by hand, sigmoid: m o a o (1 - a); tanh: m o (1 - a^2) *)";
      ]
    (fun p -> pulling (applies p) (fun _ m -> m) p)

let softmax_mend =
  [
    "(* row by row: dz_j = p_j (m_j - sum_i m_i p_i) *)";
    "let s = Array.fold_left (+.) 0. (Array.map2 ( *. ) m p) in";
    "Array.map2 (fun p m -> p *. (m -. s)) p m";
  ]

let inner (place : Pass.place) m = Mat.row_sums (Mat.hadamard m place.a)

let by_softmax f (place : Pass.place) m =
  let s = inner place m in
  Array.mapi (fun i p -> Array.map2 (fun p m -> f ~p ~m ~s:s.(i)) p m.(i)) place.a

let softmax_sign =
  make "softmax_sign"
    ~title:(said "the softmax Jacobian has the wrong sign off the diagonal")
    ~why:"It is p_i (1 - p_i) on the diagonal and -p_i p_j, with a minus, elsewhere."
    ~mend:softmax_mend
    (concat
       [
         pulling is_softmax (by_softmax (fun ~p ~m ~s -> p *. (m -. (2. *. m *. p) +. s)));
         pulling is_softmax (by_softmax (fun ~p ~m ~s -> p *. (m +. s)));
       ])

let softmax_diagonal =
  make "softmax_diagonal"
    ~title:(said "only the diagonal of the softmax Jacobian is there")
    ~why:"Each p_i depends on every z_j of its row: -p_i p_j off the diagonal counts too."
    ~mend:softmax_mend
    (pulling is_softmax (by_softmax (fun ~p ~m ~s:_ -> m *. p *. (1. -. p))))

let derivative_at_activation =
  make "derivative_at_activation"
    ~title:(said "the derivative is taken at a instead of z")
    ~why:"f'(a) is f'(f(z)): the activation is applied once too often."
    ~mend:[ "Mat.map2 (fun m z -> m *. f' z) m z    (* z, before the activation *)" ]
    (fun p -> pulling (fun place -> opened p place && differs_at_a place) (slopes (fun e _ a -> e.df a (e.f a))) p)

let derivative_at_preactivation =
  make "derivative_at_preactivation"
    ~title:(said "a derivative that is written in a is fed with z")
    ~why:"a (1 - a) or 1 - a^2 want the output a = f(z), not z."
    ~mend:[ "let a = f z in m *. (a *. (1. -. a))    (* sigmoid, from its output *)" ]
    (fun p -> pulling (fun place -> opened p place && reads_a place) (slopes (fun e z _ -> e.df z z)) p)

let leaky_slope_missing =
  let leaky (place : Pass.place) = place.layer.activation.name = "leaky_relu" in
  make "leaky_slope_missing"
    ~title:(said "the slope of leaky_relu below its kink is missing")
    ~why:"It is 0.01 there, not 0 as that of relu."
    ~mend:[ "if z > 0. then m else 0.01 *. m" ]
    (pulling leaky (slopes (fun _ z _ -> if z > 0. then 1. else 0.)))

let output_derivative_extra =
  let extra f p =
    let rules = Pass.right p in
        if Pass.is_folded p then [ by_rules [ (List.hd (Pass.places p)).l ] p { rules with kept = f rules } ] else []
  in
  make "output_derivative_extra"
    ~title:(said "the last activation's derivative is there twice")
    ~why:"With this loss, (h - y)/N has it already: nothing more is multiplied."
    ~mend:[ "let delta = Mat.scale (1. /. n) (Mat.sub h y)    (* and nothing more *)" ]
    (concat
       [
         extra (fun (rules : Pass.rules) -> rules.pull);
         extra (fun _ (place : Pass.place) -> Mat.map2 (fun a m -> m *. a *. (1. -. a)) place.a);
       ])

let wrong_loss =
  let multiples = [ "half_sse"; "sse"; "mse" ] in
  let is_square name = List.mem name multiples in
  let no_plain_factor one other = List.sort compare [ one; other ] = [ "half_sse"; "mse" ] (* 2/(N d) *) in
  let others (p : Point.t) =
    let is_multiple (l : Loss.t) = is_square l.name && is_square p.loss.name in
    let differs (l : Loss.t) = l.name <> p.loss.name && ((not (is_multiple l)) || no_plain_factor l.name p.loss.name) in
    let fits (l : Loss.t) = l.admits (Network.last p.net) && (match l.targets p.y with _ -> true | exception _ -> false) in
    if p.kind <> Point.Gradient then [] else List.filter (fun l -> differs l && fits l) Loss.all
  in
  let by (p : Point.t) (l : Loss.t) =
    by_rules ~label:l.name [ List.length (Pass.places p) - 1 ] p (Pass.right { p with loss = l })
  in
  make "wrong_loss"
    ~title:(fun v -> "this is the gradient of another loss, " ^ v.label)
    ~why:"The loss that is reported and the loss that is differentiated are not the same."
    ~mend:[ "(* the slope of the loss that you report, or report the other one *)" ]
    (fun p -> List.map (by p) (others p))

let constants p =
  let n = rows p and d = outputs p in
  let with_outputs = [ ("N*d", n *. d); ("1/(N*d)", 1. /. (n *. d)); ("d", d); ("1/d", 1. /. d) ] in
  [ ("2", 2.); ("1/2", 0.5); ("N", n); ("1/N", 1. /. n) ] @ if d = 1. then [] else with_outputs

let averages (p : Point.t) = p.kind = Point.Gradient && p.loss.averages
let sums (p : Point.t) = p.kind = Point.Gradient && not p.loss.averages

(* A bias alone that is too small by the rows has a name of its own, bias_averaged *)
let is_averaged_bias label v = label = "1/N" && v.scope = Blocks && String.length v.where > 3 && v.where.[3] = 'b'

let factors keep p = List.concat_map (fun (label, c) -> if keep label then List.filter (fun v -> not (is_averaged_bias label v)) (scaled ~label c p) else []) (constants p)
let is_fraction label = String.length label > 1 && label.[0] = '1'
let of_rows label = String.contains label 'N'
let inverse = function "1/(N*d)" -> "N*d" | fraction -> String.sub fraction 2 (String.length fraction - 2)

let factor_mend =
  [
    "(* v = h - y; half_sse: v, sse: 2v, mse: 2v/(Nd), entropies: v/N *)";
    "let delta = Activation.pullback f ~z ~a (loss.slope ~h ~y)";
  ]

let summed_not_averaged =
  make_factor "summed_not_averaged"
    ~title:(fun v -> Printf.sprintf "the loss averages but the gradient sums %s, a factor %s too much" v.where v.label)
    ~why:"A division by N, the rows, in the loss is one in its gradient too (d: the outputs)."
    ~mend:[ "let delta = Mat.scale (1. /. float n) delta    (* once, at the output *)" ]
    (fun p -> if averages p then factors (fun label -> of_rows label && not (is_fraction label)) p else [])

let averaged_not_summed =
  make_factor "averaged_not_summed"
    ~title:(fun v -> Printf.sprintf "the loss sums but the gradient averages %s, a factor %s too much" v.where v.label)
    ~why:"This loss is a sum over the rows; so is its gradient."
    ~mend:[ "(* leave the division by the rows out: this loss is a sum *)" ]
    (fun p -> if sums p then factors (fun label -> of_rows label && is_fraction label) p else [])

let factor_extra =
  make_factor "factor_extra"
    ~title:(fun v -> Printf.sprintf "there is a factor %s too much %s" v.label v.where)
    ~why:"Every entry is that many times the right one (N rows, d outputs); look at the slope of the loss."
    ~mend:factor_mend
    (fun p -> factors (fun label -> not (is_fraction label || (averages p && of_rows label))) p)

let factor_missing =
  make_factor "factor_missing"
    ~title:(fun v -> Printf.sprintf "a factor %s is missing %s" (inverse v.label) v.where)
    ~why:"Every entry is that many times too small (N rows, d outputs); look at the slope of the loss."
    ~mend:factor_mend
    (fun p -> factors (fun label -> is_fraction label && not (sums p && of_rows label)) p)

let bias_missing =
  make "bias_missing"
    ~title:(said "the bias gradient is missing, or zero")
    ~why:"A bias that gets no gradient is never trained."
    ~mend:[ "let db = Mat.column_sums delta    (* one entry for each neuron *)" ]
    (biasing (fun place _ -> Array.make (Layer.d_out place.layer) 0.))

let bias_averaged =
  make "bias_averaged"
    ~title:(said "the bias gradient is averaged over the rows")
    ~why:"It is their sum, as that of the weights is; a division is in delta already."
    ~mend:[ "let db = Mat.column_sums delta    (* no division here *)" ]
    (fun p -> biasing (fun _ delta -> Array.map (fun s -> s /. rows p) (Mat.column_sums delta)) p)

let bias_one_row =
  make "bias_one_row"
    ~title:(said "the bias gradient comes from one row alone")
    ~why:"It is the sum over all rows of delta."
    ~mend:[ "let db = Mat.column_sums delta    (* not delta.(0) *)" ]
    (concat [ biasing (fun _ d -> Array.copy d.(0)); biasing (fun _ d -> Array.copy d.(Mat.rows d - 1)) ])

let input_for_activation =
  let changed (place : Pass.place) = match place.inputs with Some s -> s.name <> "identity" | None -> false in
  let deep (place : Pass.place) = place.l > 0 in
  let from_x p = weighing ~label:"x" deep (fun _ delta -> Mat.mul (Mat.transpose (p : Point.t).x) delta) p in
  make "input_for_activation"
    ~title:(said "the weight gradient is made with the wrong input")
    ~why:"It takes z or x where the output a of the layer below should stand."
    ~mend:[ "let dw = Mat.mul (Mat.transpose a_below) delta   (* a, not z or x *)" ]
    (concat [ weighing changed (fun place delta -> Mat.mul (Mat.transpose place.z_in) delta); from_x ])

let activation_for_input =
  make "activation_for_input"
    ~title:(said "the weight gradient is made with the layer's own output")
    ~why:"What went into the layer should stand there."
    ~mend:[ "let dw = Mat.mul (Mat.transpose a_in) delta   (* its input *)" ]
    (fun p ->
      if p.kind = Point.Activation then []
      else weighing (fun _ -> true) (fun place delta -> Mat.mul (Mat.transpose place.a) delta) p)

let weights_not_transposed =
  let sends p (place : Pass.place) = match (p : Point.t).kind with Pullback -> true | Activation -> false | Gradient -> place.l > 0 in
  let change (rules : Pass.rules) at =
    { rules with send = where at (fun (place : Pass.place) delta -> Mat.mul delta place.layer.w) rules.send }
  in
  make "weights_not_transposed"
    ~title:(said "delta is sent down through W instead of its transpose")
    ~why:"z = a W forward, so delta W' backward (' being the transpose)."
    ~mend:[ "let m = Mat.mul delta (Mat.transpose w)" ]
    (fun p -> at_places (sends p) change p)

let only_row i delta =
  Array.mapi (fun k r -> if k = i then Array.copy r else Array.map (fun _ -> 0.) r) delta

let last_instance_only =
  let variation p (i, c) =
    let kept _ delta = Mat.scale c (only_row i delta) in
    by_rules [ List.length (Pass.places p) - 1 ] p { (Pass.right p) with kept }
  in
  make "last_instance_only"
    ~title:(fun _ -> "only one row counts")
    ~why:"Each row's gradient replaces the one before instead of being added to it."
    ~mend:[ "Array.fold_left (fun sum row -> Mat.add sum (gradient_of row)) zero rows" ]
    (fun p ->
      let last = Mat.rows p.x - 1 in
      let ways = [ (last, 1.); (last, rows p); (0, 1.); (0, rows p) ] in
      List.map (variation p) ways)

let layers_reversed =
  let reversed p =
    let right = Pass.blocks p (Pass.right p) in
    let depth = List.length (Pass.places p) in
    let renamed (name, m) = (Printf.sprintf "%c%d" name.[0] (depth - Blocks.layer name), m) in
    let moved = List.map renamed right in
    { label = ""; where = "in the result"; scope = Blocks; layers = []; blocks = lazy (Some (List.map (fun (name, _) -> (name, List.assoc name moved)) right)) }
  in
  make "layers_reversed"
    ~title:(fun _ -> "the list of gradients is in the reverse order")
    ~why:"The first layer's comes first."
    ~mend:[ "List.rev grads    (* backpropagation finds the last layer's first *)" ]
    (fun (p : Point.t) -> if List.length (Network.layers p.net) > 1 then [ reversed p ] else [])

let all =
  [
    sign_flipped;
    transposed_gradient;
    row_major_unvec;
    missing_derivative;
    softmax_sign;
    softmax_diagonal;
    summed_not_averaged;
    averaged_not_summed;
    bias_averaged;
    factor_extra;
    factor_missing;
    output_derivative_extra;
    derivative_at_activation;
    derivative_at_preactivation;
    leaky_slope_missing;
    bias_missing;
    bias_one_row;
    input_for_activation;
    activation_for_input;
    weights_not_transposed;
    last_instance_only;
    layers_reversed;
    wrong_loss;
  ]
