(* Over real sockets, to a server that misbehaves. *)

open Backproof_client
open Expect

let job = Faults.Answer (200, [], Stub.job "queued")

(* Pauses between two attempts take no time here. *)
let clock =
  let slept = ref 0. in
  { Clock.now = (fun () -> Unix.gettimeofday () +. !slept); sleep = (fun s -> slept := !slept +. s) }

let client ?(timeout = 5.) url = Client.create ~timeout ~clock ~url ()
let lines seen = List.map (fun (s : Faults.seen) -> List.hd (String.split_on_char ' ' s.line)) seen
let connections seen = List.map (fun (s : Faults.seen) -> s.connection) seen

let reuse () =
  let ask url =
    let c = client url in
    List.iter (fun _ -> ignore (ok (Client.job c "j"))) [ 1; 2; 3 ];
    ignore (ok (train c));
    ignore (ok (Client.job c "j"))
  in
  let (), seen = Faults.serving [ job; job; job; job; job ] ask in
  Alcotest.(check (list string)) "methods" [ "GET"; "GET"; "GET"; "POST"; "GET" ] (lines seen);
  match connections seen with
  | [ 0; 0; 0; 1; _ ] -> ()
  | _ -> Alcotest.fail "a connection was not used again, or a training job was sent over a used one"

let fault name behaviours ask outcome count =
  case name (fun () ->
      let found, seen = Faults.serving behaviours (fun url -> ask (client ~timeout:0.5 url)) in
      (match outcome with None -> ignore (ok found) | Some kind -> error kind found);
      Alcotest.(check int) "requests" count (List.length seen))

let ask c = Client.job c "j"

(* On a connection that was used before, libcurl would send a request again by itself. *)
let after_a_get f c =
  ignore (ok (ask c));
  f c

let silent_close () =
  let found, seen = Faults.serving [ job; Close; job ] (fun url -> after_a_get train (client url)) in
  error "unreachable, perhaps done" found;
  Alcotest.(check (list string)) "once" [ "GET"; "POST" ] (lines seen)

let large_body () =
  let x = Backproof.Mat.init 100_000 3 (fun i j -> float_of_int i /. float_of_int ((2 * j) + 7)) in
  let answer = Faults.Answer (201, [], {|{"id": "d", "rows": 100000, "features": 3}|}) in
  let data = Data.labelled ~x ~labels:[| 0 |] in
  let _, seen = Faults.serving [ answer ] (fun url -> ok (Client.upload (client url) data)) in
  let r = List.hd seen in
  that "large" (r.length > 4_000_000);
  that "no wait for leave to send" (not (List.mem_assoc "expect" r.headers));
  Alcotest.(check (option string)) "type" (Some "application/json") (List.assoc_opt "content-type" r.headers)

let zeros () =
  let answer = Faults.Answer (201, [], {|{"id": "d", "rows": 1, "features": 1}|}) in
  let text = "a\000b,y\n1,2\n" in
  let _, seen = Faults.serving [ answer ] (fun url -> ok (Client.upload_csv (client url) text)) in
  Alcotest.(check string) "byte for byte" text (List.hd seen).beginning

let cancel_has_no_type () =
  let _, seen = Faults.serving [ job ] (fun url -> ok (Client.cancel (client url) "j")) in
  Alcotest.(check int) "no body" 0 (List.hd seen).length;
  Alcotest.(check (option string)) "no form" None (List.assoc_opt "content-type" (List.hd seen).headers)

let nobody () =
  let begun = Unix.gettimeofday () in
  error "unreachable" (ask (client (Faults.nowhere ())));
  error "unreachable" (train (client (Faults.nowhere ())));
  that "quickly" (Unix.gettimeofday () -. begun < 5.)

exception Alarm

(* A large body to somebody who hangs up: an error, not a signal that ends the program. *)
let slammed () =
  let data = Data.labelled ~x:(Backproof.Mat.make 200_000 5 0.1) ~labels:[| 0 |] in
  let ask f = Faults.slamming (fun url -> f (client url)) in
  error "unreachable" (ask (fun c -> Client.upload c data));
  match ask (fun c -> Client.train c drawn ~loss ~optimizer:(Optimizer.sgd 1.) ~data ~epochs:1) with
  | Error (Unreachable _) -> ()
  | _ -> Alcotest.fail "somebody who hangs up trained"

let threads () =
  let ask url =
    let c = client url in
    let work () = List.iter (fun _ -> ignore (ok (Client.job c "j"))) (List.init 10 Fun.id) in
    List.iter Thread.join (List.init 4 (fun _ -> Thread.create work ()))
  in
  let (), seen = Faults.serving (List.init 40 (fun _ -> job)) ask in
  Alcotest.(check int) "requests" 40 (List.length seen);
  that "few connections" (List.length (List.sort_uniq compare (connections seen)) <= 4)

