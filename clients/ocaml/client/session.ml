type t = {
  url : (string, Error.t) result;
  timeout : float;
  attempts : int;
  transport : Transport.t;
  clock : Clock.t;
  random : Random.State.t;
}

(* ---- addresses *)

let is_printable c = c > ' ' && c < '\x7f'

let rec without_slash url =
  let last = String.length url - 1 in
  if last >= 0 && url.[last] = '/' then without_slash (String.sub url 0 last) else url

let after scheme url =
  let n = String.length scheme in
  if String.length url >= n && String.lowercase_ascii (String.sub url 0 n) = scheme then
    Some (String.sub url n (String.length url - n))
  else None

let rest url = match after "http://" url with Some rest -> Some rest | None -> after "https://" url

(* Whether what follows the host is nothing, or ":" and a port that exists. *)
let is_port text =
  text = ""
  || text.[0] = ':'
     && String.length text > 1
     && String.for_all (function '0' .. '9' -> true | _ -> false) (String.sub text 1 (String.length text - 1))
     && String.length text < 7
     && int_of_string (String.sub text 1 (String.length text - 1)) < 65536

let is_address url =
  match rest url with
  | None -> false
  | Some rest ->
      let host = Transport.host url and authority = List.hd (String.split_on_char '/' rest) in
      let user = match String.rindex_opt authority '@' with Some i -> i + 1 | None -> 0 in
      let from = user + String.length host in
      host <> "" && host <> "[]"
      && is_port (String.sub authority from (String.length authority - from))
      && String.for_all (fun c -> is_printable c && c <> '?' && c <> '#') url

let address url =
  if is_address url then Ok (without_slash url)
  else
    let why = Printf.sprintf "\"%s\" is no address; give one such as http://127.0.0.1:8000." (Error.excerpt url) in
    Error (Error.Invalid { where = "url"; why })

(* ---- requests *)

let agent = ("User-Agent", "backproof-ocaml/0.1")

let headers (call : 'a Call.t) =
  let accept = if List.mem_assoc "Accept" call.headers then [] else [ ("Accept", "application/json") ] in
  (agent :: accept) @ call.headers

let request s url deadline (call : 'a Call.t) : Transport.request =
  let left = Float.max (deadline -. s.clock.now ()) 0. in
  {
    meth = call.meth;
    url = url ^ Call.target call;
    headers = headers call;
    body = call.body;
    timeout = Float.min (s.timeout +. call.hold) left;
    once = not call.repeat;
  }

(* ---- answers *)

type 'a verdict = Answer of 'a | Over of Error.t | Again of Error.t * float option

let unexpected asked (r : Transport.response) why =
  Error.Unexpected { asked; status = r.status; why; excerpt = Error.excerpt r.body }

let read asked (call : 'a Call.t) r =
  match call.read r with
  | v -> Answer v
  | exception Read.Bad why -> Over (unexpected asked r why)
  | exception Stack_overflow -> Over (unexpected asked r "it is too deep to be read")

let is_number text = text <> "" && String.for_all (function '0' .. '9' | '.' -> true | _ -> false) text

(* Seconds, or the seconds until a date. *)
let retry_after now r =
  match Transport.header "retry-after" r with
  | None -> None
  | Some told when is_number told -> float_of_string_opt told
  | Some told ->
      let date = Curl.getdate told now in
      if date > 0. then Some (Float.max (date -. now) 0.) else None

let refusal asked after (r : Transport.response) =
  match Problem.of_refusal ~status:r.status r.body with
  | Some problem -> Error.Problem { asked; problem; retry_after = after }
  | None -> Error.Refused { asked; status = r.status; excerpt = Error.excerpt r.body; retry_after = after }

let redirected (r : Transport.response) =
  match Transport.header "location" r with
  | Some place -> Printf.sprintf "it redirects to %s, and redirects are not followed" (Error.excerpt place)
  | None -> "it has neither an answer nor a problem"

let longest_pause = 30.
let is_busy status = status = 429 || status = 503

let judged asked now (call : 'a Call.t) (r : Transport.response) =
  if r.status >= 200 && r.status < 300 then read asked call r
  else if r.status < 400 then Over (unexpected asked r (redirected r))
  else
    let after = retry_after now r in
    let error = refusal asked after r in
    let patient = Option.value after ~default:0. <= longest_pause in
    if is_busy r.status && patient then Again (error, after) else Over error

let verdict s asked (call : 'a Call.t) (request : Transport.request) =
  let perhaps_done = not call.repeat in
  match s.transport request with
  | Ok r -> judged asked (s.clock.now ()) call r
  | Error Too_slow -> Over (Error.Timed_out { asked; seconds = request.timeout; perhaps_done })
  | Error (Unconnected why) -> Again (Error.Unreachable { asked; why; perhaps_done = false }, None)
  | Error (Broken why) ->
      let error = Error.Unreachable { asked; why; perhaps_done } in
      if call.repeat then Again (error, None) else Over error
  | Error (Hopeless why) -> Over (Error.Hopeless { asked; why })

(* ---- asking again *)

let first_pause = 0.25
let patience = 120.

(* About 0.25·2ⁿ⁻¹ s before attempt n + 1, spread so that callers do not come together, never less than was asked. *)
let pause s n asked =
  let step = Float.min (first_pause *. (2. ** float_of_int (n - 1))) longest_pause in
  let spread = step *. (0.5 +. Random.State.float s.random 0.5) in
  Float.max spread (Option.value asked ~default:0.)

let sent deadline s url (call : 'a Call.t) =
  let asked = Call.asked url call in
  let give_up = Float.min deadline (s.clock.now () +. patience) in
  let rec attempt n =
    match verdict s asked call (request s url deadline call) with
    | Answer v -> Ok v
    | Over error -> Error error
    | Again (error, after) ->
        let pause = pause s n after in
        if n >= s.attempts || s.clock.now () +. pause > give_up then Error error
        else (
          s.clock.sleep pause;
          attempt (n + 1))
  in
  attempt 1

let send ?(deadline = Float.infinity) s call = Result.bind s.url (fun url -> sent deadline s url call)
let run ?deadline s request = Result.bind request (send ?deadline s)
