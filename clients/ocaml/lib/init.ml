type t =
  | Uniform of { low : float; high : float }
  | Normal of { mean : float; std : float }
  | Glorot_uniform
  | He_normal
  | Zeros

let uniform ~low ~high =
  if not (Float.is_finite low && Float.is_finite high && low <= high) then
    Errors.value "uniform needs finite low ≤ high, not %g and %g." low high;
  Uniform { low; high }

let normal ~mean ~std =
  if not (Float.is_finite mean && Float.is_finite std && std >= 0.) then
    Errors.value "normal needs a finite mean and a finite std ≥ 0, not %g and %g." mean std;
  Normal { mean; std }

let glorot_uniform = Glorot_uniform
let he_normal = He_normal
let zeros = Zeros
let between rng low high = low +. (Random.State.float rng 1. *. (high -. low))

(* Box and Muller 1958; 1 − u lies in (0, 1]. *)
let gaussian rng =
  let radius = sqrt (-2. *. log (1. -. Random.State.float rng 1.)) in
  radius *. cos (2. *. Float.pi *. Random.State.float rng 1.)

let draw i rng d_in d_out =
  let each f = Mat.init d_in d_out (fun _ _ -> f ()) in
  match i with
  | Uniform { low; high } -> each (fun () -> between rng low high)
  | Normal { mean; std } -> each (fun () -> mean +. (std *. gaussian rng))
  | Glorot_uniform ->
      let a = sqrt (6. /. float_of_int (d_in + d_out)) in
      each (fun () -> between rng (-.a) a)
  | He_normal ->
      let std = sqrt (2. /. float_of_int d_in) in
      each (fun () -> std *. gaussian rng)
  | Zeros -> Mat.make d_in d_out 0.
