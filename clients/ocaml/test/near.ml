(* Comparing numbers: within a share of the block's largest entry, as the reference vectors ask. *)

open Backproof

let distance a b =
  if Mat.shape a <> Mat.shape b then Float.infinity
  else
    let largest = Float.max (Mat.max_abs a) (Mat.max_abs b) in
    let apart = Mat.max_abs (Mat.sub a b) in
    if apart = 0. then 0. else apart /. largest

let mat ?(tolerance = 1e-10) what expected found =
  let d = distance expected found in
  if not (d <= tolerance) then Alcotest.failf "%s: %g of the largest entry apart, at most %g is right" what d tolerance

let number ?tolerance what expected found = mat ?tolerance what [| [| expected |] |] [| [| found |] |]

let blocks (g : Backprop.grads) =
  let of_layer l (g : Backprop.grad) =
    (Printf.sprintf "W%d" (l + 1), g.w)
    :: (match g.b with None -> [] | Some b -> [ (Printf.sprintf "b%d" (l + 1), Mat.row b) ])
  in
  List.concat (List.mapi of_layer g)

let grads ?tolerance what expected found =
  let expected = blocks expected and found = blocks found in
  Alcotest.(check (list string)) (what ^ ": blocks") (List.map fst expected) (List.map fst found);
  List.iter2 (fun (name, e) (_, f) -> mat ?tolerance (what ^ " " ^ name) e f) expected found

let raises what message f =
  match f () with
  | _ -> Alcotest.failf "%s: nothing was raised" what
  | exception e -> Alcotest.(check (option string)) what (Some message) (Errors.message e)
