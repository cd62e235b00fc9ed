open Backproof

let case name f = Alcotest.test_case name `Quick f

(* ---- two layers by hand, as somebody writes them who has never seen this library *)

let transpose m = Array.init (Array.length m.(0)) (fun j -> Array.map (fun r -> r.(j)) m)
let entry a b i j = Array.fold_left ( +. ) 0. (Array.mapi (fun k x -> x *. b.(k).(j)) a.(i))
let mul a b = Array.init (Array.length a) (fun i -> Array.init (Array.length b.(0)) (entry a b i))

(* The same product, summed from the end *)
let mul_backwards a b =
  let entry i j = Array.fold_right ( +. ) (Array.mapi (fun k x -> x *. b.(k).(j)) a.(i)) 0. in
  Array.init (Array.length a) (fun i -> Array.init (Array.length b.(0)) (entry i))

let zip f = Array.map2 (Array.map2 f)
let sums m = Array.map (Array.fold_left ( +. ) 0.) (transpose m)

let softmax r =
  let e = Array.map exp r in
  Array.map (fun x -> x /. Array.fold_left ( +. ) 0. e) e

type hand = {
  mul : Mat.t -> Mat.t -> Mat.t;
  delta2 : h:Mat.t -> y:Mat.t -> Mat.t;
  delta1 : m:Mat.t -> a:Mat.t -> Mat.t;
  dw : a:Mat.t -> delta:Mat.t -> Mat.t;
  db : Mat.t -> float array;
}

let n_of m = float_of_int (Array.length m)

let by_hand =
  {
    mul;
    delta2 =
      (fun ~h ~y ->
        let n = n_of h in
        zip (fun h y -> (h -. y) /. n) h y);
    delta1 = (fun ~m ~a -> zip (fun m a -> m *. (1. -. (a *. a))) m a);
    dw = (fun ~a ~delta -> mul (transpose a) delta);
    db = sums;
  }

let run hand w1 b1 w2 b2 ~x ~y : Backprop.grads =
  let affine x w b = Array.map (Array.map2 ( +. ) b) (hand.mul x w) in
  let a = Array.map (Array.map tanh) (affine x w1 b1) in
  let h = Array.map softmax (affine a w2 b2) in
  let delta2 = hand.delta2 ~h ~y in
  let delta1 = hand.delta1 ~m:(hand.mul delta2 (transpose w2)) ~a in
  [
    { w = hand.dw ~a:x ~delta:delta1; b = Some (hand.db delta1) };
    { w = hand.dw ~a ~delta:delta2; b = Some (hand.db delta2) };
  ]

let mine hand net ~x ~y =
  match (Network.weights net, Network.biases net) with
  | [ w1; w2 ], [ Some b1; Some b2 ] -> run hand w1 b1 w2 b2 ~x ~y
  | _ -> Alcotest.fail "two layers with biases are judged here"

let activations = Activation.[ tanh; softmax ]
let loss = Loss.cross_entropy
let judge ?layout ?sizes ?rows ?seed mine = Judge.gradient ~case_file:"" ?layout ?sizes ?rows ?seed mine ~activations ~loss

(* ---- what a report has to be *)

let fits_a_screen (r : Report.t) =
  let lines = String.split_on_char '\n' r.text in
  if List.length lines > 25 then Alcotest.failf "%d lines:\n%s" (List.length lines) r.text;
  let too_wide line = String.length line > 80 || String.exists (fun c -> Char.code c > 126) line in
  match List.find_opt too_wide lines with None -> () | Some line -> Alcotest.failf "too wide, or not ASCII: %s" line

let is verdict (r : Report.t) =
  fits_a_screen r;
  if r.verdict <> verdict then Alcotest.fail r.text

let green r = is Report.Right r

let red ?(named = []) (r : Report.t) =
  is Report.Wrong r;
  if named <> [] && not (List.mem (List.hd (Report.mistakes r @ [ "" ])) named) then
    Alcotest.failf "%s was expected:\n%s" (String.concat " or " named) r.text

(* In its words, wherever its lines end *)
let holds part (r : Report.t) =
  let words = List.filter (( <> ) "") (List.concat_map (String.split_on_char ' ') (String.split_on_char '\n' r.text)) in
  let text = String.concat " " words and n = String.length part in
  let rec from i = i + n <= String.length text && (String.sub text i n = part || from (i + 1)) in
  if not (from 0) then Alcotest.failf "%S is not in:\n%s" part r.text

let first name (r : Report.t) =
  match r.diagnosis with
  | None -> Alcotest.fail r.text
  | Some d -> Alcotest.(check (option string)) "first wrong" (Some name) (Option.map (fun (e : Diagnosis.entry) -> e.parameter) (Diagnosis.first_wrong d))

(* ---- right functions *)

let right_ones () =
  green (judge (mine by_hand));
  green (judge (mine { by_hand with mul = mul_backwards; dw = (fun ~a ~delta -> mul_backwards (transpose a) delta) }));
  green (judge ~sizes:[ 2; 2; 2 ] ~rows:4 (mine by_hand));
  green (judge ~sizes:[ 1; 1; 2 ] ~rows:1 (mine by_hand));
  holds "right at 5 points that can show all" (judge (mine by_hand))

let single x = Int32.float_of_bits (Int32.bits_of_float x)

let in_float32 () =
  let rounded (g : Backprop.grad) : Backprop.grad = { w = Mat.map single g.w; b = Option.map (Array.map single) g.b } in
  green (judge (fun net ~x ~y -> List.map rounded (mine by_hand net ~x ~y)))

let other_layouts () =
  let turned (g : Backprop.grad) : Backprop.grad = { g with w = transpose g.w } in
  let out_in net ~x ~y =
    match (Network.weights net, Network.biases net) with
    | [ w1; w2 ], [ Some b1; Some b2 ] -> List.map turned (run by_hand (transpose w1) b1 (transpose w2) b2 ~x ~y)
    | _ -> Alcotest.fail "two layers"
  in
  green (judge ~layout:[ `Out_in ] out_in);
  let by_columns f net ~x ~y = f net ~x:(transpose x) ~y:(transpose y) in
  green (judge ~layout:[ `Columns ] (by_columns (mine by_hand)));
  green (judge ~layout:[ `Out_in; `Columns ] (by_columns out_in));
  let alone f net ~x ~y =
    Alcotest.(check int) "one instance" 1 (Array.length x);
    f net ~x ~y
  in
  green (judge ~layout:[ `Single ] (alone (mine by_hand)));
  green (judge ~layout:[ `Single; `Out_in ] (alone out_in));
  red (judge out_in);
  red (judge (by_columns (mine by_hand)))

