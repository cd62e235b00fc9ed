type request = {
  meth : string;
  url : string;
  headers : (string * string) list;
  body : string option;
  timeout : float;
  once : bool;
}

type response = { status : int; headers : (string * string) list; body : string }
type failure = Unconnected of string | Broken of string | Too_slow | Hopeless of string
type t = request -> (response, failure) result

let header name (r : response) = List.assoc_opt name r.headers

(* ---- lines: each keeps its connections; a stack of the idle ones, shared by threads *)

type line = { easy : Curl.t; multi : Curl.Multi.mt }

let rec take idle =
  match Atomic.get idle with
  | [] -> { easy = Curl.init (); multi = Curl.Multi.create () }
  | line :: others as seen -> if Atomic.compare_and_set idle seen others then line else take idle

let rec give_back idle line =
  let seen = Atomic.get idle in
  if not (Atomic.compare_and_set idle seen (line :: seen)) then give_back idle line

let hang_up { easy; multi } =
  Curl.Multi.cleanup multi;
  Curl.cleanup easy

(* A line on which an exchange came to its end is used again; one that was left in the middle never. *)
let with_line idle f =
  let line = take idle in
  match f line with
  | found ->
      Curl.reset line.easy;
      give_back idle line;
      found
  | exception e ->
      hang_up line;
      raise e

(* ---- one exchange *)

type gathered = { body : Buffer.t; mutable head : string list; mutable raised : exn option }

