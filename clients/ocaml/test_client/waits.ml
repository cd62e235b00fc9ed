(* Waiting for jobs. *)

open Backproof_client
open Expect

let job ?more state = Stub.(json (job ?more state))
let wait (stub : Stub.t) = Client.wait stub.client "job_1"
let prefer (r : Transport.request) = Option.value (List.assoc_opt "Prefer" r.headers) ~default:""
let sent (stub : Stub.t) = List.length (stub.sent ())

let ends name answers outcome =
  case name (fun () ->
      let stub = Stub.answering answers in
      match outcome with
      | None -> that "succeeded" ((ok (wait stub)).state = Succeeded)
      | Some kind -> error kind (wait stub))

let held () =
  let stub = Stub.answering [ job "queued"; job "succeeded" ] in
  ignore (ok (wait stub));
  Alcotest.(check (list string)) "held" [ "wait=25"; "wait=25" ] (List.map prefer (stub.sent ()));
  that "longer than the hold" ((List.hd (stub.sent ())).timeout > 25.)

let events () =
  let seen = ref [] in
  let at n = job ~more:(Stub.epoch n) "running" in
  let ended = job ~more:(Stub.epoch 5) "succeeded" in
  let stub = Stub.answering [ job "queued"; job "queued"; at 1; at 1; at 5; at 5; ended ] in
  let on_event (j : Job.t) = seen := (Job.state_name j.state ^ Job.at_epoch j) :: !seen in
  ignore (ok (Client.wait ~on_event stub.client "job_1"));
  Alcotest.(check (list string)) "each change"
    [ "queued"; "running at epoch 1 of 100"; "running at epoch 5 of 100"; "succeeded at epoch 5 of 100" ]
    (List.rev !seen);
  that "short holds" (List.for_all (fun r -> prefer r = "wait=1") (stub.sent ()))

let no_spinning () =
  let stub = Stub.answering ~takes:0.001 (List.init 50 (fun _ -> job "running") @ [ job "succeeded" ]) in
  ignore (ok (wait stub));
  that "it breathes" (List.for_all (fun s -> s >= 0.2) (stub.slept ()) && List.length (stub.slept ()) = 50)

let in_time () =
  let stub = Stub.answering ~takes:5. [ job "running" ] in
  error "still running" (Client.wait ~timeout:12. stub.client "job_1");
  Alcotest.(check int) "looks" 3 (sent stub);
  let holds = List.map prefer (stub.sent ()) in
  Alcotest.(check (list string)) "held" [ "wait=12"; "wait=7"; "wait=2" ] holds

let late () =
  let stub = Stub.answering ~takes:1000. [ Error Too_slow ] in
  error "timed out" (Client.wait ~timeout:3. stub.client "job_1");
  that "not much later" ((List.hd (stub.sent ())).timeout <= 6.);
  let stub = Stub.answering ~takes:6. [ job "running"; Error Too_slow ] in
  error "still running" (Client.wait ~timeout:10. stub.client "job_1");
  let stub = Stub.answering [ job "running" ] in
  error "still running" (Client.wait ~timeout:Float.nan stub.client "job_1");
  error "still running" (Client.wait ~timeout:(-1.) stub.client "job_1")

let away n = List.init n (fun _ -> Error (Transport.Unconnected "refused"))

let restarts () =
  let starting = Stub.problem 503 "unavailable" "Starting." in
  let answers = [ job "running"; Error (Transport.Broken "cut") ] @ away 30 @ [ starting; starting; job "succeeded" ] in
  let stub = Stub.answering ~takes:0.01 answers in
  that "succeeded" ((ok (wait stub)).state = Succeeded);
  let gone = List.fold_left ( +. ) 0. (stub.slept ()) in
  that (Printf.sprintf "about a minute: %g s" gone) (gone > 20. && gone < 90.)

let starts_slowly () =
  let starting n = List.init n (fun _ -> Stub.problem 503 "unavailable" "Starting.") in
  let proxy = List.init 3 (fun _ -> Stub.json ~status:502 "<html>") in
  let stub = Stub.answering ~takes:0.01 ((job "running" :: starting 20) @ proxy @ [ job "succeeded" ]) in
  that "succeeded" ((ok (wait stub)).state = Succeeded)

