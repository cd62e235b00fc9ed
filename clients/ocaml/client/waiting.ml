type how = { see : (Job.t -> unit) option; timeout : float option; patience : float }

let longest_hold = 25.
let seen_every = 1.
let breath = 0.2
let grace = 2. (* for the answer to a poll that was held until the deadline *)

let succeeded (job : Job.t) =
  match job.state with
  | Failed -> Error (Error.Job_failed job)
  | Cancelled -> Error (Error.Job_cancelled job)
  | Paused | Interrupted -> Error (Error.Job_rests job)
  | _ -> Ok job

(* A service that restarts is away, or is there and does not take work yet. *)
let is_away : Error.t -> bool = function
  | Unreachable _ -> true
  | Problem { problem = { status; _ }; _ } | Refused { status; _ } -> List.mem status [ 429; 502; 503; 504 ]
  | _ -> false

type seen = { job : Job.t option; at : float  (** When the service last answered. *) }

let changed (before : Job.t option) (job : Job.t) =
  match before with None -> true | Some b -> b.state <> job.state || compare b.progress job.progress <> 0

let tell how before job =
  match how.see with Some see when changed before job -> see job | _ -> ()

let deadline_of (clock : Clock.t) = function
  | None -> Float.infinity
  | Some s -> clock.now () +. (if s > 0. then s else 0.)

(* One look, held back by the service until the job rests, the hold is over, or the wait is. *)
let look (s : Session.t) how deadline id =
  let left = Float.max (deadline -. s.clock.now ()) 0. in
  let hold = Float.of_int (Float.to_int (Float.min left (if how.see = None then longest_hold else seen_every))) in
  if hold = 0. then s.clock.sleep left;
  Session.run ~deadline:(deadline +. grace) s (Requests.job ~hold id)

let still_going how seen error =
  match (seen.job, how.timeout) with Some job, Some seconds -> Error.Still_going { job; seconds } | _ -> error

let until_rest (s : Session.t) how id =
  let deadline = deadline_of s.clock how.timeout in
  let rec watch seen =
    let asked = s.clock.now () in
    let outcome = look s how deadline id in
    let now = s.clock.now () in
    let go_on seen =
      if now -. asked < breath then s.clock.sleep breath;
      watch seen
    in
    match outcome with
    | Ok job ->
        tell how seen.job job;
        if Job.has_ended job || Job.rests job then Ok job
        else if now >= deadline then Error (still_going how { seen with job = Some job } (Job_rests job))
        else go_on { job = Some job; at = now }
    | Error (Timed_out _ as error) when now >= deadline -> Error (still_going how seen error)
    | Error error when is_away error && now -. seen.at < how.patience && now < deadline -> go_on seen
    | Error error -> Error error
  in
  watch { job = None; at = s.clock.now () }
