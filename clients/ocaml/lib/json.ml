type t = Null | Bool of bool | Number of float | String of string | List of t list | Object of (string * t) list

(* ---- writing *)

let number x =
  if x = 0. then if 1. /. x < 0. then "-0.0" else "0.0"
  else
    let reads_back s = float_of_string s = x in
    let s = Printf.sprintf "%.15g" x in
    let s = if reads_back s then s else Printf.sprintf "%.16g" x in
    if reads_back s then s else Printf.sprintf "%.17g" x

let non_finite x = if Float.is_nan x then "NaN" else if x > 0. then "Infinity" else "-Infinity"

let escaped s =
  let b = Buffer.create (String.length s + 2) in
  let add = function
    | '"' -> Buffer.add_string b "\\\""
    | '\\' -> Buffer.add_string b "\\\\"
    | c when Char.code c < 0x20 -> Printf.bprintf b "\\u%04x" (Char.code c)
    | c -> Buffer.add_char b c
  in
  String.iter add s;
  "\"" ^ Buffer.contents b ^ "\""

let rec write b = function
  | Null -> Buffer.add_string b "null"
  | Bool v -> Buffer.add_string b (string_of_bool v)
  | Number x -> Buffer.add_string b (if Float.is_finite x then number x else escaped (non_finite x))
  | String s -> Buffer.add_string b (escaped s)
  | List l -> bracketed b '[' ']' (fun v -> write b v) l
  | Object l ->
      let field (name, v) =
        Printf.bprintf b "%s: " (escaped name);
        write b v
      in
      bracketed b '{' '}' field l

and bracketed : 'a. Buffer.t -> char -> char -> ('a -> unit) -> 'a list -> unit =
 fun b opening closing each l ->
  Buffer.add_char b opening;
  List.iteri
    (fun i v ->
      if i > 0 then Buffer.add_string b ", ";
      each v)
    l;
  Buffer.add_char b closing

let to_string j =
  let b = Buffer.create 256 in
  write b j;
  Buffer.contents b

(* ---- reading: recursive descent over the text *)

exception Bad of int * string

type reader = { text : string; mutable at : int; mutable depth : int }

let deepest = 512 (* so that no text runs out of stack *)

let bad r message = raise (Bad (r.at, message))
let peek r = if r.at < String.length r.text then r.text.[r.at] else '\000'

let rec space r =
  match peek r with
  | (' ' | '\t' | '\n' | '\r') when r.at < String.length r.text ->
      r.at <- r.at + 1;
      space r
  | _ -> ()

let word r w value =
  let n = String.length w in
  if r.at + n <= String.length r.text && String.sub r.text r.at n = w then (
    r.at <- r.at + n;
    value)
  else bad r "there is no JSON value"

let expect r c =
  space r;
  if peek r <> c then bad r (Printf.sprintf "'%c' is missing" c);
  r.at <- r.at + 1

let is_of_number = function '0' .. '9' | '-' | '+' | '.' | 'e' | 'E' -> true | _ -> false

let is_digit c = c >= '0' && c <= '9'

(* What float_of_string reads beyond JSON: a sign before it, no digit before or after the point, zeros in front *)
let is_grammatical s =
  let n = String.length s in
  let from = if s.[0] = '-' then 1 else 0 in
  let at i = if i < n then s.[i] else ' ' in
  let point = match String.index_opt s '.' with Some i -> is_digit (at (i + 1)) | None -> true in
  is_digit (at from) && not (at from = '0' && is_digit (at (from + 1))) && point

let digits r =
  let start = r.at in
  while is_of_number (peek r) do
    r.at <- r.at + 1
  done;
  let s = String.sub r.text start (r.at - start) in
  match float_of_string_opt s with
  | Some x when is_grammatical s -> Number x
  | _ ->
      r.at <- start;
      bad r "there is no JSON value"

let unicode r =
  if r.at + 4 > String.length r.text then bad r "an escape is cut off";
  match int_of_string_opt ("0x" ^ String.sub r.text r.at 4) with
  | None -> bad r "an escape is no hexadecimal number"
  | Some code ->
      r.at <- r.at + 4;
      code

