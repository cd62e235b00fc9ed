open Backproof

exception Not_right

(* Alcotest prints an exception with a backtrace into itself, which tells nothing here: the report is printed already.
   So none is recorded of this exception, and recording goes on as soon as it has been shown. *)
let () =
  Printexc.register_printer (function
    | Not_right ->
        Printexc.record_backtrace true;
        Some "not right: see the report above"
    | _ -> None)

let give_up () =
  if Printexc.backtrace_status () then Printexc.record_backtrace false;
  raise Not_right

(* Alcotest shows nothing of what a green test printed, so its verdict waits for the end of the run. *)
let green : (string * Report.t) Queue.t = Queue.create ()

let say_green () =
  if not (Queue.is_empty green) then print_newline ();
  Queue.iter (fun (name, (r : Report.t)) -> Printf.printf "%s: %s\n" name r.text) green;
  flush stdout

let () = at_exit say_green

let oracle = Oracle.make ()

(* What the oracle adds, where there is one; whatever goes wrong with it, the verdict stands *)
let say_more (r : Report.t) =
  match Option.map (Said.lines r) (Option.bind r.case (Oracle.ask oracle)) with
  | None -> ()
  | Some lines -> List.iter print_endline lines
  | exception ((Out_of_memory | Sys.Break) as e) -> raise e
  | exception _ -> ()

let test_case name report =
  let run () =
    let r : Report.t = report () in
    match r.verdict with
    | Right -> Queue.add (name, r) green
    | Wrong | Cannot_judge ->
        Report.print r;
        say_more r;
        give_up ()
  in
  Alcotest.test_case name `Quick run

let names activations = String.concat " " (List.map (fun (s : Activation.t) -> s.name) activations)

let gradient ?name ?seed ?points ?sizes ?rows ?bias ?layout ?case_file mine ~activations ~(loss : Loss.t) =
  let name = Option.value name ~default:(Printf.sprintf "%s, %s" (names activations) loss.name) in
  test_case name (fun () ->
      Judge.gradient ~name ?seed ?points ?sizes ?rows ?bias ?layout ?case_file mine ~activations ~loss)

let of_layer what name (activation : Activation.t) =
  Option.value name ~default:(Printf.sprintf "%s of %s" what activation.name)

let pullback ?name ?seed ?points ?sizes ?rows ?bias ?layout mine ~activation =
  test_case (of_layer "pullback" name activation) (fun () ->
      Judge.pullback ?seed ?points ?sizes ?rows ?bias ?layout mine ~activation)

let activation ?name ?seed ?points ?width ?rows ?layout mine ~activation =
  test_case (of_layer "derivative" name activation) (fun () ->
      Judge.activation ?seed ?points ?width ?rows ?layout mine ~activation)