let gone_for_good () =
  let stub = Stub.answering ~takes:0.01 [ job "running"; Error (Transport.Unconnected "refused") ] in
  error "unreachable" (wait stub);
  let gone = List.fold_left ( +. ) 0. (stub.slept ()) in
  that (Printf.sprintf "%g s" gone) (gone > 60. && gone < 120.);
  let stub = Stub.answering ~takes:0.01 [ Error (Transport.Unconnected "refused") ] in
  error "unreachable" (Client.wait ~patience:0. stub.client "job_1");
  that "less" (List.fold_left ( +. ) 0. (stub.slept ()) < 10.);
  let stub = Stub.answering ~takes:0.01 [ Error (Transport.Unconnected "refused") ] in
  error "unreachable" (Client.wait ~timeout:1. stub.client "job_1");
  that "in time" (List.fold_left ( +. ) 0. (stub.slept ()) < 4.)

let as_a_job () =
  let pending = Stub.(json ~status:202 (job ~kind:"gradients" "queued")) in
  let ended state result =
    Stub.json
      (Printf.sprintf
         {|{"object": "job", "id": "job_1", "kind": "gradients", "state": "%s", "result": %s,
            "error": {"status": 422, "code": "out_of_memory", "detail": "No."}}|}
         state result)
  in
  let found = Stub.answering [ pending; ended "succeeded" found ] in
  that "found" ((ok (gradients found.client)).loss_value = 0.5);
  error "job failed" (gradients (Stub.answering [ pending; ended "failed" "null" ]).client);
  error "unexpected" (gradients (Stub.answering [ pending; ended "succeeded" "null" ]).client)

(* ---- lists *)

let page ids next =
  let job id = Printf.sprintf {|{"id": "%s", "kind": "train", "state": "queued"}|} id in
  let jobs = String.concat "," (List.map job ids) in
  Stub.json (Printf.sprintf {|{"object": "list", "data": [%s], "next": %s}|} jobs next)

let ids = List.map (fun (j : Job.t) -> j.id)

let pages () =
  let stub = Stub.answering [ page [ "a"; "b" ] {|"x/y&z=1 +"|}; page [] {|"2"|}; page [ "c" ] "null" ] in
  Alcotest.(check (list string)) "all" [ "a"; "b"; "c" ] (ids (ok (Client.jobs stub.client ~limit:2)));
  let first = "http://stub:1/jobs?limit=2" in
  Alcotest.(check (list string)) "addresses"
    [ first; first ^ "&after=x%2Fy%26z%3D1%20%2B"; first ^ "&after=2" ]
    (List.map (fun (r : Transport.request) -> r.url) (stub.sent ()))

let lazily () =
  let stub = Stub.answering [ page [ "a" ] {|"1"|}; Stub.problem 500 "internal" "Oh." ] in
  match Client.each_job stub.client () with
  | Seq.Cons (Ok job, rest) -> (
      Alcotest.(check string) "first" "a" job.id;
      Alcotest.(check int) "one page" 1 (sent stub);
      match rest () with
      | Seq.Cons (Error (Problem _), rest) -> that "the last" (rest () = Seq.Nil)
      | _ -> Alcotest.fail "no error")
  | _ -> Alcotest.fail "no job"

let round () =
  let stub = Stub.answering [ page [ "a" ] {|"1"|}; page [ "b" ] {|"2"|}; page [ "c" ] {|"1"|} ] in
  error "unexpected" (Client.jobs stub.client);
  let stub = Stub.answering [ page [ "a" ] {|"1"|}; Stub.problem 404 "not_found" "No."; page [] "null" ] in
  error "problem 404 not_found" (Client.jobs stub.client)

let cases =
  [
    ends "a job that succeeds" [ job "queued"; job "running"; job "succeeded" ] None;
    ends "an unknown state is waited on" [ job "hibernating"; job "succeeded" ] None;
    ends "failed" [ job "running"; job "failed" ] (Some "job failed");
    ends "cancelled" [ job "cancelling"; job "cancelled" ] (Some "job cancelled");
    ends "paused" [ job "pausing"; job "paused" ] (Some "job rests");
    ends "interrupted" [ job "interrupted" ] (Some "job rests");
    ends "no such job" [ Stub.problem 404 "not_found" "There is none." ] (Some "problem 404 not_found");
    ends "a late answer" [ job "running"; Error Too_slow ] (Some "timed out");
    case "long-polls" held;
    case "events" events;
    case "no spinning" no_spinning;
    case "no longer than so" in_time;
    case "answers that are late" late;
    case "a service that restarts" restarts;
    case "a service that starts slowly, behind a proxy" starts_slowly;
    case "a service that is gone" gone_for_good;
    case "gradients that became a job" as_a_job;
    case "pages" pages;
    case "pages when they are needed" lazily;
    case "pages in a circle" round;
  ]
