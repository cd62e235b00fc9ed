module type S = sig
  val step : ?form:Backprop.form -> ?rate:float -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> Network.t

  val fit :
    ?form:Backprop.form ->
    ?rate:float ->
    ?batch_size:int ->
    ?seed:int ->
    ?on_epoch:(epoch:int -> loss:float -> unit) ->
    epochs:int ->
    Network.t ->
    loss:Loss.t ->
    x:Mat.t ->
    y:Mat.t ->
    Network.t
end

(* ---- batches *)

(* Fisher and Yates, from the end *)
let permutation rng n =
  let order = Array.init n Fun.id in
  for i = n - 1 downto 1 do
    let j = Random.State.int rng (i + 1) in
    let kept = order.(i) in
    order.(i) <- order.(j);
    order.(j) <- kept
  done;
  order

let batches rng size x y =
  let n = Array.length x in
  match size with
  | None -> [ (x, y) ]
  | Some size ->
      let order = permutation rng n in
      let batch k =
        let start = k * size in
        let rows = Array.sub order start (min size (n - start)) in
        (Array.map (fun i -> x.(i)) rows, Array.map (fun i -> y.(i)) rows)
      in
      List.init ((n + size - 1) / size) batch

(* ---- updates *)

let moved rate = Array.map2 (fun w g -> w -. (rate *. g))

let updated rate (layer : Layer.t) (g : Backprop.grad) =
  let b = match (layer.b, g.b) with Some b, Some g -> Some (moved rate b g) | b, _ -> b in
  Layer.unchecked (Array.map2 (moved rate) layer.w g.w) b layer.activation

let check_finite epoch loss =
  if not (Float.is_finite loss) then
    raise
      (Errors.Non_finite_loss
         (Printf.sprintf "The loss became %g in epoch %d; try a smaller rate, or smaller initial weights." loss epoch))

let check_plan ~rate ~batch_size ~epochs rows =
  if epochs < 1 then Errors.value "epochs must be at least 1, not %d." epochs;
  if not (rate > 0. && Float.is_finite rate) then Errors.value "rate must be a finite number > 0, not %g." rate;
  match batch_size with
  | Some n when n < 1 || n > rows ->
      Errors.value "batch_size must be within 1 … %d, the rows to train on, not %d." rows n
  | _ -> ()

let fit ?(form = Backprop.Matched) ?(rate = 1.) ?batch_size ?(seed = 0) ?(on_epoch = fun ~epoch:_ ~loss:_ -> ()) ~epochs
    net ~(loss : Loss.t) ~x ~y =
  check_plan ~rate ~batch_size ~epochs (Array.length x);
  let y = (Backprop.prepare net ~loss ~x ~y).targets in
  let rng = Random.State.make [| seed |] and n = float_of_int (Array.length x) in
  let weight x = if loss.averages then float_of_int (Array.length x) /. n else 1. in
  let one_batch epoch (layers, seen) (x, y) =
    let gradient, value = Backprop.gradient_and_value form layers ~loss ~x ~y in
    check_finite epoch value;
    (List.map2 (updated rate) layers gradient, seen +. (weight x *. value))
  in
  let ended layers =
    check_finite epochs (Backprop.value_of layers ~loss ~x ~y);
    layers
  in
  let rec from epoch layers =
    if epoch > epochs then ended layers
    else
      let layers, loss = List.fold_left (one_batch epoch) (layers, 0.) (batches rng batch_size x y) in
      on_epoch ~epoch ~loss;
      from (epoch + 1) layers
  in
  Network.unchecked (from 1 (Network.layers net))

let step ?form ?rate net ~loss ~x ~y = fit ?form ?rate ~epochs:1 net ~loss ~x ~y
