open Backproof_client

let case name f = Alcotest.test_case name `Quick f
let that what condition = Alcotest.(check bool) what true condition

(* What an error is, in a word and its most telling part. *)
let kind : Client.error -> string = function
  | Invalid { where; _ } -> "invalid " ^ where
  | Unreachable { perhaps_done; _ } -> if perhaps_done then "unreachable, perhaps done" else "unreachable"
  | Hopeless _ -> "hopeless"
  | Timed_out { perhaps_done; _ } -> if perhaps_done then "timed out, perhaps done" else "timed out"
  | Still_going { job; _ } -> "still " ^ Job.state_name job.state
  | Problem { problem; _ } -> Printf.sprintf "problem %d %s" problem.status problem.code
  | Refused { status; _ } -> Printf.sprintf "refused %d" status
  | Unexpected _ -> "unexpected"
  | Job_failed _ -> "job failed"
  | Job_cancelled _ -> "job cancelled"
  | Job_rests _ -> "job rests"

(* Errors are told in one line that says something. *)
let error expected = function
  | Ok _ -> Alcotest.failf "an answer came in place of: %s" expected
  | Error e ->
      Alcotest.(check string) "the error" expected (kind e);
      let said = Client.message e in
      that ("a sentence: " ^ said) (String.length said > 20 && not (String.contains said '\n'))

let ok = function Ok v -> v | Error e -> Alcotest.fail (Client.message e)

let law ?(count = 200) name gen holds =
  case name (fun () ->
      QCheck2.Test.check_exn ~rand:(Random.State.make [| 7 |]) (QCheck2.Test.make ~name ~count gen holds))

let x = [| [| 0.; 0. |]; [| 0.; 1. |]; [| 1.; 0. |]; [| 1.; 1. |] |]
let y = [| [| 0. |]; [| 1. |]; [| 1. |]; [| 0. |] |]
let xor = Data.rows ~x ~y
let drawn = Net.drawn [ 2; 1 ]
let loss = Backproof.Loss.half_sse

let train client = Client.train client drawn ~loss ~optimizer:(Optimizer.sgd 1.) ~data:xor ~epochs:1
let gradients client = Client.gradients client drawn ~loss ~data:xor
let derived =
  {|{"object": "derivation", "parameter": "layers.0.weights", "equal": true, "rows_used": 4, "sizes": {"N": 4, "d": 2},
     "start": {"text": "A", "latex": "A", "mathml": "<math/>", "hue": 1,
               "term": {"id": 1, "op": "Scale", "shape": ["N·o", 1], "name": null, "factor": "1/N",
                        "args": [{"id": 2, "op": "Sym", "shape": ["N·o", 1], "name": "A", "args": []}]},
               "steps": [{"step": 1, "differentiates": "E by U", "formula": "f", "factor": "I", "shape": ["N·o", 4]}],
               "definitions": [{"name": "Z₁", "text": "X W₁"}]},
     "lines": [{"rule": "r", "reason": "A = B", "phase": "act", "stage": "chain", "lemma": "D", "layer": 0, "group": 2,
                "text": "B", "latex": "B", "mathml": "<math/>",
                "term": {"id": 3, "op": "Sym", "shape": [4, 1], "name": "B", "args": []},
                "changed": {"before": [1], "after": [3, 4], "text_before": "A", "text_after": "B", "text": "⟦B⟧"},
                "moved": [[2, 3]], "residual": "NaN", "mismatches_mod_p": 0},
               {"rule": "new", "reason": "", "phase": "?", "lemma": null, "layer": 0,
                "text": "C", "latex": "C", "mathml": "<math/>", "term": {"id": 5, "op": "New", "shape": [4, 1]},
                "residual": null, "mismatches_mod_p": 7}],
     "facts": [{"name": "H ≠ 0", "holds": false}, {"name": "S = H∘(1−H)", "holds": null}],
     "result": {"text": "C", "latex": "C", "mathml": "<math/>", "term": {"id": 5, "op": "New", "shape": [4, 1]}},
     "notes": ["one"]}|}

let found = {|{"object": "gradients", "loss_value": 0.5, "agree": true, "forms": {}, "comparison": []}|}
