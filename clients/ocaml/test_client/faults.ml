type behaviour =
  | Answer of int * (string * string) list * string
  | Close
  | Cut of string
  | Stall
  | Drip
  | Raw of string

type seen = {
  line : string;
  headers : (string * string) list;
  length : int;
  beginning : string;
  connection : int;
}

let contains text part =
  let n = String.length part in
  let rec from i = i + n <= String.length text && (String.sub text i n = part || from (i + 1)) in
  from 0

(* ---- reading a request *)

let rec head channel =
  match input_line channel with "" | "\r" -> [] | line -> String.trim line :: head channel

let header line =
  match String.index_opt line ':' with
  | None -> (line, "")
  | Some i ->
      (String.lowercase_ascii (String.sub line 0 i), String.trim (String.sub line (i + 1) (String.length line - i - 1)))

let request connection channel =
  match head channel with
  | [] -> raise End_of_file
  | line :: rest ->
      let headers = List.map header rest in
      let length = match List.assoc_opt "content-length" headers with Some n -> int_of_string n | None -> 0 in
      let body = really_input_string channel length in
      { line; headers; length; beginning = String.sub body 0 (min length 500); connection }

(* ---- answering *)

let send socket text =
  let n = String.length text in
  let rec from i = if i < n then from (i + Unix.write_substring socket text i (n - i)) in
  from 0

let announced status headers length =
  let line (name, value) = Printf.sprintf "%s: %s\r\n" name value in
  let lines = String.concat "" (List.map line headers) in
  Printf.sprintf "HTTP/1.1 %d Said\r\n%sContent-Length: %d\r\n\r\n" status lines length

let rec drip socket n =
  if n > 0 then (
    send socket " ";
    Unix.sleepf 0.05;
    drip socket (n - 1))

(* Whether the connection stays. *)
let behave socket = function
  | Answer (status, headers, body) -> send socket (announced status headers (String.length body) ^ body); true
  | Close -> false
  | Cut body ->
      let n = String.length body in
      send socket (announced 200 [] n ^ String.sub body 0 (n / 2));
      false
  | Stall -> true
  | Drip -> send socket (announced 200 [] 1_000_000); drip socket 600; false
  | Raw text -> send socket text; false

(* ---- the server: one process, all connections *)

type connection = { socket : Unix.file_descr; channel : in_channel; number : int }

let serve listener behaviours log =
  let left = ref behaviours and connections = ref [] and count = ref 0 in
  let accept () =
    let socket, _ = Unix.accept listener in
    connections := { socket; channel = Unix.in_channel_of_descr socket; number = !count } :: !connections;
    incr count
  in
  let close c =
    connections := List.filter (fun other -> other != c) !connections;
    close_in_noerr c.channel
  in
  let next () = match !left with [] -> Close | one :: rest -> left := rest; one in
  let handle c =
    match request c.number c.channel with
    | seen ->
        output_value log seen;
        flush log;
        if not (behave c.socket (next ())) then close c
    | exception (End_of_file | Sys_error _) -> close c
  in
  while true do
    let watched = listener :: List.map (fun c -> c.socket) !connections in
    let ready, _, _ = Unix.select watched [] [] (-1.) in
    List.iter (fun c -> if List.mem c.socket ready then handle c) !connections;
    if List.mem listener ready then accept ()
  done

let listening () =
  let socket = Unix.socket ~cloexec:true PF_INET SOCK_STREAM 0 in
  Unix.bind socket (ADDR_INET (Unix.inet_addr_loopback, 0));
  match Unix.getsockname socket with
  | ADDR_INET (_, port) -> (socket, Printf.sprintf "http://127.0.0.1:%d" port)
  | ADDR_UNIX _ -> assert false

let nowhere () =
  let socket, url = listening () in
  Unix.close socket;
  url

let rec logged channel found =
  match (input_value channel : seen) with
  | seen -> logged channel (seen :: found)
  | exception End_of_file -> List.rev found

let in_child server listener =
  Sys.set_signal Sys.sigpipe Sys.Signal_ignore;
  ignore (Unix.alarm 60);
  (try server listener with _ -> ());
  Unix._exit 0

(* What [f] makes of the address while [server], given the listening socket, runs in a child. *)
let beside server f =
  let listener, url = listening () in
  Unix.listen listener 16;
  flush_all ();
  match Unix.fork () with
  | 0 -> in_child server listener
  | child ->
      Unix.close listener;
      let finally () =
        Unix.kill child Sys.sigkill;
        ignore (Unix.waitpid [] child)
      in
      Fun.protect ~finally (fun () -> f url)

let serving behaviours f =
  let read, write = Unix.pipe ~cloexec:true () in
  let server listener = serve listener behaviours (Unix.out_channel_of_descr write) in
  let asking url =
    Unix.close write;
    f url
  in
  let found = beside server asking in
  let channel = Unix.in_channel_of_descr read in
  let seen = logged channel [] in
  close_in channel;
  (found, seen)

let rec slam listener =
  let socket, _ = Unix.accept listener in
  Unix.setsockopt_optint socket Unix.SO_LINGER (Some 0);
  Unix.sleepf 0.01;
  Unix.close socket;
  slam listener

let slamming f = beside slam f
