type t = { w : Mat.t; b : float array option; activation : Activation.t }

let d_in l = Mat.rows l.w
let d_out l = Mat.cols l.w
let unchecked w b activation = { w; b; activation }

let finite name v =
  Array.iteri (fun j x -> if not (Float.is_finite x) then Errors.value "%s: entry %d is %h; it must be finite." name j x) v

let check_bias i l =
  let w = Names.parameter i "weights" and b = Names.parameter i "bias" in
  match l.b with
  | Some bias when Array.length bias <> d_out l ->
      Errors.shape "%s has %d numbers, but %s has %d outputs; the bias needs %d numbers." b (Array.length bias) w (d_out l)
        (d_out l)
  | _ -> ()

let make ?b ~activation w =
  let l = { w = Mat.copy (Mat.check w); b = Option.map Array.copy b; activation } in
  Array.iteri (fun i r -> finite (Printf.sprintf "weights, row %d" i) r) l.w;
  Option.iter (finite "bias") l.b;
  l

let affine l a =
  let z = Mat.mul a l.w in
  match l.b with None -> z | Some b -> Mat.add_row z b
