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

(* ---- handles: each keeps its connections; a stack of the idle ones, shared by threads *)

let rec take idle =
  match Atomic.get idle with
  | [] -> Curl.init ()
  | handle :: others as seen -> if Atomic.compare_and_set idle seen others then handle else take idle

let rec give_back idle handle =
  let seen = Atomic.get idle in
  if not (Atomic.compare_and_set idle seen (handle :: seen)) then give_back idle handle

let with_handle idle f =
  let handle = take idle in
  let finally () =
    Curl.reset handle;
    give_back idle handle
  in
  Fun.protect ~finally (fun () -> f handle)

(* ---- one exchange *)

type gathered = { body : Buffer.t; mutable head : string list; mutable raised : exn option }

(* libcurl's callbacks swallow exceptions; this one is kept and raised again when libcurl has returned. *)
let keeping g otherwise f = match f () with v -> v | exception e -> g.raised <- Some e; otherwise

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

let line (name, value) = if value = "" then name ^ ":" else name ^ ": " ^ value

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
  let whole s = String.length s in
  Curl.set_writefunction handle (fun s -> keeping g (-1) (fun () -> Buffer.add_string g.body s; whole s));
  Curl.set_headerfunction handle (fun s -> keeping g (-1) (fun () -> g.head <- s :: g.head; whole s));
  (* called every second at least: handlers of signals run here *)
  let tick () = ignore (Sys.opaque_identity (ref 0)) in
  Curl.set_noprogress handle false;
  Curl.set_xferinfofunction handle (fun _ _ _ _ -> keeping g true (fun () -> tick (); g.raised <> None))

let set_up handle connect_timeout (r : request) =
  Curl.set_url handle r.url;
  if is_loopback r.url then Curl.set_proxy handle "";
  Curl.set_nosignal handle true;
  Curl.set_followlocation handle false;
  Curl.set_freshconnect handle r.once;
  Curl.set_connecttimeoutms handle (milliseconds (Float.min connect_timeout r.timeout));
  Curl.set_timeoutms handle (milliseconds r.timeout);
  Curl.set_httpheader handle (List.map line (("Expect", "") :: r.headers));
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

let failure handle code said =
  let why = Printf.sprintf "%s (libcurl: %s)" said (Curl.strerror code) in
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

let exchange connect_timeout (r : request) handle =
  let g = { body = Buffer.create 4096; head = []; raised = None } in
  let outcome =
    match
      set_up handle connect_timeout r;
      set_callbacks handle g;
      Curl.perform handle
    with
    | () -> Ok ()
    | exception Curl.CurlException (code, _, said) -> Error (failure handle code said)
  in
  match (g.raised, outcome) with
  | Some e, _ -> raise e
  | None, Error failure -> Error failure
  | None, Ok () ->
      let status = Curl.get_responsecode handle in
      Ok { status; headers = last_head [] g.head; body = Buffer.contents g.body }

let started = lazy (Curl.global_init Curl.CURLINIT_GLOBALALL)

let curl ?(connect_timeout = 5.) () =
  Lazy.force started;
  let idle = Atomic.make [] in
  fun r -> with_handle idle (exchange connect_timeout r)