(* In place, since many libraries work so: what a function does to its arguments is its own affair. *)
let in_place () =
  let spoiling net ~x ~y =
    let g = mine by_hand net ~x ~y in
    List.iter (fun w -> Array.iter (fun r -> Array.fill r 0 (Array.length r) 7.) w) (x :: y :: Network.weights net);
    g
  in
  green (judge spoiling)

(* ---- wrong functions, by hand *)

let five () =
  red ~named:[ "sign_flipped" ] (judge (mine { by_hand with delta2 = (fun ~h ~y -> by_hand.delta2 ~h:y ~y:h) }));
  red ~named:[ "transposed_gradient" ] (judge (mine { by_hand with dw = (fun ~a ~delta -> mul (transpose delta) a) }));
  red ~named:[ "transposed_gradient" ]
    (judge ~sizes:[ 3; 3; 3 ] (mine { by_hand with dw = (fun ~a ~delta -> mul (transpose delta) a) }));
  let reread m = Array.init (Array.length m) (fun i -> Array.init (Array.length m.(0)) (fun j -> let k = (i * Array.length m.(0)) + j in m.(k mod Array.length m).(k / Array.length m))) in
  red ~named:[ "row_major_unvec" ] (judge (mine { by_hand with dw = (fun ~a ~delta -> reread (mul (transpose a) delta)) }));
  red ~named:[ "summed_not_averaged" ] (judge (mine { by_hand with delta2 = (fun ~h ~y -> zip ( -. ) h y) }));
  red ~named:[ "factor_extra" ]
    (judge (mine { by_hand with delta2 = (fun ~h ~y -> Mat.scale 2. (by_hand.delta2 ~h ~y)) }));
  red ~named:[ "missing_derivative" ] (judge (mine { by_hand with delta1 = (fun ~m ~a:_ -> m) }));
  let unfolded f ~h ~y =
    let n = n_of h in
    let slope = zip (fun h y -> -.y /. h /. n) h y in
    Array.map2 (fun p m -> let s = Array.fold_left ( +. ) 0. (Array.map2 ( *. ) p m) in Array.map2 (fun p m -> f p m s) p m) h slope
  in
  green (judge (mine { by_hand with delta2 = unfolded (fun p m s -> p *. (m -. s)) }));
  red ~named:[ "softmax_sign" ] (judge (mine { by_hand with delta2 = unfolded (fun p m s -> p *. (m -. (2. *. m *. p) +. s)) }));
  red ~named:[ "softmax_diagonal" ] (judge (mine { by_hand with delta2 = unfolded (fun p m _ -> p *. m *. (1. -. p)) }))

