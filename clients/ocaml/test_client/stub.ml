open Backproof_client

type t = { client : Client.t; sent : unit -> Transport.request list; slept : unit -> float list }
type answer = (Transport.response, Transport.failure) result

let url = "http://stub:1"

let client_of ?timeout ?retries takes answer =
  let sent = ref [] and slept = ref [] and time = ref 1_800_000_000. in
  let transport (r : Transport.request) =
    sent := r :: !sent;
    time := !time +. Float.min takes r.timeout;
    answer r
  in
  let sleep s =
    slept := s :: !slept;
    time := !time +. s
  in
  let clock = { Clock.now = (fun () -> !time); sleep } in
  {
    client = Client.create ?timeout ?retries ~transport ~clock ~url ();
    sent = (fun () -> List.rev !sent);
    slept = (fun () -> List.rev !slept);
  }

let answering ?timeout ?retries ?(takes = 0.5) answers =
  let left = ref answers in
  let next _ =
    match !left with
    | [] -> Alcotest.fail "nothing was to be sent"
    | [ last ] -> last
    | one :: rest ->
        left := rest;
        one
  in
  client_of ?timeout ?retries takes next

let computing f = client_of 0.5 f

(* ---- answers *)

let json ?(status = 200) ?(headers = []) body = Ok { Transport.status; headers; body }

let problem ?headers status code detail =
  let text = Printf.sprintf {|{"title": "T", "status": %d, "code": "%s", "detail": "%s"}|} status code detail in
  json ~status ?headers text

let epoch n = Printf.sprintf {|"progress": {"epoch": %d, "epochs": 100},|} n

let result = {|{"final_loss": 0.25, "weights_sha256": "00", "twin_distance": null, "best_epoch": 1}|}

let job ?(kind = "train") ?(more = "") state =
  Printf.sprintf
    {|{"object": "job", %s "id": "job_1", "kind": "%s", "state": "%s", "attempt": 1, "result": %s, "error": null,
       "config": {"epochs": 100}, "labels": {"a": "b"}, "created_at": "2030-01-02T03:04:05Z"}|}
    more kind state
    (if state = "succeeded" then result else "null")
