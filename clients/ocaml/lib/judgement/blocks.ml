type t = (string * Mat.t) list

let of_grads g =
  let of_layer l (g : Backprop.grad) =
    let named letter = Printf.sprintf "%s%d" letter (l + 1) in
    (named "W", g.w) :: (match g.b with None -> [] | Some b -> [ (named "b", Mat.row b) ])
  in
  List.concat (List.rev (List.mapi of_layer g))

let is_weights name = name.[0] = 'W'
let layer name = if String.length name = 1 then 0 else int_of_string (String.sub name 1 (String.length name - 1)) - 1

let relative_error ours yours =
  if Mat.shape ours <> Mat.shape yours then infinity
  else
    let apart = Mat.max_abs (Mat.sub ours yours) in
    if apart = 0. then 0. else apart /. Float.max (Mat.max_abs ours) (Mat.max_abs yours)

let cosine ours yours =
  if Mat.shape ours <> Mat.shape yours then nan
  else Mat.dot ours yours /. sqrt (Mat.dot ours ours) /. sqrt (Mat.dot yours yours)

let entries m = List.concat (List.init (Mat.rows m) (fun i -> List.init (Mat.cols m) (fun j -> (i, j))))

let worst ours yours =
  if Mat.shape ours <> Mat.shape yours then None
  else
    let apart (i, j) =
      let d = Float.abs (ours.(i).(j) -. yours.(i).(j)) in
      if Float.is_nan d then infinity else d
    in
    let further best entry = if apart entry > apart best then entry else best in
    Some (List.fold_left further (0, 0) (entries ours))