let words () =
  let r = judge (mine { by_hand with delta2 = (fun ~h ~y -> by_hand.delta2 ~h:y ~y:h) }) in
  first "W2" r;
  List.iter (fun part -> holds part r) [ "b2, W1 and b1 are wrong only"; "the sign is flipped"; "mend"; "cosine"; "seed 0"; "tanh softmax" ];
  let r = judge (mine { by_hand with delta1 = (fun ~m ~a:_ -> m) }) in
  first "W1" r;
  holds "b1 is wrong only" r

(* Not in the table: red, located, and never called what they are not. *)
let others () =
  let unknown at r =
    red r;
    first at r;
    Alcotest.(check (list string)) "no guess" [] (Report.mistakes r);
    holds "No mistake that is known here" r
  in
  unknown "W1" (judge (mine { by_hand with delta1 = (fun ~m ~a -> zip (fun m a -> m *. (1. -. a)) m a) }));
  unknown "W2" (judge (mine { by_hand with delta2 = (fun ~h ~y -> let n = n_of h in zip (fun h y -> (h -. (0.9 *. y)) /. n) h y) }));
  unknown "b2" (judge (mine { by_hand with db = (fun d -> Array.map (fun s -> s +. 1e-3) (sums d)) }));
  let spoilt net ~x ~y = List.map (fun (g : Backprop.grad) -> g.w.(0).(1) <- g.w.(0).(1) +. 1e-3; g) (mine by_hand net ~x ~y) in
  let r = judge spoilt in
  unknown "W2" r;
  holds "at row 0, column 1" r;
  let three net ~x ~y = List.map (fun (g : Backprop.grad) -> { g with Backprop.w = Mat.scale 3.5 g.w }) (mine by_hand net ~x ~y) in
  holds "it is 3.5 times ours everywhere" (judge three)

let unnamed r =
  red r;
  Alcotest.(check (list string)) "no guess" [] (Report.mistakes r)

(* Off by little: an epsilon, float32 here and there, differences in place of derivatives. That is no flipped sign. *)
let tiny () =
  let off e net ~x ~y =
    List.map (fun (g : Backprop.grad) -> { g with Backprop.w = Mat.scale (1. +. e) g.w }) (mine by_hand net ~x ~y)
  in
  let one e =
    let r = judge (off e) in
    unnamed r;
    holds "an epsilon in a quotient" r
  in
  List.iter one [ 2e-9; 1e-8; 1e-7; 1e-6; 1e-5 ];
  let by_difference net ~x ~y =
    let h = 1e-4 and value net = Backprop.value net ~loss ~x ~y in
    let moved l i j d =
      let other k (layer : Layer.t) =
        let w = Mat.init (Layer.d_in layer) (Layer.d_out layer) (fun i' j' -> layer.w.(i').(j') +. if (k, i', j') = (l, i, j) then d else 0.) in
        Layer.make ?b:layer.b ~activation:layer.activation w
      in
      Network.make (List.mapi other (Network.layers net))
    in
    let entry l i j = (value (moved l i j h) -. value (moved l i j 0.)) /. h in
    let w l (layer : Layer.t) = Mat.init (Layer.d_in layer) (Layer.d_out layer) (entry l) in
    List.map2 (fun w (g : Backprop.grad) -> { g with Backprop.w }) (List.mapi w (Network.layers net)) (mine by_hand net ~x ~y)
  in
  unnamed (judge by_difference)

