(* What is sent a second time, and when. *)

open Backproof_client
open Expect

let good = Stub.(json (job "queued"))

let busy ?after status =
  Stub.problem ?headers:(Option.map (fun s -> [ ("retry-after", s) ]) after) status "full" "All full."

let sent (stub : Stub.t) = List.length (stub.sent ())
let job (stub : Stub.t) = Client.job stub.client "j"

let times name expected answers ask outcome =
  case name (fun () ->
      let stub = Stub.answering answers in
      (match outcome with None -> ignore (ok (ask stub)) | Some kind -> error kind (ask stub));
      Alcotest.(check int) "sent" expected (sent stub))

let training (stub : Stub.t) = train stub.client
let comparing (stub : Stub.t) = gradients stub.client
let broken = Error (Transport.Broken "cut")
let unconnected = Error (Transport.Unconnected "refused")

let idempotent () =
  let dataset = {|{"id": "d", "rows": 1, "features": 1, "outputs": [[1.0]]}|} in
  let twice answers f =
    let stub = Stub.answering (answers @ [ Stub.json dataset ]) in
    ignore (ok (f stub.client));
    Alcotest.(check int) "sent" 2 (sent stub)
  in
  twice [ broken ] (fun c -> Result.map ignore (Client.upload c xor));
  twice [ broken ] (fun c -> Result.map ignore (Client.upload_csv c "a,y\n1,2\n"));
  twice [ broken ] (fun c -> Result.map ignore (Client.predict c drawn x));
  twice [ broken ] (fun c -> Result.map ignore (Client.job_predict c "j" (`Rows x)));
  twice [ broken ] (fun c -> Client.delete_job c "j");
  twice [ broken; good ] (fun c -> Result.map ignore (Client.cancel c "j"))

let paused name answers expected =
  case name (fun () ->
      let stub = Stub.answering (answers @ [ good ]) in
      ignore (ok (job stub));
      match stub.slept () with
      | [ s ] -> that (Printf.sprintf "%g s" s) (expected s)
      | slept -> Alcotest.failf "it slept %d times" (List.length slept))

let about low high s = s >= low && s <= high

(* The stub's clock begins in January 2027. *)
let date seconds =
  let t = Unix.gmtime (1_800_000_000. +. seconds) in
  let day = [| "Sun"; "Mon"; "Tue"; "Wed"; "Thu"; "Fri"; "Sat" |].(t.tm_wday) in
  Printf.sprintf "%s, %02d Jan %d %02d:%02d:%02d GMT" day t.tm_mday (1900 + t.tm_year) t.tm_hour t.tm_min t.tm_sec

let growing () =
  let stub = Stub.answering [ unconnected ] in
  error "unreachable" (training stub);
  Alcotest.(check int) "sent" 6 (sent stub);
  let slept = stub.slept () in
  let step i = 0.25 *. (2. ** float_of_int i) in
  List.iteri (fun i s -> that "growing" (about (step i /. 2.) (step i) s)) slept

let bounded () =
  let stub = Stub.answering ~retries:1_000_000 [ busy 503 ~after:"29" ] in
  error "problem 503 full" (job stub);
  that "two minutes" (List.fold_left ( +. ) 0. (stub.slept ()) <= 120.)

let never () =
  let stub = Stub.answering ~retries:0 [ busy 503 ] in
  error "problem 503 full" (job stub);
  Alcotest.(check int) "sent" 1 (sent stub)

let doubt () =
  let stub = Stub.answering [ broken ] in
  match training stub with
  | Error e -> that "look before you repeat" (Faults.contains (Client.message e) "look before")
  | Ok _ -> Alcotest.fail "trained"

let cases =
  [
    times "a connection that was never made, for training" 3 [ unconnected; unconnected; good ] training None;
    times "a broken connection, for a job" 2 [ broken; good ] job None;
    times "a broken connection, for training" 1 [ broken; good ] training (Some "unreachable, perhaps done");
    times "a broken connection, for gradients" 1 [ broken; good ] comparing (Some "unreachable, perhaps done");
    times "a late answer, for a job" 1 [ Error Too_slow; good ] job (Some "timed out");
    times "a late answer, for training" 1 [ Error Too_slow; good ] training (Some "timed out, perhaps done");
    times "no HTTP" 1 [ Error (Hopeless "TLS"); good ] job (Some "hopeless");
    times "a busy service, for training" 3 [ busy 503; busy 429; good ] training None;
    times "a busy proxy" 2 [ Stub.json ~status:503 "<html>"; good ] job None;
    times "busy for an hour" 1 [ busy 429 ~after:"3600"; good ] job (Some "problem 429 full");
    times "busy until a date far away" 1 [ busy 429 ~after:(date 4000.); good ] job (Some "problem 429 full");
    times "a proxy alone, for training" 1 [ Stub.json ~status:502 ""; good ] training (Some "refused 502");
    times "an error of the service" 1 [ Stub.problem 500 "internal" "Oh."; good ] job (Some "problem 500 internal");
    times "a conflict" 1 [ Stub.problem 409 "no_weights_yet" "None."; good ] job (Some "problem 409 no_weights_yet");
    case "what does the same when done twice" idempotent;
    paused "Retry-After in seconds" [ busy 503 ~after:"7" ] (about 7. 7.);
    paused "Retry-After as a date" [ busy 503 ~after:(date 10.) ] (about 8. 10.);
    paused "Retry-After in the past" [ busy 503 ~after:"Wed, 21 Oct 2015 07:28:00 GMT" ] (about 0.12 0.25);
    paused "Retry-After that makes no sense" [ busy 503 ~after:"soon" ] (about 0.12 0.25);
    paused "Retry-After that is no number" [ busy 503 ~after:"nan" ] (about 0.12 0.25);
    paused "no Retry-After" [ busy 503 ] (about 0.12 0.25);
    case "pauses grow" growing;
    case "all of it is bounded" bounded;
    case "never, where so told" never;
    case "doubt is told" doubt;
  ]
