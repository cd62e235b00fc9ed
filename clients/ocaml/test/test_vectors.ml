(* The reference vectors: gradients by two automatic-differentiation engines that know nothing of this library. *)

open Backproof

let get name j = match Json.member name j with Some v -> v | None -> Alcotest.failf "no %s in the vectors" name
let text = function Json.String s -> s | _ -> Alcotest.fail "a string is needed"
let items = function Json.List l -> l | _ -> Alcotest.fail "a list is needed"
let number = function Json.Number x -> x | _ -> Alcotest.fail "a number is needed"
let matrix j = Result.get_ok (Json.to_matrix j)

let vectors =
  lazy
    (let channel = open_in_bin "data/gradients.json" in
     Fun.protect
       ~finally:(fun () -> close_in channel)
       (fun () -> Result.get_ok (Json.of_string (really_input_string channel (in_channel_length channel)))))

(* A bias stands in the vectors as a vector or as one row. *)
let bias j =
  match get "bias" j with
  | Json.Null -> None
  | Json.List (Json.List _ :: _) as rows -> Some (matrix rows).(0)
  | b -> Some (Result.get_ok (Json.to_vector b))

let layer j = Layer.make ?b:(bias j) ~activation:(Activation.named (text (get "activation" j))) (matrix (get "weights" j))
let grad j : Backprop.grad = { w = matrix (get "weights" j); b = bias j }

let case form j () =
  let net = Network.make (List.map layer (items (get "layers" j))) in
  let loss = Loss.named (text (get "loss" j)) and x = matrix (get "x" j) and y = matrix (get "y" j) in
  Near.number "value" (number (get "value" j)) (Backprop.value net ~loss ~x ~y);
  Near.grads "gradient" (List.map grad (items (get "gradients" j))) (Backprop.gradient ~form net ~loss ~x ~y)

let cases form () = List.iter (fun j -> case form j ()) (items (get "cases" (Lazy.force vectors)))

let suite =
  [
    Alcotest.test_case "all cases, matched" `Quick (cases Backprop.Matched);
    Alcotest.test_case "all cases, vectorised" `Quick (cases Backprop.Vectorized);
  ]