(* Weights that are kept in single precision are right: the points' numbers are exact in it. *)
let single_weights () =
  let kept net ~x ~y =
    match (List.map (Mat.map single) (Network.weights net), Network.biases net) with
    | [ w1; w2 ], [ Some b1; Some b2 ] -> run by_hand w1 (Array.map single b1) w2 (Array.map single b2) ~x ~y
    | _ -> Alcotest.fail "two layers"
  in
  green (judge kept)

let where_of (r : Report.t) =
  match r.diagnosis with Some { mistakes = (_, v) :: _; _ } -> v.where | _ -> Alcotest.fail r.text

let scaled_block (m : float) (g : Backprop.grad) : Backprop.grad =
  { w = Mat.scale m g.w; b = Option.map (Array.map (fun x -> m *. x)) g.b }

(* A mistake is said to be where it is, and nothing that is right is called wrong. *)
let places () =
  let last_only net ~x ~y =
    match mine by_hand net ~x ~y with [ g1; g2 ] -> [ g1; scaled_block (-1.) g2 ] | _ -> Alcotest.fail "two layers"
  in
  let r = judge last_only in
  red ~named:[ "sign_flipped" ] r;
  Alcotest.(check string) "where" "in W2, b2" (where_of r);
  holds "made wrongly from a delta that is right" r;
  holds "b2 is wrong by the same mistake" r;
  if List.exists (fun line -> String.length line > 4 && String.sub line 0 4 = "mend" && String.contains line '-') (String.split_on_char '\n' r.text)
  then Alcotest.fail r.text;
  let activations = Activation.[ sigmoid; tanh; sigmoid ] and loss = Loss.sse in
  let forgotten at net ~x ~y =
    let rec back layers zs aas delta found =
      match (layers, zs, aas) with
      | [ (_ : Layer.t) ], _, [ _; a_in ] -> { Backprop.w = Mat.mul (Mat.transpose a_in) delta; b = Some (sums delta) } :: found
      | (layer : Layer.t) :: (below :: _ as rest), _ :: (z :: _ as zs), _ :: (a :: _ as aas) ->
          let found = { Backprop.w = Mat.mul (Mat.transpose a) delta; b = Some (sums delta) } :: found in
          let m = Mat.mul delta (Mat.transpose layer.w) in
          let delta = if List.mem (List.length rest) at then m else Activation.pullback below.activation ~z ~a m in
          back rest zs aas delta found
      | _ -> Alcotest.fail "layers"
    in
    let pass = Network.forward net x in
    let z = List.rev pass.z and a = List.rev pass.a in
    back (List.rev (Network.layers net)) z a (Loss.delta loss Activation.sigmoid ~z:(List.hd z) ~h:(List.hd a) ~y) []
  in
  let judged at = Judge.gradient ~case_file:"" (forgotten at) ~activations ~loss in
  green (judged []);
  let r = judged [ 1; 2 ] in
  red ~named:[ "missing_derivative" ] r;
  Alcotest.(check string) "where" "in layers 1, 2" (where_of r);
  holds "b2 is wrong only because of it. W1 is wrong by the same mistake; b1 only" r;
  let r = judged [ 1 ] in
  first "W1" r;
  holds "b1 is wrong only because of it." r

let sigmoid_of_z () =
  let wrong net ~x ~y =
    match Network.layers net with
    | [ l1; l2 ] ->
        let z = Layer.affine l1 x in
        let a = Activation.apply Activation.sigmoid z in
        let delta2 = Mat.sub (Layer.affine l2 a) y in
        let delta1 = Mat.map2 (fun m z -> m *. z *. (1. -. z)) (Mat.mul delta2 (Mat.transpose l2.w)) z in
        [
          { Backprop.w = Mat.mul (Mat.transpose x) delta1; b = Some (sums delta1) };
          { w = Mat.mul (Mat.transpose a) delta2; b = Some (sums delta2) };
        ]
    | _ -> Alcotest.fail "two layers"
  in
  red ~named:[ "derivative_at_preactivation" ]
    (Judge.gradient ~case_file:"" wrong ~activations:Activation.[ sigmoid; identity ] ~loss:Loss.half_sse)

let unsteady () =
  let kept = Hashtbl.create 7 in
  let adding net ~x ~y =
    let key = Network.sizes net in
    let g = mine by_hand net ~x ~y in
    let before = Option.value (Hashtbl.find_opt kept key) ~default:(List.map (scaled_block 0.) g) in
    let sum (a : Backprop.grad) (b : Backprop.grad) : Backprop.grad =
      { w = Mat.add a.w b.w; b = Some (Array.map2 ( +. ) (Option.get a.b) (Option.get b.b)) }
    in
    let g = List.map2 sum before g in
    Hashtbl.replace kept key g;
    g
  in
  let r = judge adding in
  red r;
  holds "other numbers when it was called again" r

(* Only wrong for some data: the failure cannot be made smaller than where it shows. *)
let now_and_then () =
  let moody net ~x ~y = if Array.length x.(0) > 5 then mine { by_hand with delta1 = (fun ~m ~a:_ -> m) } net ~x ~y else mine by_hand net ~x ~y in
  red ~named:[ "missing_derivative" ] (judge moody)

let unusable () =
  let r = judge (fun _ ~x:_ ~y:_ -> [ [||].(0) ]) in
  red r;
  holds "index out of bounds" r;
  holds "test_judge.ml, line" r;
  holds "~sizes" r;
  let r = judge (fun net ~x ~y:_ -> ignore (Mat.mul x (transpose (List.hd (Network.weights net)))); []) in
  red r;
  holds "the left matrix is" r;
  holds "which factor is transposed" r;
  red (judge (fun _ ~x:_ ~y:_ -> failwith (String.make 3000 'x')));
  let calls = ref 0 in
  let every_second net ~x ~y = incr calls; if !calls mod 2 = 0 then failwith "again" else mine by_hand net ~x ~y in
  let r = judge every_second in
  red r;
  holds "at its second call your function raised an exception" r;
  let rec endless n = 1 + endless (n + 1) in
  red (judge (fun _ ~x:_ ~y:_ -> [ List.nth [] (endless 0) ]));
  red (judge (fun net ~x ~y -> [ List.hd (mine by_hand net ~x ~y) ]));
  red (judge (fun net ~x ~y -> List.map (fun (g : Backprop.grad) -> { g with Backprop.w = [||] }) (mine by_hand net ~x ~y)));
  red (judge (fun net ~x ~y -> List.map (fun (g : Backprop.grad) -> { g with Backprop.w = [| [| 1. |]; [||] |] }) (mine by_hand net ~x ~y)));
  let nan_one net ~x ~y = List.map (fun (g : Backprop.grad) -> { g with Backprop.w = Mat.scale nan g.w }) (mine by_hand net ~x ~y) in
  let r = judge nan_one in
  red r;
  holds "not finite" r;
  red ~named:[ "bias_missing" ] (judge (fun net ~x ~y -> List.map (fun (g : Backprop.grad) -> { g with Backprop.b = None }) (mine by_hand net ~x ~y)))

let wrong_use () =
  Near.raises "sizes" "There are 2 activations and 2 sizes; a network of 2 layers has 3 sizes, its inputs first." (fun () ->
      ignore (judge ~sizes:[ 2; 2 ] (mine by_hand)));
  Near.raises "sizes of 0" "The sizes are 2, 0, 2; each must be at least 1." (fun () ->
      ignore (judge ~sizes:[ 2; 0; 2 ] (mine by_hand)));
  Near.raises "none" "There are no activations; give one for each layer." (fun () ->
      ignore (Judge.gradient (mine by_hand) ~activations:[] ~loss));
  match Judge.gradient (mine by_hand) ~activations:Activation.[ tanh ] ~loss with
  | _ -> Alcotest.fail "cross_entropy after tanh"
  | exception Errors.Inadmissible_pair _ -> ()

let own_activation () =
  let swish df = Activation.elementwise ~name:"swish" ~df (fun z -> z /. (1. +. exp (-.z))) in
  let s z = 1. /. (1. +. exp (-.z)) in
  let right = swish (fun z a -> a +. (s z *. (1. -. a))) in
  let ours net ~x ~y = Backprop.gradient net ~loss:Loss.mse ~x ~y in
  let judged a = Judge.gradient ~case_file:"" ours ~activations:[ a; Activation.identity ] ~loss:Loss.mse in
  green (judged right);
  is Report.Cannot_judge (judged (swish (fun z _ -> s z)));
  let raising = Activation.elementwise ~name:"n" ~df:(fun _ _ -> 1.) (fun z -> if z < -2. then failwith "far" else z) in
  let r = judged raising in
  if r.verdict <> Report.Right then (
    is Report.Cannot_judge r;
    holds "an activation raised an exception" r);
  is Report.Cannot_judge (judged (Activation.elementwise ~name:"f" ~df:(fun _ _ -> 1.) (fun _ -> failwith "never")))

let blind () =
  let r = Judge.gradient ~case_file:"" ~rows:1 (mine by_hand) ~activations ~loss in
  green r;
  holds "not summed_not_averaged" r;
  holds "these points have one row" r

(* ---- large ones *)

(* As wide as digits, for a function that can do no other sizes: green, red and named all the same *)
let wide () =
  let sizes = [ 300; 40; 10 ] in
  green (judge ~sizes (mine by_hand));
  red ~named:[ "missing_derivative" ] (judge ~sizes (mine { by_hand with delta1 = (fun ~m ~a:_ -> m) }));
  let spoilt df = Activation.elementwise ~name:"bent" ~df (fun z -> z *. z) in
  let judged a =
    let f net ~x ~y = Backprop.gradient net ~loss:Loss.mse ~x ~y in
    Judge.gradient ~case_file:"" ~sizes f ~activations:[ a; Activation.identity ] ~loss:Loss.mse
  in
  green (judged (spoilt (fun z _ -> 2. *. z)));
  is Report.Cannot_judge (judged (spoilt (fun z _ -> 1.99 *. z)))

let deep () =
  let activations = List.init 9 (fun _ -> Activation.tanh) @ [ Activation.sigmoid ] in
  let loss = Loss.binary_cross_entropy in
  let judged f = Judge.gradient ~case_file:"" f ~activations ~loss in
  green (judged (fun net ~x ~y -> Backprop.gradient net ~loss ~x ~y));
  let turned net ~x ~y = List.map (fun (g : Backprop.grad) -> { g with Backprop.w = Mat.scale (-1.) g.w }) (Backprop.gradient net ~loss ~x ~y) in
  let r = judged turned in
  red ~named:[ "sign_flipped" ] r;
  holds "and 12 more" r;
  let very = List.init 20 (fun _ -> Activation.tanh) in
  let right net ~x ~y = Backprop.gradient net ~loss:Loss.mse ~x ~y in
  let judged seed = green (Judge.gradient ~case_file:"" ~points:2 ~seed right ~activations:very ~loss:Loss.mse) in
  List.iter judged [ 0; 3 ]

(* Deep down a gradient is tiny; that is no reason to take anything for it. *)
let deep_down () =
  let spoilt depth activation f =
    let activations = List.init depth (fun _ -> activation) in
    let mine net ~x ~y = match Backprop.gradient net ~loss:Loss.mse ~x ~y with g :: rest -> f g :: rest | [] -> [] in
    Judge.gradient ~case_file:"" mine ~activations ~loss:Loss.mse
  in
  red (spoilt 8 Activation.sigmoid (fun g -> { g with w = Mat.scale 0. g.w }));
  red (spoilt 12 Activation.sigmoid (fun g -> { g with w = Mat.map single (Mat.scale (-1.) g.w) }));
  red (spoilt 20 Activation.tanh (fun g -> { g with w = Mat.scale 1.01 g.w }))

(* A number that is N or d at one point only, a derivative that is right by chance at one: they are no mistake's. *)
let coincidences () =
  let times c = mine { by_hand with delta2 = (fun ~h ~y -> Mat.scale c (by_hand.delta2 ~h ~y)) } in
  List.iter (fun c -> unnamed (judge (times c))) [ 3.; 1. /. 3.; 4.; 0.25; 5.; 12.; 6.; 0.9; -2. ];
  List.iter (fun (c, id) -> red ~named:[ id ] (judge (times c))) [ (2., "factor_extra"); (0.5, "factor_missing") ];
  let one_layer c seed =
    let f net ~x ~y = List.map (scaled_block c) (Backprop.gradient net ~loss:Loss.mse ~x ~y) in
    unnamed (Judge.gradient ~seed ~case_file:"" f ~activations:[ Activation.tanh ] ~loss:Loss.mse)
  in
  List.iter (fun (c, seed) -> one_layer c seed) [ (12., 13); (5., 42); (0.2, 42); (5., 200); (6., 2) ];
  let first_row_for_all net ~x ~y =
    match Network.layers net with
    | [ l1; l2 ] ->
        let z = Layer.affine l1 x in
        let a = Activation.apply Activation.relu z in
        let delta2 = Mat.sub (Layer.affine l2 a) y in
        let m = Mat.mul delta2 (Mat.transpose l2.w) in
        let delta1 = Array.map (Array.mapi (fun j m -> if z.(0).(j) > 0. then m else 0.)) m in
        [
          { Backprop.w = Mat.mul (Mat.transpose x) delta1; b = Some (sums delta1) };
          { w = Mat.mul (Mat.transpose a) delta2; b = Some (sums delta2) };
        ]
    | _ -> Alcotest.fail "two layers"
  in
  let judged seed = Judge.gradient ~seed ~case_file:"" first_row_for_all ~activations:Activation.[ relu; identity ] ~loss:Loss.half_sse in
  List.iter (fun seed -> unnamed (judged seed)) [ 0; 1; 2; 3; 4; 5; 6; 7 ]

let blocks_scaled factors net ~x ~y =
  let factor name = Option.value (List.assoc_opt name factors) ~default:1. in
  let of_layer l (g : Backprop.grad) : Backprop.grad =
    let c = factor (Printf.sprintf "W%d" l) and d = factor (Printf.sprintf "b%d" l) in
    { w = Mat.scale c g.w; b = Option.map (Array.map (fun x -> d *. x)) g.b }
  in
  List.mapi (fun l g -> of_layer (l + 1) g) (mine by_hand net ~x ~y)

let two_at_once () =
  let r = judge (blocks_scaled [ ("b2", 0.); ("W1", -1.); ("b1", -1.) ]) in
  red ~named:[ "bias_missing" ] r;
  Alcotest.(check string) "where" "in layer 2" (where_of r);
  let r = judge (blocks_scaled [ ("W2", -1.); ("W1", 0.7) ]) in
  red ~named:[ "sign_flipped" ] r;
  Alcotest.(check string) "where" "in W2" (where_of r);
  holds "W1 is wrong besides" r;
  let r = judge (blocks_scaled [ ("W2", -1.); ("b2", -1.); ("W1", -0.9); ("b1", -0.9) ]) in
  red ~named:[ "sign_flipped" ] r;
  Alcotest.(check string) "where" "from layer 2 down" (where_of r);
  holds "y - h stands where" r;
  let r = judge (blocks_scaled [ ("W2", 3.3); ("W1", 3.3); ("b1", 3.3) ]) in
  unnamed r;
  holds "W2 is wrong first, counted from the output. W1 is wrong besides; b1 only because of it." r

(* ---- layers alone *)

let pulled hand ~w ~b ~x ~upstream : Judge.pulled =
  let a = Array.map (Array.map tanh) (Array.map (Array.map2 ( +. ) (Option.get b)) (mul x w)) in
  let delta = hand ~m:upstream ~a in
  { dx = mul delta (transpose w); dw = mul (transpose x) delta; db = Some (sums delta) }

let pullbacks () =
  let activation = Activation.tanh in
  green (Judge.pullback (pulled by_hand.delta1) ~activation);
  red ~named:[ "missing_derivative" ] (Judge.pullback (pulled (fun ~m ~a:_ -> m)) ~activation);
  let through_w ~w ~b ~x ~upstream = { (pulled by_hand.delta1 ~w ~b ~x ~upstream) with dx = mul upstream (transpose w) } in
  let r = Judge.pullback through_w ~activation in
  unnamed r;
  first "x" r;
  let with_dx dx ~w ~b ~x ~upstream = { (pulled by_hand.delta1 ~w ~b ~x ~upstream) with dx = dx x } in
  List.iter
    (fun dx -> unnamed (Judge.pullback (with_dx dx) ~activation))
    [ Fun.id; Mat.scale 0.; Mat.scale nan; (fun x -> Mat.hadamard x x); transpose ];
  let out_in ~w ~b ~x ~upstream =
    let found = pulled by_hand.delta1 ~w:(transpose w) ~b ~x:(transpose x) ~upstream:(transpose upstream) in
    { found with dw = transpose found.dw; dx = transpose found.dx }
  in
  green (Judge.pullback ~layout:[ `Out_in; `Columns ] out_in ~activation)

let of_softmax f ~z:_ ~a ~upstream =
  Array.map2 (fun p m -> let s = Array.fold_left ( +. ) 0. (Array.map2 ( *. ) p m) in Array.map2 (fun p m -> f p m s) p m) a upstream

let softmax_alone () =
  let activation = Activation.softmax in
  green (Judge.activation (of_softmax (fun p m s -> p *. (m -. s))) ~activation);
  red ~named:[ "softmax_sign" ] (Judge.activation (of_softmax (fun p m s -> p *. (m +. s))) ~activation);
  red ~named:[ "softmax_diagonal" ] (Judge.activation (of_softmax (fun p m _ -> p *. m *. (1. -. p))) ~activation)

(* ---- the whole table, planted in random networks *)

let setting seed =
  let rng = Random.State.make [| seed; 11 |] in
  let loss, last = Specimens.(pick rng pairs) in
  let depth = 1 + Random.State.int rng 4 in
  let activations = List.init (depth - 1) (fun _ -> Specimens.pick rng Activation.all) @ [ last ] in
  (activations, loss, Random.State.bool rng)

let as_grads depth blocks : Backprop.grads =
  let layer l : Backprop.grad =
    {
      w = List.assoc (Printf.sprintf "W%d" l) blocks;
      b = Option.map (fun (m : Mat.t) -> m.(0)) (List.assoc_opt (Printf.sprintf "b%d" l) blocks);
    }
  in
  List.init depth (fun l -> layer (l + 1))

let key (m : Mistake.t) (v : Mistake.variation) = (m.id, v.label, v.layers, v.where)

(* The function that makes one mistake, and always that one *)
let planted wanted (loss : Loss.t) net ~x ~y =
  let p : Point.t = { kind = Gradient; net; loss; x; y } in
  let all = List.concat_map (fun (m : Mistake.t) -> List.map (fun v -> (key m v, v)) (m.variations p)) Mistake.all in
  match Option.map (fun (v : Mistake.variation) -> Lazy.force v.blocks) (List.assoc_opt wanted all) with
  | Some (Some blocks) -> as_grads (List.length (Network.layers net)) blocks
  | Some None -> invalid_arg "these do not conform"
  | None -> Backprop.gradient net ~loss ~x ~y

let is_named seed activations loss bias ((id, label, _, where) as wanted) =
  let r = Judge.gradient ~case_file:"" ~seed ~bias (planted wanted loss) ~activations ~loss in
  let names = String.concat " " (List.map (fun (s : Activation.t) -> s.name) activations) in
  let said = Printf.sprintf "%s %s %s, %s %s, seed %d" id label where names loss.name seed in
  fits_a_screen r;
  if r.verdict <> Report.Wrong then Alcotest.failf "%s is not seen:\n%s" said r.text;
  match r.diagnosis with
  | None -> ()
  | Some _ -> if not (List.mem id (Report.mistakes r)) then Alcotest.failf "%s is not named:\n%s" said r.text

let table seed =
  let activations, loss, bias = setting seed in
  let depth = List.length activations in
  let shape = Point.shapes Gradient ~depth ~sizes:None ~rows:None ~seed in
  let p = Point.make Gradient ~seed ~digits:6 ~bias ~activations ~loss:(Some loss) shape in
  let ways = List.concat_map (fun (m : Mistake.t) -> List.map (key m) (m.variations p)) Mistake.all in
  let meant i = Specimens.sweep || (i + seed) mod 4 = 0 in
  List.iteri (fun i way -> if meant i then is_named seed activations loss bias way) ways

let right_everywhere seed =
  let activations, loss, bias = setting seed in
  let judged form = Judge.gradient ~case_file:"" ~seed ~bias (fun net ~x ~y -> Backprop.gradient ~form net ~loss ~x ~y) ~activations ~loss in
  let r = judged Backprop.Vectorized in
  green r;
  holds "can show all" r

(* ---- the case file *)

let case_file () =
  let file = Filename.temp_file "judged" ".case.json" in
  let wrong = mine { by_hand with delta1 = (fun ~m ~a:_ -> m) } in
  holds ("case " ^ file) (Judge.gradient ~case_file:file wrong ~activations ~loss);
  let channel = open_in_bin file in
  let text = really_input_string channel (in_channel_length channel) in
  close_in channel;
  Sys.remove file;
  let j = Result.get_ok (Json.of_string text) in
  let get name j = Option.get (Json.member name j) in
  let matrix j = Result.get_ok (Json.to_matrix j) in
  let net = Network.of_json (Json.to_string (get "network" j)) in
  let data = get "data" j in
  let again = wrong net ~x:(matrix (get "x" data)) ~y:(matrix (get "y" data)) in
  match get "gradients" j with
  | Json.List sent -> List.iter2 (fun (g : Backprop.grad) j -> Near.mat "gradients" g.w (matrix (get "weights" j))) again sent
  | _ -> Alcotest.fail "a list of gradients"

let mends () =
  let narrow id line = if String.length line > 72 then Alcotest.failf "%s: %d columns in %S" id (String.length line) line in
  let at scope : Mistake.variation = { label = "N"; where = "in W1"; scope; layers = [ 0 ]; blocks = lazy None } in
  let of_scope (m : Mistake.t) scope = List.iter (narrow m.id) (m.mend (at scope)) in
  List.iter (fun m -> List.iter (of_scope m) Mistake.[ Output; Layers; Blocks ]) Mistake.all

let suite =
  [
    case "mends fit a report" mends;
    case "right, in other orders and at fixed sizes" right_ones;
    case "right, in float32" in_float32;
    case "right, in other layouts" other_layouts;
    case "right, though it spoils its arguments" in_place;
    case "the five commonest mistakes, by hand" five;
    case "what the report says" words;
    case "mistakes that are in no table" others;
    case "off by little" tiny;
    case "weights in single precision" single_weights;
    case "where a mistake is" places;
    case "the derivative of a sigmoid, fed with z" sigmoid_of_z;
    case "what one call leaves for the next" unsteady;
    case "a mistake that shows now and then" now_and_then;
    case "functions that give no gradient" unusable;
    case "wrong use" wrong_use;
    case "an activation of one's own" own_activation;
    case "what one row cannot show" blind;
    case "a wide network" wide;
    case "a deep network" deep;
    case "deep down" deep_down;
    case "coincidences" coincidences;
    case "two mistakes at once" two_at_once;
    case "one layer" pullbacks;
    case "a softmax alone" softmax_alone;
    case "the case file" case_file;
    Specimens.law "right gradients are right" 2000 right_everywhere;
    Specimens.law "every mistake of the table is seen and named" 200 table;
  ]
