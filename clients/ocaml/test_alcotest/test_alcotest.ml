(* What the oracle adds to a red test, and that nothing of it is seen or felt where there is none. *)

open Backproof

let case name f = Alcotest.test_case name `Quick f
let that what condition = Alcotest.(check bool) what true condition

let contains text part =
  let n = String.length part in
  let rec from i = i + n <= String.length text && (String.sub text i n = part || from (i + 1)) in
  from 0

(* ---- files and commands *)

let read path =
  let channel = open_in_bin path in
  Fun.protect
    ~finally:(fun () -> close_in channel)
    (fun () -> really_input_string channel (in_channel_length channel))

let written path text =
  let channel = open_out_bin path in
  output_string channel text;
  close_out channel

let folder =
  let count = ref 0 in
  fun () ->
    incr count;
    let path = Filename.concat (Sys.getcwd ()) (Printf.sprintf "commands-%d-%d" (Unix.getpid ()) !count) in
    Unix.mkdir path 0o755;
    path

(* A folder with one command: a script that first writes down how it was called *)
let command name script =
  let folder = folder () in
  let path = Filename.concat folder name in
  written path (Printf.sprintf "#!/bin/sh\nprintf '%%s\\n' \"$@\" >> '%s/called'\n%s\n" folder script);
  Unix.chmod path 0o755;
  folder

let called folder =
  let path = Filename.concat folder "called" in
  if Sys.file_exists path then List.filter (( <> ) "") (String.split_on_char '\n' (read path)) else []

let backproof = command "backproof"

(* A script that says a text and ends with a code *)
let saying ?(code = 1) text = Printf.sprintf "/bin/cat <<'END'\n%s\nEND\nexit %d" text code

let with_variable name value f =
  let before = Option.value (Sys.getenv_opt name) ~default:"" in
  Unix.putenv name value;
  Fun.protect ~finally:(fun () -> Unix.putenv name before) f

let within ?(url = "") folders f =
  with_variable "PATH" (String.concat ":" folders) @@ fun () -> with_variable "BACKPROOF_URL" url f

(* ---- red tests, and what they print *)

let printed f =
  let path = Filename.temp_file "printed" ".txt" in
  flush stdout;
  let before = Unix.dup Unix.stdout and file = Unix.openfile path [ O_WRONLY; O_TRUNC ] 0 in
  Unix.dup2 file Unix.stdout;
  Unix.close file;
  let back () =
    flush stdout;
    Unix.dup2 before Unix.stdout;
    Unix.close before
  in
  Fun.protect ~finally:back f;
  let text = read path in
  Sys.remove path;
  text

let right net ~x ~y = Backprop.gradient net ~loss:Loss.mse ~x ~y

let scaled c : Backprop.grads -> Backprop.grads =
  List.map (fun (g : Backprop.grad) ->
      { Backprop.w = Mat.map (fun v -> c *. v) g.w; b = Option.map (Array.map (fun v -> c *. v)) g.b })

let flipped net ~x ~y = scaled (-1.) (right net ~x ~y)

(* A mistake of the local table above another *)
let flipped_above net ~x ~y =
  match right net ~x ~y with [ below; above ] -> scaled 1.2345 [ below ] @ scaled (-1.) [ above ] | _ -> assert false

(* No mistake of the local table *)
let odd net ~x ~y = scaled 1.2345 (right net ~x ~y)

let test ?case_file ?(activations = Activation.[ tanh; identity ]) mine =
  let _, _, run = Backproof_alcotest.gradient ?case_file ~name:"mine" mine ~activations ~loss:Loss.mse in
  run

let red ?case_file ?activations mine =
  printed (fun () ->
      match test ?case_file ?activations mine () with
      | () -> Alcotest.fail "it is green"
      | exception e -> that "its own exception" (contains (Printexc.to_string e) "not right"))

let oracle = "The oracle says"

let silent text =
  that ("the local verdict: " ^ text) (contains text "WRONG: ");
  that "not a word" (not (contains text oracle))

(* ---- reports *)

let mistake ?(id = "accumulated") ?(layer = "1") () =
  Printf.sprintf
    {|{"id": "%s", "layer": %s, "layers": [], "cause": "The gradient before was not set to zero.", "question": "?",
       "mend": {"numpy": "g = 0", "ocaml": "let g =\n  zero"}, "detail": "", "value": null}|}
    id layer

let explanation mistakes = Printf.sprintf {|{"mistakes": [%s], "residual": 0}|} (String.concat "," mistakes)

let report ?(verdict = "wrong") ?(notes = "[]") diagnosis =
  Printf.sprintf
    {|{"object": "gradient_report", "verdict": "%s", "summary": "W₁ is wrong.", "notes": %s, "diagnosis": [%s]}|}
    verdict notes (String.concat "," diagnosis)

let accumulated = report [ explanation [ mistake () ] ]

(* ---- where there is one *)

let full () =
  let commands = backproof (saying accumulated) in
  let text = within [ commands ] (fun () -> red odd) in
  that text
    (contains text
       "The oracle says: W₁ is wrong.\n\
        why     The gradient before was not set to zero. (accumulated)\n\
        mend    let g =\n\
       \          zero\n");
  match called commands with
  | [ "check"; file; "--format"; "json" ] ->
      Alcotest.(check string) "the file" (Filename.concat (Sys.getcwd ()) "mine.case.json") file;
      that "the case" (Result.is_ok (Json.of_string (read file)) && contains (read file) {|"gradients"|})
  | arguments -> Alcotest.failf "called with %s" (String.concat " " arguments)

let the_same () =
  let flipped_report =
    report ~notes:{|["It is so."]|}
      [ explanation [ mistake ~id:"factor_extra" () ]; explanation [ mistake ~id:"sign_flipped" ~layer:"null" () ] ]
  in
  let text = within [ backproof (saying flipped_report) ] (fun () -> red flipped) in
  that text (contains text "The oracle says: the same, sign_flipped.\nnote    It is so.\n");
  that "not told again" (not (contains text "not set to zero"));
  that "not what other points exclude" (not (contains text "factor_extra"))

let several () =
  let flipped = mistake ~id:"sign_flipped" ~layer:"0" () in
  let said = report [ explanation [ mistake (); flipped ]; explanation [ mistake () ] ] in
  let text = within [ backproof (saying said) ] (fun () -> red odd) in
  that text (contains text "(sign_flipped)" && contains text "or      accumulated in layer 2\n")

let one_more () =
  let flipped = mistake ~id:"sign_flipped" ~layer:"1" () in
  let said = report [ explanation [ mistake () ]; explanation [ mistake ~layer:"0" (); flipped ] ] in
  let text = within [ backproof (saying said) ] (fun () -> red flipped_above) in
  that text (contains text "The oracle says: accumulated in layer 1 and sign_flipped in layer 2.\nwhy ");
  that "the known one is not told again" (not (contains text "(sign_flipped)\nmend    let g"))

let other_verdicts () =
  List.iter
    (fun (verdict, code) ->
      let said = saying ~code (report ~verdict []) in
      let text = within [ backproof said ] (fun () -> red odd) in
      that text (contains text "The oracle says: W₁ is wrong.\n"))
    [ ("right", 0); ("cannot_judge", 2) ]

let by_url () =
  let commands = command "curl" (saying ~code:0 accumulated) in
  let text = within ~url:"http://127.0.0.1:1/v1/" [ commands ] (fun () -> red odd) in
  that text (contains text oracle);
  let arguments = called commands in
  that "the address" (List.mem "http://127.0.0.1:1/v1/gradients/check" arguments);
  that "no proxy" (List.mem "--noproxy" arguments);
  that "the case" (List.mem ("@" ^ Filename.concat (Sys.getcwd ()) "mine.case.json") arguments);
  let text = within ~url:"http://elsewhere" [ command "curl" (saying ~code:0 accumulated) ] (fun () -> red odd) in
  that "elsewhere" (contains text oracle)

let command_first () =
  let curl = command "curl" (saying accumulated) and commands = backproof (saying accumulated) in
  let text = within ~url:"http://127.0.0.1:1" [ curl; commands ] (fun () -> red odd) in
  that "asked" (contains text oracle && called commands <> []);
  that "not curl" (called curl = [])

(* ---- where there is none, or nothing to be asked *)

let nobody () =
  silent (within [] (fun () -> red odd));
  silent (within ~url:"http://127.0.0.1:1" [] (fun () -> red odd));
  let curl = command "curl" (saying accumulated) in
  silent (within [ curl ] (fun () -> red odd));
  that "no address, no question" (called curl = []);
  let no_command = folder () in
  Unix.mkdir (Filename.concat no_command "backproof") 0o755;
  let not_executable = folder () in
  written (Filename.concat not_executable "backproof") "#!/bin/sh\n";
  silent (within [ no_command; not_executable; "/nowhere" ] (fun () -> red odd))

let never_called () =
  let commands = backproof (saying accumulated) in
  let never what f =
    ignore (within [ commands ] f);
    that what (called commands = [])
  in
  never "green" (fun () -> printed (test right));
  never "without a file" (fun () -> red ~case_file:"" odd);
  never "a file that cannot be written" (fun () -> red ~case_file:"/nowhere/mine.case.json" odd);
  never "no gradient" (fun () -> red (fun _ ~x:_ ~y:_ -> failwith "none"));
  let own = Activation.elementwise ~name:"tanh" ~df:(fun _ a -> 1. -. (a *. a)) tanh in
  never "a function of your own under a known name" (fun () -> red ~activations:[ own; Activation.identity ] odd)

let no_answers () =
  List.iter
    (fun script -> silent (within [ backproof script ] (fun () -> red odd)))
    [
      "exit 1"; "exit 2"; "exit 127"; "/bin/echo Usage: backproof >&2; exit 2"; saying "no JSON"; saying "[]";
      saying {|{"object": "fault"}|}; saying (String.sub accumulated 0 50); saying (accumulated ^ accumulated);
    ];
  silent (within [ command "curl" "exit 22" ] ~url:"http://127.0.0.1:1" (fun () -> red odd))

(* ---- an oracle that is gone is asked once *)

let gone ?(patience = 20.) script () =
  let commands = backproof script in
  let o = Oracle.make ~patience () in
  within [ commands ] (fun () ->
      that "no answer" (Oracle.ask o "/case" = None && Oracle.ask o "/case" = None);
      Alcotest.(check (list string)) "asked once" [ "check"; "/case"; "--format"; "json" ] (called commands))

let commands_end () =
  let output script =
    Command.output ~seconds:20. (Filename.concat (backproof script) "backproof") []
  in
  that "all that is said" (output "/bin/cat; /bin/echo there; /bin/echo here >&2; exit 7" = Some (7, "there\n"));
  (match output "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done" with
  | Some (0, said) -> Alcotest.(check int) "more than a pipe holds" 220_000 (String.length said)
  | _ -> Alcotest.fail "no output");
  that "killed" (output "kill -9 $$" = None);
  that "no such command" (Command.output ~seconds:20. "/nowhere/backproof" [] = None)

(* ---- fitting a screen *)

let columns line = String.fold_left (fun n c -> if Char.code c land 0xc0 = 0x80 then n else n + 1) 0 line

let fitting () =
  let word = String.concat "" (List.init 300 (fun i -> if i mod 3 = 0 then "δ" else "₂")) in
  let long = Json.String (word ^ " \027[2J " ^ word) in
  let mend = Json.(Object [ ("ocaml", String (word ^ "\n\n" ^ word)) ]) in
  let m = Json.(Object [ ("id", long); ("layer", Number 1e300); ("cause", long); ("mend", mend); ("detail", long) ]) in
  let e = Json.(Object [ ("mistakes", List [ m; m; m ]) ]) in
  let many = Json.List (List.init 40 (fun _ -> e)) in
  let report = Json.(Object [ ("summary", long); ("diagnosis", many); ("notes", List [ long; Null ]) ]) in
  let local = Judge.gradient ~case_file:"" odd ~activations:[ Activation.tanh ] ~loss:Loss.mse in
  let lines = Said.lines local report in
  that "lines" (lines <> [] && List.length lines <= 15);
  that "columns" (List.for_all (fun line -> columns line <= 80) lines);
  that "no escapes" (not (List.exists (fun line -> String.contains line '\027') lines));
  List.iter
    (fun j -> that "anything" (List.length (Said.lines local j) <= 15))
    Json.[ Null; Object []; Object [ ("diagnosis", List [ Null; String "x" ]); ("summary", Number 1.) ] ]

let () =
  Alcotest.run "backproof_alcotest"
    [
      ( "where there is an oracle",
        [
          case "the full diagnosis" full;
          case "the same cause" the_same;
          case "several causes" several;
          case "one cause more" one_more;
          case "other verdicts" other_verdicts;
          case "a service alone" by_url;
          case "a command and a service" command_first;
        ] );
      ( "where there is none",
        [
          case "nobody to ask" nobody;
          case "nothing to ask" never_called;
          case "nothing to be read" no_answers;
          case "one that cannot be reached" (gone "exit 3");
          case "one that hangs" (gone ~patience:1. "exec /bin/sleep 600");
          case "one that hangs with its mouth open" (gone ~patience:1. "echo '{'; exec /bin/sleep 600 >&2");
          case "one that will not be ended" (gone ~patience:1. "trap '' INT TERM; while :; do :; done");
        ] );
      ("commands", [ case "what is said, and how it ends" commands_end ]);
      ("words", [ case "on a screen" fitting ]);
    ]
