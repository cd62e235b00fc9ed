type 'a t = {
  meth : string;
  path : string;
  query : (string * string) list;
  headers : (string * string) list;
  body : string option;
  read : Transport.response -> 'a;
  repeat : bool;
  hold : float;
}

let get ?(query = []) ?(headers = []) ?(hold = 0.) path read =
  { meth = "GET"; path; query; headers; body = None; read; repeat = true; hold }

let post ?(repeat = true) ?(media = "application/json") ?body path read =
  let headers = if body = None then [] else [ ("Content-Type", media) ] in
  { meth = "POST"; path; query = []; headers; body; read; repeat; hold = 0. }

let delete path = { (get path ignore) with meth = "DELETE" }
let json read (r : Transport.response) = read (Read.parse r.body)

(* ---- addresses *)

let is_plain = function 'A' .. 'Z' | 'a' .. 'z' | '0' .. '9' | '-' | '.' | '_' | '~' -> true | _ -> false

let encoded ?(also = "") text =
  let b = Buffer.create (String.length text) in
  let add c =
    if is_plain c || String.contains also c then Buffer.add_char b c else Printf.bprintf b "%%%02X" (Char.code c)
  in
  String.iter add text;
  Buffer.contents b

let part = function
  | ("" | "." | "..") as id ->
      let why = Printf.sprintf "\"%s\" is no id; give the id of one job or data set. Nothing was sent." id in
      Error (Error.Invalid { where = "id"; why })
  | id -> Ok (encoded ~also:":" id)

let target c =
  let pair (name, value) = encoded name ^ "=" ^ encoded value in
  match c.query with [] -> c.path | query -> c.path ^ "?" ^ String.concat "&" (List.map pair query)

let asked url c = Printf.sprintf "%s %s%s" c.meth url c.path
