type place = Pointer of string | Parameter of string | Header of string | Nowhere
type fault = { place : place; detail : string }

type t = {
  type_ : string;
  title : string;
  status : int;
  detail : string;
  code : string;
  request_id : string option;
  errors : fault list;
  extra : (string * Yojson.Safe.t) list;
}

let where (f : fault) = match f.place with Pointer s | Parameter s | Header s -> s | Nowhere -> ""

let extra_count name p =
  match List.assoc_opt name p.extra with
  | Some j -> ( match Read.count j with n -> Some n | exception Read.Bad _ -> None)
  | None -> None

(* ---- in words *)

let contains text part =
  let n = String.length part in
  let rec from i = i + n <= String.length text && (String.sub text i n = part || from (i + 1)) in
  from 0

let said (f : fault) = match where f with "" -> f.detail | place -> place ^ ": " ^ f.detail

let message p =
  let words = if p.detail <> "" then p.detail else if p.title <> "" then p.title else "The service does not say why." in
  let more = List.filter (fun (f : fault) -> not (contains words f.detail)) p.errors in
  String.concat " " (words :: List.map (fun f -> "(" ^ said f ^ ")") more)

(* ---- reading *)

let named = [ "type"; "title"; "status"; "detail"; "code"; "request_id"; "errors" ]

let place j =
  let given name = Read.(opt name text j) in
  match (given "pointer", given "parameter", given "header") with
  | Some s, _, _ -> Pointer s
  | None, Some s, _ -> Parameter s
  | None, None, Some s -> Header s
  | None, None, None -> Nowhere

let fault j = { place = place j; detail = Read.(some "" "detail" text j) }

let extra : Yojson.Safe.t -> (string * Yojson.Safe.t) list = function
  | `Assoc l -> List.filter (fun (name, _) -> not (List.mem name named)) l
  | _ -> []

let read ~status j =
  let words name = Read.(some "" name text j) in
  {
    type_ = words "type";
    title = words "title";
    status = Read.(some status "status" count j);
    detail = words "detail";
    code = words "code";
    request_id = Read.(opt "request_id" text j);
    errors = Read.(some [] "errors" (list fault) j);
    extra = extra j;
  }

let of_refusal ~status text =
  match read ~status (Read.parse text) with
  | p when p.code <> "" && (p.detail <> "" || p.title <> "") -> Some p
  | _ | (exception Read.Bad _) -> None
