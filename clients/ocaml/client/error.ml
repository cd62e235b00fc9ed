type t =
  | Invalid of { where : string; why : string }
  | Unreachable of { asked : string; why : string; perhaps_done : bool }
  | Hopeless of { asked : string; why : string }
  | Timed_out of { asked : string; seconds : float; perhaps_done : bool }
  | Still_going of { job : Job.t; seconds : float }
  | Problem of { asked : string; problem : Problem.t; retry_after : float option }
  | Refused of { asked : string; status : int; excerpt : string; retry_after : float option }
  | Unexpected of { asked : string; status : int; why : string; excerpt : string }
  | Job_failed of Job.t
  | Job_cancelled of Job.t
  | Job_rests of Job.t

(* ---- excerpts *)

let shown = 120
let is_continuation c = Char.code c land 0xc0 = 0x80

let excerpt text =
  let rec boundary i = if i > 0 && is_continuation text.[i] then boundary (i - 1) else i in
  let cut = if String.length text <= shown then text else String.sub text 0 (boundary shown) ^ "…" in
  String.trim (String.map (fun c -> if Char.code c < 0x20 then ' ' else c) cut)

(* ---- words *)

let doubt perhaps_done =
  if perhaps_done then " The service may have accepted the request all the same: look before you repeat it." else ""

let later = function Some s when s > 0. -> Printf.sprintf " Ask again in %g s." s | _ -> ""
let begins = function "" -> "Nothing stands there." | excerpt -> Printf.sprintf "The answer begins: %s" excerpt

let failed (job : Job.t) =
  match job.error with
  | Some problem -> Printf.sprintf "Job %s failed%s: %s" job.id (Job.at_epoch job) (Problem.message problem)
  | None -> Printf.sprintf "Job %s failed%s, and the service does not say why." job.id (Job.at_epoch job)

let message = function
  | Invalid { where; why } -> where ^ ": " ^ why
  | Unreachable { asked; why; perhaps_done } ->
      let hint = if perhaps_done then doubt true else " Is it running, and is that its address?" in
      Printf.sprintf "%s: the service cannot be reached: %s.%s" asked why hint
  | Hopeless { asked; why } -> Printf.sprintf "%s: no service can be asked there: %s." asked why
  | Timed_out { asked; seconds; perhaps_done } ->
      Printf.sprintf "%s: no answer came within %g s.%s" asked seconds (doubt perhaps_done)
  | Still_going { job; seconds } ->
      Printf.sprintf "Job %s is still %s%s after %g s of waiting; it goes on." job.id (Job.state_name job.state)
        (Job.at_epoch job) seconds
  | Problem { asked; problem; retry_after } ->
      Printf.sprintf "%s: %s%s" asked (Problem.message problem) (later retry_after)
  | Refused { asked; status; excerpt; retry_after } ->
      Printf.sprintf "%s: what answers there refuses with %d, and not in the words of a Backproof service. %s%s" asked
        status (begins excerpt) (later retry_after)
  | Unexpected { asked; status; why; excerpt } ->
      Printf.sprintf "%s: the answer (%d) is not what a Backproof service answers: %s. %s" asked status why
        (begins excerpt)
  | Job_failed job -> failed job
  | Job_cancelled job -> Printf.sprintf "Job %s was cancelled%s." job.id (Job.at_epoch job)
  | Job_rests job ->
      Printf.sprintf "Job %s is %s%s and does not go on by itself." job.id (Job.state_name job.state)
        (Job.at_epoch job)
