(* Waits for the job that is named on the command line, at BACKPROOF_URL, and says what became of it. *)

open Backproof_client

let () =
  let client = Client.create () in
  let told (job : Job.t) = Printf.printf "%s%s\n%!" (Job.state_name job.state) (Job.at_epoch job) in
  match Client.wait ~on_event:told client Sys.argv.(1) with
  | Ok job -> Printf.printf "ended: %s, attempt %d\n" (Job.state_name job.state) (Option.value job.attempt ~default:0)
  | Error e ->
      prerr_endline (Client.message e);
      exit 1
