open Backproof
open Specimens

let case name f = Alcotest.test_case name `Quick f
let random seed = Random.State.make [| seed |]
let same what a b = Alcotest.(check bool) what true (Mat.equal a b)
let dims rng = 1 + Random.State.int rng 5
let column v = Mat.transpose (Mat.row v)

let vec_of_a_product seed =
  let rng = random seed in
  let p = dims rng and q = dims rng and r = dims rng and s = dims rng in
  let a = matrix rng p q and b = matrix rng q r and c = matrix rng r s in
  let whole = Mat.(mul (kron (transpose c) a) (column (vec b))) in
  Near.mat "vec(ABC) = (C' x A) vec B" (column (Mat.vec Mat.(mul (mul a b) c))) whole

let vec_of_a_hadamard seed =
  let rng = random seed in
  let p = dims rng and q = dims rng in
  let a = matrix rng p q and b = matrix rng p q in
  Near.mat "vec(A o B) = Diag(vec A) vec B"
    (column (Mat.vec (Mat.hadamard a b)))
    (Mat.mul (Mat.diag (Mat.vec a)) (column (Mat.vec b)))

let unvec_undoes_vec seed =
  let rng = random seed in
  let m = matrix rng (dims rng) (dims rng) in
  same "unvec (vec m) = m" m (Mat.unvec (Mat.rows m) (Mat.cols m) (Mat.vec m))

let stacks_columns () = Alcotest.(check (array (float 0.))) "vec" [| 1.; 3.; 2.; 4. |] (Mat.vec [| [| 1.; 2. |]; [| 3.; 4. |] |])

let bigarrays seed =
  let rng = random seed in
  let m = matrix rng (dims rng) (dims rng) in
  let a = Mat.to_bigarray m in
  same "C layout" m (Mat.of_bigarray a);
  same "Fortran layout" m (Mat.of_bigarray (Bigarray.Array2.change_layout a Bigarray.fortran_layout) |> Mat.transpose);
  same "genarray" m (Mat.of_genarray (Mat.to_genarray m));
  let small = Bigarray.Array2.init Float32 C_layout (Mat.rows m) (Mat.cols m) (fun i j -> m.(i).(j)) in
  Near.mat ~tolerance:1e-6 "float32" m (Mat.of_bigarray small)

let fortran_indices () =
  let a = Bigarray.Array2.init Float64 Fortran_layout 2 3 (fun i j -> float_of_int ((10 * i) + j)) in
  same "a.{i, j}" [| [| 11.; 12.; 13. |]; [| 21.; 22.; 23. |] |] (Mat.of_bigarray a)

let a = [| [| 1.; 2.; 3. |]; [| 4.; 5.; 6. |] |]

let sentences () =
  Near.raises "product" "In a product the left matrix is 2×3 and the right one 2×3; it needs as many columns as that has rows."
    (fun () -> ignore (Mat.mul a a));
  Near.raises "sum" "One matrix is 2×3, the other 3×2; they need one shape." (fun () -> ignore Mat.(add a (transpose a)));
  Near.raises "ragged" "Row 1 has 1 numbers, row 0 has 2; all rows need the same length." (fun () ->
      ignore (Mat.check [| [| 1.; 2. |]; [| 3. |] |]));
  Near.raises "empty" "The matrix has no rows; give at least one row of numbers." (fun () -> ignore (Mat.check [||]));
  Near.raises "ragged sum" "Row 1 has 1 numbers, row 0 has 2; all rows need the same length." (fun () ->
      ignore (Mat.add [| [| 1.; 2. |]; [| 3. |] |] [| [| 1.; 2. |]; [| 3.; 4. |] |]));
  Near.raises "nothing" "The matrix has no rows; give at least one row of numbers." (fun () -> ignore (Mat.mul a [||]));
  Near.raises "no matrix" "A matrix of 0×3 was asked for; it has at least one row and one column." (fun () ->
      ignore (Mat.init 0 3 (fun _ _ -> 0.)));
  Near.raises "unvec" "unvec to 2×3 needs 6 entries, the vector has 5." (fun () -> ignore (Mat.unvec 2 3 (Array.make 5 0.)))

let numbers () =
  let back x = match Json.of_string (Json.number x) with Ok (Json.Number y) -> y | _ -> Alcotest.fail "no number" in
  let exact x = Alcotest.(check int64) (Json.number x) (Int64.bits_of_float x) (Int64.bits_of_float (back x)) in
  List.iter exact [ 0.; -0.; 0.1; 1. /. 3.; Float.min_float; 4.9e-324; Float.max_float; -1e22; 1e-300; 123456789012345678. ]

let number_law seed =
  let x = Int64.float_of_bits (Random.State.int64 (random seed) Int64.max_int) in
  if Float.is_finite x then
    match Json.of_string (Json.number x) with
    | Ok (Json.Number y) -> Alcotest.(check int64) "bits" (Int64.bits_of_float x) (Int64.bits_of_float y)
    | _ -> Alcotest.fail "no number"

let json_text () =
  let j = Json.(Object [ ("é \"\\\n", List [ Null; Bool true; Number nan; String "\xf0\x9f\xa6\x8a" ]) ]) in
  let text = Json.to_string j in
  Alcotest.(check string) "written" "{\"é \\\"\\\\\\u000a\": [null, true, \"NaN\", \"\xf0\x9f\xa6\x8a\"]}" text;
  let same_again = Result.map Json.to_string (Json.of_string text) in
  Alcotest.(check (result string string)) "read" (Ok text) same_again;
  Alcotest.(check (result string string)) "escapes" (Ok "\"\xf0\x9f\xa6\x8a/\"") (Result.map Json.to_string (Json.of_string "\"\\ud83e\\udd8a\\/\""));
  let bad text = Alcotest.(check bool) text true (Result.is_error (Json.of_string text)) in
  bad (String.make 100_000 '[');
  List.iter bad [ ""; "{"; "[1,"; "[1]]"; "nul"; "{\"a\" 1}"; "\"\\x\""; "+1"; ".5"; "1."; "01"; "-"; "-.5"; "[1.e5]"; "\"a\nb\""; "\"abc"; "\"\\u12"; "NaN" ]

let suite =
  [
    law "vec of a product" 2000 vec_of_a_product;
    law "vec of a Hadamard product" 2000 vec_of_a_hadamard;
    law "unvec undoes vec" 2000 unvec_undoes_vec;
    case "vec stacks columns" stacks_columns;
    law "Bigarrays" 1000 bigarrays;
    case "Fortran layout keeps its indices" fortran_indices;
    case "shape mistakes in sentences" sentences;
    case "numbers read back bit for bit" numbers;
    law "any number reads back bit for bit" 20000 number_law;
    case "JSON" json_text;
  ]