(* libcurl's callbacks swallow exceptions. These keep them, to be raised when libcurl has returned. *)
let keep g e = g.raised <- Some e; -1
let write g s = match Buffer.add_string g.body s with () -> String.length s | exception e -> keep g e
let write_head g s = match g.head <- s :: g.head with () -> String.length s | exception e -> keep g e

let milliseconds s = if s >= 2e6 then 2_000_000_000 else if s > 0.001 then int_of_float (ceil (s *. 1000.)) else 1

(* The host of an address: what stands after "//", without a user, up to the port or the path. *)
let host url =
  let authority = match String.split_on_char '/' url with _ :: _ :: authority :: _ -> authority | _ -> "" in
  let at = match String.rindex_opt authority '@' with Some i -> i + 1 | None -> 0 in
  let named = String.sub authority at (String.length authority - at) in
  match String.index_opt named ']' with
  | Some closing -> String.sub named 0 (closing + 1)
  | None -> List.hd (String.split_on_char ':' named)

let is_loopback url =
  match String.lowercase_ascii (host url) with
  | "localhost" | "[::1]" -> true
  | host -> String.length host > 4 && String.sub host 0 4 = "127."

(* What libcurl would say of its own accord: that it waits for leave to send, and that no body is a form. *)
let unasked (r : request) = ("Expect", "") :: (if r.body = None then [ ("Content-Type", "") ] else [])
let field_line (name, value) = if value = "" then name ^ ":" else name ^ ": " ^ value

let set_body handle meth = function
  | Some body ->
      Curl.set_post handle true;
      Curl.set_postfieldsizelarge handle (Int64.of_int (String.length body));
      Curl.set_postfields handle body
  | None when meth = "POST" ->
      Curl.set_post handle true;
      Curl.set_postfieldsizelarge handle 0L;
      Curl.set_postfields handle ""
  | None -> if meth <> "GET" then Curl.set_customrequest handle meth

let set_callbacks handle g =
  Curl.set_writefunction handle (write g);
  Curl.set_headerfunction handle (write_head g)

let set_up handle connect_timeout (r : request) =
  Curl.set_url handle r.url;
  if is_loopback r.url then Curl.set_proxy handle "";
  Curl.set_nosignal handle true;
  Curl.set_followlocation handle false;
  Curl.set_freshconnect handle r.once;
  Curl.set_connecttimeoutms handle (milliseconds (Float.min connect_timeout r.timeout));
  Curl.set_timeoutms handle (milliseconds r.timeout);
  Curl.set_httpheader handle (List.map field_line (unasked r @ r.headers));
  set_body handle r.meth r.body

(* ---- reading the head: of several (100 Continue, a proxy's) the last counts *)

let field text =
  match String.index_opt text ':' with
  | None -> None
  | Some i ->
      let name = String.lowercase_ascii (String.trim (String.sub text 0 i)) in
      Some (name, String.trim (String.sub text (i + 1) (String.length text - i - 1)))

let rec last_head found = function
  | [] -> found
  | text :: before ->
      if String.length text > 5 && String.sub text 0 5 = "HTTP/" then found
      else last_head (match field text with Some f -> f :: found | None -> found) before

(* ---- what went wrong *)

let failure handle code =
  let why = "libcurl says: " ^ Curl.strerror code in
  let was_sent = Curl.get_requestsize handle > 0 in
  match code with
  | Curl.CURLE_COULDNT_RESOLVE_HOST -> Unconnected "there is no host of that name, or no name service"
  | Curl.CURLE_COULDNT_RESOLVE_PROXY -> Unconnected "the proxy that the environment names has no address"
  | Curl.CURLE_COULDNT_CONNECT -> Unconnected "nothing answers there"
  | Curl.CURLE_OPERATION_TIMEOUTED -> if was_sent then Too_slow else Unconnected "no connection came about in time"
  | Curl.CURLE_GOT_NOTHING -> Broken "the connection was closed without an answer"
  | Curl.CURLE_PARTIAL_FILE -> Broken "the connection was closed in the middle of the answer"
  | Curl.CURLE_SEND_ERROR | Curl.CURLE_RECV_ERROR | Curl.CURLE_WRITE_ERROR | Curl.CURLE_AGAIN -> Broken why
  | Curl.CURLE_FTP_WEIRD_SERVER_REPLY -> Hopeless "what answers there does not speak HTTP"
  | Curl.CURLE_UNSUPPORTED_PROTOCOL when was_sent -> Hopeless "what answers there does not speak HTTP"
  | Curl.CURLE_UNSUPPORTED_PROTOCOL | Curl.CURLE_URL_MALFORMAT | Curl.CURLE_URL_MALFORMAT_USER
  | Curl.CURLE_SSL_CONNECT_ERROR | Curl.CURLE_SSL_PEER_CERTIFICATE | Curl.CURLE_SSL_CACERT
  | Curl.CURLE_SSL_CACERT_BADFILE | Curl.CURLE_SSL_CERTPROBLEM | Curl.CURLE_SSL_CIPHER ->
      Hopeless why
  | _ -> if was_sent then Broken why else Hopeless why

(* Between two looks handlers of signals run: their exceptions end the exchange. *)
let look_every = 200 (* ms, unless something happens *)

let rec finished multi =
  ignore (Curl.Multi.perform multi);
  match Curl.Multi.remove_finished multi with
  | Some (_, code) -> code
  | None ->
      ignore (Curl.Multi.poll ~timeout_ms:look_every multi);
      finished multi

let answer g { easy; _ } = function
  | Curl.CURLE_OK ->
      let status = Curl.get_responsecode easy in
      Ok { status; headers = last_head [] g.head; body = Buffer.contents g.body }
  | code -> Error (failure easy code)

let exchange connect_timeout (r : request) line =
  let g = { body = Buffer.create 4096; head = []; raised = None } in
  set_up line.easy connect_timeout r;
  set_callbacks line.easy g;
  Curl.Multi.add line.multi line.easy;
  let code = finished line.multi in
  match g.raised with Some e -> raise e | None -> answer g line code

let sent idle connect_timeout r =
  match with_line idle (exchange connect_timeout r) with
  | outcome -> outcome
  | exception Curl.CurlException (code, _, _) -> Error (Hopeless ("libcurl says: " ^ Curl.strerror code))
  | exception (Curl.Multi.Error why | Curl.Multi.CError (_, _, why)) -> Error (Broken ("libcurl says: " ^ why))

let curl ?(connect_timeout = 5.) () =
  let idle = Atomic.make [] in
  Gc.finalise (fun idle -> List.iter hang_up (Atomic.exchange idle [])) idle;
  sent idle connect_timeout
