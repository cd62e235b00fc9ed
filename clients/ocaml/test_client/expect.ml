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
let found = {|{"object": "gradients", "loss_value": 0.5, "agree": true, "forms": {}, "comparison": []}|}
