(* Handwritten digits: a CSV file goes to the service, which trains; its weights come back, and the network predicts
   here, digits that it has never seen. The file holds 898 of the 1,797 digits of 8×8 pixels of the UCI data set
   "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998, CC BY 4.0).

     BACKPROOF_URL=http://127.0.0.1:8000 dune exec examples/digits.exe examples/digits.csv *)

open Backproof
open Backproof_client

let file = if Array.length Sys.argv > 1 then Sys.argv.(1) else "digits.csv"
let trained_on = 700

(* ---- the file, for what is predicted here *)

let lines file =
  let channel = open_in file in
  let rec more found = match input_line channel with line -> more (line :: found) | exception End_of_file -> List.rev found in
  let found = more [] in
  close_in channel;
  found

let numbers line = Array.of_list (List.map float_of_string (String.split_on_char ',' line))

let unseen () =
  let rows = List.filteri (fun i _ -> i > trained_on) (lines file) in
  let rows = Array.of_list (List.map numbers rows) in
  let pixels row = Array.sub row 0 64 and digit row = int_of_float row.(64) in
  (Array.map pixels rows, Array.map digit rows)

let likeliest row =
  let best = ref 0 in
  Array.iteri (fun j p -> if p > row.(!best) then best := j) row;
  !best

(* ---- the service *)

let ( let* ) = Result.bind

let told (job : Job.t) =
  match job.progress with
  | Some { fraction = Some f; _ } -> Printf.printf "%s, %.0f %%\n%!" (Job.state_name job.state) (100. *. f)
  | _ -> Printf.printf "%s\n%!" (Job.state_name job.state)

let trained client =
  let* data = Client.upload_csv_file client file in
  Printf.printf "%s: %d rows of %d pixels\n%!" data.id data.rows data.features;
  let net = Net.drawn ~activations:Activation.[ relu; softmax ] ~seed:1 [ 64; 32; 10 ] in
  let* job =
    Client.train client net ~loss:Loss.cross_entropy ~optimizer:(Optimizer.adam 0.01) ~epochs:40 ~batch_size:32
      ~data:(Data.stored ~rows:(0, trained_on) data.id)
  in
  let* job = Client.wait ~on_event:told client job.id in
  let* weights = Client.weights client job.id in
  let x, digits = unseen () in
  let* there = Client.job_predict client job.id (`Rows x) in
  Ok (Weights.network weights, x, digits, there.outputs)

let () =
  match trained (Client.create ()) with
  | Error e ->
      prerr_endline (Client.message e);
      exit 1
  | Ok (net, x, digits, there) ->
      let here = Network.predict net x in
      let right = Array.map2 (fun row digit -> if likeliest row = digit then 1 else 0) here digits in
      let share = float_of_int (Array.fold_left ( + ) 0 right) /. float_of_int (Array.length digits) in
      let apart = Mat.max_abs (Mat.sub here there) in
      Printf.printf "%d digits never seen: %.1f %% right; outputs here and there at most %.1e apart\n"
        (Array.length digits) (100. *. share) apart;
      if share < 0.85 || apart > 1e-12 then exit 1