let no_proxy () =
  Unix.putenv "http_proxy" (Faults.nowhere ());
  let _, seen = Faults.serving [ job ] (fun url -> ok (Client.job (client url) "j")) in
  Alcotest.(check int) "asked itself" 1 (List.length seen);
  error "unreachable" (Client.job (client "http://elsewhere.invalid") "j");
  Unix.putenv "http_proxy" ""

(* Hundreds of clients, and of requests by one: no connection is left open, no handle is used after its end. *)
let many () =
  let opened () = Array.length (Sys.readdir "/proc/self/fd") in
  let before = opened () in
  let ask url =
    List.iter (fun _ -> ignore (ok (Client.job (client url) "j")); Gc.full_major ()) (List.init 50 Fun.id);
    let c = client url in
    List.iter (fun _ -> ignore (ok (Client.job c "j")); Gc.full_major ()) (List.init 50 Fun.id)
  in
  let (), seen = Faults.serving (List.init 100 (fun _ -> job)) ask in
  Alcotest.(check int) "requests" 100 (List.length seen);
  Gc.full_major ();
  Gc.full_major ();
  that "few descriptors" (opened () - before < 10)

(* An exception of a signal handler ends a request that hangs, as Ctrl-C does with Sys.catch_break. *)
let signal () =
  let old = Sys.signal Sys.sigalrm (Sys.Signal_handle (fun _ -> raise Alarm)) in
  let hang url =
    ignore (Unix.alarm 1);
    match ask (client ~timeout:30. url) with exception Alarm -> () | _ -> Alcotest.fail "it was not raised"
  in
  let begun = Unix.gettimeofday () in
  let (), _ = Faults.serving [ Stall ] hang in
  Sys.set_signal Sys.sigalrm old;
  that "soon" (Unix.gettimeofday () -. begun < 5.)

let long_poll () =
  let found, _ = Faults.serving [ Stall ] (fun url -> Client.wait ~timeout:1. (client url) "j") in
  error "timed out" found

let continued = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}"
let kept = "HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n{"
let get f c = Result.map ignore (f c)

let cases =
  [
    case "connections are used again" reuse;
    fault "closed before an answer" [ Close; Close; job ] ask None 3;
    fault "closed in the middle of an answer" [ Cut (Stub.job "queued"); job ] ask None 2;
    fault "a kept connection that was closed" [ job; Close; job ] (after_a_get ask) None 3;
    fault "closed for good" [] ask (Some "unreachable") 6;
    fault "training, closed before an answer" [ Close; job ] train (Some "unreachable, perhaps done") 1;
    fault "training, closed in the middle" [ Cut (Stub.job "queued"); job ] train (Some "unreachable, perhaps done") 1;
    fault "gradients, closed" [ Close; job ] (get gradients) (Some "unreachable, perhaps done") 1;
    case "training over a kept connection, closed" silent_close;
    fault "no answer" [ Stall; job ] ask (Some "timed out") 1;
    fault "an answer that drips" [ Drip; job ] ask (Some "timed out") 1;
    fault "an error page" [ Answer (500, [], "<html>Oh</html>"); job ] ask (Some "refused 500") 1;
    fault "a page with 200" [ Answer (200, [], "<html>Hello</html>"); job ] ask (Some "unexpected") 1;
    fault "JSON cut short" [ Answer (200, [], {|{"id": "j", "ki|}); job ] ask (Some "unexpected") 1;
    fault "an empty answer" [ Answer (200, [], ""); job ] ask (Some "unexpected") 1;
    fault "a redirect" [ Answer (307, [ ("Location", "/jobs/k") ], ""); job ] ask (Some "unexpected") 1;
    fault "busy, then not" [ Answer (429, [ ("Retry-After", "0") ], ""); job ] train None 2;
    fault "an answer after a provisional one" [ Raw continued; job ] ask (Some "unexpected") 1;
    fault "a head cut short" [ Raw "HTTP/1.1 200 O"; job ] ask None 2;
    fault "a body cut short" [ Raw kept; job ] ask None 2;
    fault "no HTTP" [ Raw "SSH-2.0-OpenSSH_9.2\r\n"; job ] ask (Some "hopeless") 1;
    case "a large body" large_body;
    case "a body with zeros" zeros;
    case "a request without a body" cancel_has_no_type;
    case "nobody there" nobody;
    case "somebody who hangs up" slammed;
    case "a proxy is not for this machine" no_proxy;
    case "many clients" many;
    case "threads" threads;
    case "a signal" signal;
    case "a wait that is not answered" long_poll;
  ]
