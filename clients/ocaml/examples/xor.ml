(* XOR from the same weights four times: by either form, here and by a service. The program is written once, against the
   signature of Train; which one it runs with is a module's name.

     BACKPROOF_URL=http://127.0.0.1:8000 dune exec examples/xor.exe *)

open Backproof

let x = [| [| 0.; 0. |]; [| 0.; 1. |]; [| 1.; 0. |]; [| 1.; 1. |] |]
let y = [| [| 0. |]; [| 1. |]; [| 1. |]; [| 0. |] |]
let epochs = 8000

(* From given weights: only then do two programs start from the same numbers. *)
let start =
  let layer = Layer.make ~activation:Activation.sigmoid in
  Network.make [ layer [| [| 0.44; 0.33 |]; [| 0.42; 0.19 |] |]; layer [| [| 0.28 |]; [| 0.17 |] |] ]

module Experiment (Train : Train.S) = struct
  (* The loss of every epoch, and the network at the end *)
  let run form =
    let losses = Array.make epochs nan in
    let on_epoch ~epoch ~loss = losses.(epoch - 1) <- loss in
    let net = Train.fit ~form ~on_epoch ~epochs start ~loss:Loss.half_sse ~x ~y in
    (losses, net)
end

module Here = Experiment (Train)

module Service = Backproof_client.Remote.Make (struct
  let client = Backproof_client.Client.create ()
end)

module There = Experiment (Service.Train)

let () =
  let runs =
    [
      ("matched here", Here.run Matched);
      ("vectorised here", Here.run Vectorized);
      ("matched there", There.run Matched);
      ("vectorised there", There.run Vectorized);
    ]
  in
  let line name of_run = Printf.printf "%6s%s\n" name (String.concat "" (List.map (fun (_, r) -> of_run r) runs)) in
  Printf.printf "%6s%s\n" "epoch" (String.concat "" (List.map (fun (name, _) -> Printf.sprintf "%22s" name) runs));
  List.iter
    (fun epoch -> line (string_of_int epoch) (fun (losses, _) -> Printf.sprintf "%22.15g" losses.(epoch - 1)))
    [ 1; 10; 100; 1000; 2000; 4000; 8000 ];
  let first, net = List.assoc "matched here" runs in
  let furthest (losses, _) =
    Array.fold_left Float.max 0. (Array.map2 (fun a b -> Float.abs (a -. b)) first losses)
  in
  line "apart" (fun run -> Printf.sprintf "%22.1e" (furthest run));
  print_string "\noutputs";
  Array.iter (fun row -> Printf.printf "  %.4f" row.(0)) (Network.predict net x);
  print_newline ();
  List.iter (fun (name, run) -> if not (furthest run <= 1e-8) then failwith (name ^ " went another way")) runs
