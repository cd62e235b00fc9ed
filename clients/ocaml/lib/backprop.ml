type form = Matched | Vectorized
type grad = { w : Mat.t; b : float array option }
type grads = grad list
type jacobian = { dw : Mat.t; db : Mat.t option }

module type S = sig
  val deltas : ?form:form -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> Mat.t list
  val gradient : ?form:form -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads
  val jacobian : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> jacobian list
  val numeric : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads
end

type prepared = { layers : Layer.t list; run : Network.pass; h : Mat.t; targets : Mat.t }

let ran layers x targets =
  let run = Network.run layers x in
  { layers; run; h = List.nth run.a (List.length layers); targets }

let prepare net ~(loss : Loss.t) ~x ~y =
  Loss.check_last loss (Network.last net);
  let x = Network.rows net x in
  ran (Network.layers net) x (loss.targets (Network.targets net x y))

(* The layers from the last down to the first, each with Z_l, A_l and A_{l−1}. *)
let rec downward (layers : Layer.t list) z a found =
  match (layers, z, a) with
  | layer :: layers, z_l :: z, a_in :: (a_l :: _ as a) -> downward layers z a ((layer, z_l, a_l, a_in) :: found)
  | _ -> found

let top p = downward p.layers p.run.z p.run.a []

(* ---- matched *)

let parameter_gradient (layer : Layer.t) a_in delta =
  { w = Mat.mul (Mat.transpose a_in) delta; b = Option.map (fun _ -> Mat.column_sums delta) layer.b }

