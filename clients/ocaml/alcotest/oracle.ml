open Backproof

(* One that is gone would keep every further red test waiting *)
type t = { patience : float; mutable is_gone : bool }

let make ?(patience = 20.) () = { patience; is_gone = false }

let starts beginning s =
  String.length s >= String.length beginning && String.sub s 0 (String.length beginning) = beginning

(* No proxy leads to this machine *)
let is_here url = List.exists (fun host -> starts host url) [ "http://127."; "http://localhost"; "http://[::1]" ]

let rec without_slash url =
  let last = String.length url - 1 in
  if last >= 0 && url.[last] = '/' then without_slash (String.sub url 0 last) else url

let posted curl url file =
  let url = without_slash url in
  let proxy = if is_here url then [ "--noproxy"; "*" ] else [] in
  let body = [ "--header"; "Content-Type: application/json"; "--data-binary"; "@" ^ file ] in
  let arguments = [ "--disable"; "--silent"; "--fail"; "--globoff" ] @ proxy @ body in
  (curl, arguments @ [ "--url"; url ^ "/gradients/check" ])

let url () = match Sys.getenv_opt "BACKPROOF_URL" with Some "" -> None | found -> found

let way file =
  match (Command.find "backproof", url ()) with
  | Some command, _ -> Some (command, [ "check"; file; "--format"; "json" ])
  | None, Some url -> Option.map (fun curl -> posted curl url file) (Command.find "curl")
  | None, None -> None

let is_report j = Json.member "object" j = Some (String "gradient_report")

let unreachable = 3

let answered o (command, arguments) =
  match Command.output ~seconds:o.patience command arguments with
  | Some (code, said) when code <> unreachable -> (
      match Json.of_string said with Ok j when is_report j -> Some j | _ -> None)
  | _ ->
      o.is_gone <- true;
      None

let ask o file = if o.is_gone then None else Option.bind (way file) (answered o)