let escape r b =
  let c = peek r in
  r.at <- r.at + 1;
  match c with
  | '"' | '\\' | '/' -> Buffer.add_char b c
  | 'b' -> Buffer.add_char b '\b'
  | 'f' -> Buffer.add_char b '\012'
  | 'n' -> Buffer.add_char b '\n'
  | 'r' -> Buffer.add_char b '\r'
  | 't' -> Buffer.add_char b '\t'
  | 'u' ->
      let high = unicode r in
      let code =
        if high land 0xfc00 = 0xd800 && peek r = '\\' then (
          r.at <- r.at + 2;
          0x10000 + ((high land 0x3ff) lsl 10) + (unicode r land 0x3ff))
        else high
      in
      Buffer.add_utf_8_uchar b (if Uchar.is_valid code then Uchar.of_int code else Uchar.rep)
  | _ -> bad r "a string has an unknown escape"

let text r =
  expect r '"';
  let b = Buffer.create 16 in
  let rec go () =
    if r.at >= String.length r.text then bad r "a string is not closed";
    match r.text.[r.at] with
    | '"' -> r.at <- r.at + 1
    | '\\' ->
        r.at <- r.at + 1;
        escape r b;
        go ()
    | c when c < ' ' -> bad r "a string holds a control character"
    | c ->
        Buffer.add_char b c;
        r.at <- r.at + 1;
        go ()
  in
  go ();
  Buffer.contents b

let rec value r =
  space r;
  match peek r with
  | '[' | '{' -> nested r
  | 'n' -> word r "null" Null
  | 't' -> word r "true" (Bool true)
  | 'f' -> word r "false" (Bool false)
  | '"' -> String (text r)
  | _ -> digits r

and nested r =
  r.depth <- r.depth + 1;
  if r.depth > deepest then bad r (Printf.sprintf "more than %d lists and objects are nested" deepest);
  let v = if peek r = '[' then List (between r '[' ']' value) else Object (between r '{' '}' field) in
  r.depth <- r.depth - 1;
  v

and field r =
  space r;
  let name = text r in
  expect r ':';
  (name, value r)

and between : 'a. reader -> char -> char -> (reader -> 'a) -> 'a list =
 fun r opening closing each ->
  expect r opening;
  space r;
  if peek r = closing then (
    r.at <- r.at + 1;
    [])
  else
    let rec more found =
      let found = each r :: found in
      space r;
      if peek r = ',' then (
        r.at <- r.at + 1;
        more found)
      else (
        expect r closing;
        List.rev found)
    in
    more []

let of_string s =
  let r = { text = s; at = 0; depth = 0 } in
  match
    let v = value r in
    space r;
    if r.at < String.length s then bad r "there is more after the value";
    v
  with
  | v -> Ok v
  | exception Bad (at, message) -> Error (Printf.sprintf "not JSON: at byte %d %s" at message)

(* ---- values *)

let member name = function Object l -> List.assoc_opt name l | _ -> None
let vector v = List (List.map (fun x -> Number x) (Array.to_list v))
let matrix m = List (List.map vector (Array.to_list m))
let ( let* ) = Result.bind

let all f l =
  let add found v =
    let* found = found in
    let* v = f v in
    Ok (v :: found)
  in
  Result.map List.rev (List.fold_left add (Ok []) l)

let to_number = function
  | Number x -> Ok x
  | String "NaN" -> Ok Float.nan
  | String "Infinity" -> Ok Float.infinity
  | String "-Infinity" -> Ok Float.neg_infinity
  | _ -> Error "an entry is not a number."

let to_vector = function
  | List l -> Result.map Array.of_list (all to_number l)
  | _ -> Error "a list of numbers is needed."

let to_matrix = function
  | List l -> (
      let* rows = all to_vector l in
      match Mat.check (Array.of_list rows) with m -> Ok m | exception Errors.Shape_mismatch s -> Error s)
  | _ -> Error "a list of rows is needed."