(* δ_l = (δ_{l+1} W_{l+1}ᵀ)∘σ'(Z_l), by [pull] and with the weights as [read] gives them *)
let rec matched pull read delta = function
  | [] -> []
  | ((layer : Layer.t), _, _, a_in) :: below ->
      let rest =
        match below with
        | [] -> []
        | ((under : Layer.t), z, a, _) :: _ ->
            let m = Mat.mul delta (Mat.transpose (read layer.w)) in
            matched pull read (pull under.activation ~z ~a m) below
      in
      (delta, parameter_gradient layer a_in delta) :: rest

let at_last f p (loss : Loss.t) =
  match top p with
  | ((layer : Layer.t), z, h, _) :: _ -> f loss layer.activation ~z ~h ~y:p.targets
  | [] -> assert false

let backward_matched p loss = matched Activation.pullback Fun.id (at_last Loss.delta p loss) (top p)

let bound net ~loss ~x ~y =
  let p = prepare net ~loss ~x ~y in
  let absolute = Mat.map Float.abs in
  let positive = List.map (fun (layer, z, a, a_in) -> (layer, z, a, absolute a_in)) (top p) in
  List.rev_map snd (matched Activation.pullback_bound absolute (at_last Loss.delta_bound p loss) positive)

(* ---- vectorised *)

let max_bytes = 1 lsl 31

let predicted_bytes net ~rows =
  let sizes = Array.of_list (Network.sizes net) in
  let depth = Array.length sizes - 1 in
  let o = rows * sizes.(depth) in
  let product p q r = (p * q) + (q * r) + (p * r) in
  let largest = ref (3 * o * o) in
  for l = depth downto 1 do
    let m = rows * sizes.(l) in
    let grown = [ product o m (sizes.(l - 1) * sizes.(l)); product o m m; 3 * m * m ] in
    let sent = if l < depth then product o (rows * sizes.(l + 1)) m else 0 in
    largest := List.fold_left max !largest (sent :: grown)
  done;
  8 * !largest

let in_gib n = float_of_int n /. 1073741824.

let check_fits layers x =
  let needed = predicted_bytes (Network.unchecked layers) ~rows:(Mat.rows x) in
  if needed > max_bytes then
    raise
      (Errors.Too_large_for_form
         (Printf.sprintf
            "The vectorised form would need %d bytes (%.3g GiB) in one product; the budget is %d bytes (%.3g GiB). \
             What fits: fewer rows, or the matched form."
            needed (in_gib needed) max_bytes (in_gib max_bytes)))

(* Δ_l (I ⊗ A_{l−1}) and Δ_l (I ⊗ 1_N) *)
let parameter_jacobian (layer : Layer.t) a_in delta =
  let beside m = Mat.mul delta (Mat.kron (Mat.eye (Layer.d_out layer)) m) in
  { dw = beside a_in; db = Option.map (fun _ -> beside (Mat.make (Mat.rows a_in) 1 1.)) layer.b }

(* Δ_l = Δ_{l+1} (W_{l+1}ᵀ ⊗ I_N) Dσ(Z_l), a [f] of each, from the last layer down *)
let rec chain f delta = function
  | [] -> []
  | ((layer : Layer.t), z_l, _, a_in) :: below ->
      let here = f layer z_l a_in delta in
      let rest =
        match below with
        | [] -> []
        | ((under : Layer.t), z, a, _) :: _ ->
            let sent = Mat.mul delta (Mat.kron (Mat.transpose layer.w) (Mat.eye (Mat.rows z))) in
            chain f (Mat.mul sent (Activation.jacobian under.activation ~z ~a)) below
      in
      here :: rest

(* 1ᵀ J, an entry for each column *)
let sum_rows j = (Mat.mul (Mat.make 1 (Mat.rows j) 1.) j).(0)

let summed (layer : Layer.t) j =
  { w = Mat.unvec (Layer.d_in layer) (Layer.d_out layer) (sum_rows j.dw); b = Option.map sum_rows j.db }

let by_jacobians f p loss =
  check_fits p.layers (List.hd p.run.a);
  chain f (at_last Loss.seed p loss) (top p)

let backward_vectorized p loss =
  let delta_and_gradient layer z a_in delta =
    (Mat.unvec (Mat.rows z) (Mat.cols z) (sum_rows delta), summed layer (parameter_jacobian layer a_in delta))
  in
  by_jacobians delta_and_gradient p loss

(* ---- what a layer further down would be sent: ∂loss/∂X *)

let input_matched p loss =
  match List.rev (List.combine (top p) (backward_matched p loss)) with
  | (((layer : Layer.t), _, _, _), (delta, _)) :: _ -> Mat.mul delta (Mat.transpose layer.w)
  | [] -> assert false

let input_vectorized p loss =
  let sent (layer : Layer.t) _ a_in delta =
    let n = Mat.rows a_in in
    Mat.unvec n (Mat.cols a_in) (sum_rows (Mat.mul delta (Mat.kron (Mat.transpose layer.w) (Mat.eye n))))
  in
  List.hd (List.rev (by_jacobians sent p loss))

let input_gradient form net ~loss ~x ~y =
  let p = prepare net ~loss ~x ~y in
  match form with Matched -> input_matched p loss | Vectorized -> input_vectorized p loss

(* ---- the front *)

let backward form = match form with Matched -> backward_matched | Vectorized -> backward_vectorized
let both ?(form = Matched) net ~loss ~x ~y = List.rev (backward form (prepare net ~loss ~x ~y) loss)
let deltas ?form net ~loss ~x ~y = List.map fst (both ?form net ~loss ~x ~y)
let gradient ?form net ~loss ~x ~y = List.map snd (both ?form net ~loss ~x ~y)

let jacobian net ~loss ~x ~y =
  let p = prepare net ~loss ~x ~y in
  List.rev (by_jacobians (fun layer _ a_in delta -> parameter_jacobian layer a_in delta) p loss)

let value_at p loss = at_last (fun (loss : Loss.t) last -> loss.value last) p loss
let value net ~loss ~x ~y = value_at (prepare net ~loss ~x ~y) loss
let value_of layers ~loss ~x ~y = value_at (ran layers x y) loss

let gradient_and_value form layers ~loss ~x ~y =
  let p = ran layers x y in
  (List.rev_map snd (backward form p loss), value_at p loss)

(* ---- differences *)

let first_step = 0x1p-10
let steps first = [ first; first /. 8.; first /. 64.; first /. 512. ]

(* On which side of its kink each pre-activation is *)
let sides p =
  let side (layer : Layer.t) z = if layer.activation.kinked then Some (Mat.map (fun z -> if z > 0. then 1. else 0.) z) else None in
  List.map2 side p.layers p.run.z

(* [8(f(w+h) − f(w−h)) − (f(w+2h) − f(w−2h))]/12h with the first h for which no kink lies between the points, else the
   last. [at d] is the point with d added to w. *)
let difference first at loss =
  let rec try_steps = function
    | [] -> assert false
    | h :: smaller ->
        let far = at (2. *. h) and near = at h and near' = at (-.h) and far' = at (-2. *. h) in
        if smaller <> [] && sides far <> sides far' then try_steps smaller
        else
          let f p = value_at p loss in
          ((8. *. (f near -. f near')) -. (f far -. f far')) /. (12. *. h)
  in
  try_steps (steps first)

let moved v j d = Array.mapi (fun k e -> if k = j then e +. d else e) v
let moved_entry m i j d = Array.mapi (fun k r -> if k = i then moved r j d else r) m

let slope_along net ~loss ~x ~y ~step ~direction ~dx =
  let p = prepare net ~loss ~x ~y in
  let plus t m d = Array.map2 (Array.map2 (fun e d -> e +. (t *. d))) m d in
  let bias t b d = match (b, d) with Some b, Some d -> Some (Array.map2 (fun e d -> e +. (t *. d)) b d) | b, _ -> b in
  let moved t (layer : Layer.t) (d : grad) = Layer.unchecked (plus t layer.w d.w) (bias t layer.b d.b) layer.activation in
  difference step (fun t -> ran (List.map2 (moved t) p.layers direction) (plus t x dx) p.targets) loss

let numeric_input step net ~loss ~x ~y =
  let p = prepare net ~loss ~x ~y in
  let by_entry i j = difference step (fun d -> ran p.layers (moved_entry x i j d) p.targets) loss in
  Mat.init (Mat.rows x) (Mat.cols x) by_entry

let numeric_from step net ~loss ~x ~y =
  let p = prepare net ~loss ~x ~y in
  let replaced l layer = List.mapi (fun k other -> if k = l then layer else other) p.layers in
  let at l layer = ran (replaced l layer) (List.hd p.run.a) p.targets in
  let by_weight l (layer : Layer.t) i j =
    difference step (fun d -> at l (Layer.unchecked (moved_entry layer.w i j d) layer.b layer.activation)) loss
  in
  let by_bias l (layer : Layer.t) b j =
    difference step (fun d -> at l (Layer.unchecked layer.w (Some (moved b j d)) layer.activation)) loss
  in
  let of_layer l (layer : Layer.t) =
    {
      w = Mat.init (Layer.d_in layer) (Layer.d_out layer) (by_weight l layer);
      b = Option.map (fun b -> Array.init (Array.length b) (by_bias l layer b)) layer.b;
    }
  in
  List.mapi of_layer p.layers

let numeric net = numeric_from first_step net
