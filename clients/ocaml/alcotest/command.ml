let is_command path =
  Sys.file_exists path
  && (not (Sys.is_directory path))
  && match Unix.access path [ X_OK ] with () -> true | exception Unix.Unix_error _ -> false

let find name =
  let name = if Sys.win32 then name ^ ".exe" else name in
  let path = Option.value (Sys.getenv_opt "PATH") ~default:"" in
  let folders = String.split_on_char (if Sys.win32 then ';' else ':') path in
  let paths = List.filter_map (function "" -> None | folder -> Some (Filename.concat folder name)) folders in
  List.find_opt is_command paths

(* ---- a process, up to a deadline *)

let left deadline = deadline -. Unix.gettimeofday ()

let rec unless_interrupted f = match f () with v -> v | exception Unix.Unix_error (EINTR, _, _) -> unless_interrupted f

(* All that comes until it closes; None where that takes too long *)
let read_all source deadline =
  let found = Buffer.create 4096 and piece = Bytes.create 65536 in
  let rec more () =
    let seconds = left deadline in
    if seconds <= 0. then None
    else
      match unless_interrupted (fun () -> Unix.select [ source ] [] [] seconds) with
      | [], _, _ -> None
      | _ -> (
          match unless_interrupted (fun () -> Unix.read source piece 0 (Bytes.length piece)) with
          | 0 -> Some (Buffer.contents found)
          | n ->
              Buffer.add_subbytes found piece 0 n;
              more ())
  in
  more ()

let rec ended pid deadline =
  match unless_interrupted (fun () -> Unix.waitpid [ WNOHANG ] pid) with
  | 0, _ when left deadline > 0. ->
      Unix.sleepf 0.005;
      ended pid deadline
  | 0, _ -> None
  | _, status -> Some status

(* Asked first, so that it can put away what it has open; Windows knows no asking *)
let grace = 1.

let end_it pid =
  (try Unix.kill pid Sys.sigint with Unix.Unix_error _ | Invalid_argument _ -> ());
  if ended pid (Unix.gettimeofday () +. grace) = None then (
    Unix.kill pid Sys.sigkill;
    ignore (unless_interrupted (fun () -> Unix.waitpid [] pid)))

let started program arguments =
  let source, sink = Unix.pipe ~cloexec:true () in
  let null flag = Unix.openfile Filename.null [ flag; O_CLOEXEC ] 0 in
  let input = null O_RDONLY and complaints = null O_WRONLY in
  let close () = List.iter Unix.close [ sink; input; complaints ] in
  match Unix.create_process program (Array.of_list (program :: arguments)) input sink complaints with
  | pid ->
      close ();
      (pid, source)
  | exception e ->
      close ();
      Unix.close source;
      raise e

let output ~seconds program arguments =
  let deadline = Unix.gettimeofday () +. seconds in
  match started program arguments with
  | exception Unix.Unix_error _ -> None
  | pid, source -> (
      let said = read_all source deadline in
      Unix.close source;
      match (said, if said = None then None else ended pid deadline) with
      | Some said, Some (WEXITED code) -> Some (code, said)
      | _, Some _ -> None
      | _, None ->
          end_it pid;
          None
      | exception Unix.Unix_error _ -> None)
