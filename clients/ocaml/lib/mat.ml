type t = float array array

let rows = Array.length
let no_rows () = Errors.shape "The matrix has no rows; give at least one row of numbers."
let cols m = if rows m = 0 then no_rows () else Array.length m.(0)
let shape m = (rows m, cols m)

let check m =
  if rows m = 0 then no_rows ();
  Array.iteri
    (fun i r ->
      if Array.length r = 0 then Errors.shape "Row %d is empty; each row needs at least one number." i;
      if Array.length r <> cols m then
        Errors.shape "Row %d has %d numbers, row 0 has %d; all rows need the same length." i (Array.length r) (cols m))
    m;
  m

let init p q f =
  if p < 1 || q < 1 then Errors.shape "A matrix of %d×%d was asked for; it has at least one row and one column." p q;
  Array.init p (fun i -> Array.init q (f i))

let make p q x = init p q (fun _ _ -> x)
let eye n = init n n (fun i j -> if i = j then 1. else 0.)
let diag v = init (Array.length v) (Array.length v) (fun i j -> if i = j then v.(i) else 0.)
let row v = [| Array.copy v |]
let copy m = Array.map Array.copy m
let map f = Array.map (Array.map f)
let said m = Printf.sprintf "%d×%d" (rows m) (cols m)

let map2 f a b =
  if shape a <> shape b then Errors.shape "One matrix is %s, the other %s; they need one shape." (said a) (said b);
  match Array.map2 (Array.map2 f) a b with
  | m -> m
  | exception Invalid_argument _ ->
      ignore (check a);
      check b

let transpose m = init (cols m) (rows m) (fun i j -> m.(j).(i))
let scale c = map (fun x -> c *. x)
let add = map2 ( +. )
let sub = map2 ( -. )
let hadamard = map2 ( *. )

let mul a b =
  let inner = rows b and q = cols b in
  if cols a <> inner then
    Errors.shape "In a product the left matrix is %s and the right one %s; it needs as many columns as that has rows."
      (said a) (said b);
  let times left =
    let found = Array.make q 0. in
    for k = 0 to inner - 1 do
      let x = left.(k) and right = b.(k) in
      for j = 0 to q - 1 do
        found.(j) <- found.(j) +. (x *. right.(j))
      done
    done;
    found
  in
  Array.map times a

let kron a b =
  let p, q = shape b in
  init (rows a * p) (cols a * q) (fun i j -> a.(i / p).(j / q) *. b.(i mod p).(j mod q))

let column_sums m = Array.init (cols m) (fun j -> Array.fold_left (fun s r -> s +. r.(j)) 0. m)
let row_sums m = Array.map (Array.fold_left ( +. ) 0.) m

let add_row m b =
  if Array.length b <> cols m then
    Errors.shape "The row to add has %d entries and the matrix is %s; they need one width." (Array.length b) (said m);
  Array.map (Array.map2 ( +. ) b) m

let sum m = Array.fold_left ( +. ) 0. (row_sums m)

(* Not [Float.max], which is not there to keep a NaN but to order it: here one NaN is enough. *)
let larger s x = if Float.is_nan s || Float.is_nan x then Float.nan else Float.max s (Float.abs x)
let max_abs m = Array.fold_left (Array.fold_left larger) 0. m
let dot a b = sum (hadamard a b)
let same_bits x y = Int64.equal (Int64.bits_of_float x) (Int64.bits_of_float y)
let equal a b = shape a = shape b && Array.for_all2 (Array.for_all2 same_bits) a b

let vec m =
  let p = rows m in
  Array.init (p * cols m) (fun k -> m.(k mod p).(k / p))

let unvec p q v =
  if Array.length v <> p * q then
    Errors.shape "unvec to %d×%d needs %d entries, the vector has %d." p q (p * q) (Array.length v);
  init p q (fun i j -> v.((j * p) + i))

let of_bigarray (type layout) (a : (float, _, layout) Bigarray.Array2.t) =
  let p = Bigarray.Array2.dim1 a and q = Bigarray.Array2.dim2 a in
  if p = 0 || q = 0 then Errors.shape "The Bigarray is %d×%d; a matrix has at least one row and one column." p q;
  match Bigarray.Array2.layout a with
  | Bigarray.C_layout -> init p q (fun i j -> a.{i, j})
  | Bigarray.Fortran_layout -> init p q (fun i j -> a.{i + 1, j + 1})

let to_bigarray m = Bigarray.Array2.of_array Bigarray.Float64 Bigarray.C_layout m

let of_genarray a =
  let n = Bigarray.Genarray.num_dims a in
  if n <> 2 then Errors.shape "The Bigarray has %d dimensions; a matrix has two." n;
  of_bigarray (Bigarray.array2_of_genarray a)

let to_genarray m = Bigarray.genarray_of_array2 (to_bigarray m)

let pp f m =
  let listed sep entry f v = Format.pp_print_list ~pp_sep:sep entry f (Array.to_list v) in
  let row f r = Format.fprintf f "@[<h>%a@]" (listed Format.pp_print_space (fun f x -> Format.fprintf f "%12.6g" x)) r in
  Format.fprintf f "@[<v>%a@]" (listed Format.pp_print_cut row) m
