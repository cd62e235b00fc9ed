(* Random networks with data off their kinks: what property tests walk over. *)

open Backproof

let sweep = Sys.getenv_opt "BACKPROOF_SWEEP" = Some "1"
let counted full = if sweep then full else max 10 (full / 20)
let depth_of (p : Point.t) = List.length (Network.layers p.net)
let pick rng l = List.nth l (Random.State.int rng (List.length l))

let pairs =
  List.concat_map
    (fun (loss : Loss.t) -> List.map (fun last -> (loss, last)) (List.filter loss.admits Activation.all))
    Loss.all

(* Widths from 1 to 5, two at least after a softmax; rows from 1 to 5 *)
let point seed : Point.t =
  let rng = Random.State.make [| seed; 7 |] in
  let loss, last = pick rng pairs in
  let depth = 1 + Random.State.int rng 4 in
  let activations = List.init (depth - 1) (fun _ -> pick rng Activation.all) @ [ last ] in
  let width (s : Activation.t) = if s.name = "softmax" then 2 + Random.State.int rng 4 else 1 + Random.State.int rng 5 in
  let sizes = (1 + Random.State.int rng 5) :: List.map width activations in
  let rows = 1 + Random.State.int rng 5 and bias = Random.State.bool rng in
  Point.make Gradient ~seed ~digits:20 ~bias ~activations ~loss:(Some loss) { rows; sizes }

let matrix rng p q = Mat.init p q (fun _ _ -> Random.State.float rng 4. -. 2.)

(* [law name full f] is a test that [f seed] raises nothing, for a seeded slice of [full] seeds *)
let law name full f =
  let holds seed =
    f seed;
    true
  in
  let test = QCheck.Test.make ~name ~count:(counted full) QCheck.(set_gen Gen.(int_bound 1_000_000) small_nat) holds in
  Alcotest.test_case name `Quick (fun () -> QCheck.Test.check_exn ~rand:(Random.State.make [| 1968 |]) test)
