type json = Yojson.Safe.t

exception Bad of string

let bad format = Printf.ksprintf (fun s -> raise (Bad s)) format
let deepest = 512

(* The lexer recurses for every bracket and would run out of stack: so they are counted before. *)
let check_depth text =
  let depth = ref 0 and quoted = ref false and escaped = ref false in
  let outside = function
    | '"' -> quoted := true
    | '[' | '{' -> incr depth; if !depth > deepest then bad "it nests more than %d lists and objects" deepest
    | ']' | '}' -> decr depth
    | _ -> ()
  in
  let inside = function
    | _ when !escaped -> escaped := false
    | '\\' -> escaped := true
    | '"' -> quoted := false
    | _ -> ()
  in
  String.iter (fun c -> if !quoted then inside c else outside c) text

let first_line s = match String.index_opt s '\n' with Some i -> String.sub s 0 i | None -> s

let parse text =
  if String.trim text = "" then bad "it is empty";
  check_depth text;
  match Yojson.Safe.from_string text with
  | j -> j
  | exception Yojson.Json_error why -> bad "it is no JSON (%s)" (first_line why)
  | exception (Failure why | Invalid_argument why) -> bad "it is no JSON (%s)" why
  | exception Stack_overflow -> bad "it is too deep to be read"

(* ---- values *)

let kind : json -> string = function
  | `Null -> "null"
  | `Bool _ -> "a boolean"
  | `Int _ | `Intlit _ | `Float _ -> "a number"
  | `String _ -> "a string"
  | `List _ | `Tuple _ -> "a list"
  | `Assoc _ | `Variant _ -> "an object"

let wanted what j = bad "%s is needed, and it is %s" what (kind j)
let any j = j
let text : json -> string = function `String s -> s | j -> wanted "a string" j
let truth : json -> bool = function `Bool b -> b | j -> wanted "true or false" j

let number : json -> float = function
  | `Float x -> x
  | `Int i -> float_of_int i
  | `Intlit s -> float_of_string s
  | `String "NaN" -> Float.nan
  | `String "Infinity" -> Float.infinity
  | `String "-Infinity" -> Float.neg_infinity
  | j -> wanted "a number" j

let nearest x = if x >= 0x1p62 then max_int else if x <= -0x1p62 then min_int else int_of_float x

let count : json -> int = function
  | `Int i -> i
  | `Intlit s -> nearest (float_of_string s)
  | `Float x when Float.is_integer x || Float.abs x = Float.infinity -> nearest x
  | j -> wanted "an integer" j

(* The errors of an entry or a member say where it is. *)
let placed place read j =
  match read j with v -> v | exception Bad why -> raise (Bad (Printf.sprintf "in %s %s" (place ()) why))

let array read : json -> 'a array = function
  | `List l ->
      let entry i j = placed (fun () -> Printf.sprintf "entry %d" i) read j in
      Array.mapi entry (Array.of_list l)
  | j -> wanted "a list" j

let list read j = Array.to_list (array read j)

let members read : json -> (string * 'a) list = function
  | `Assoc l -> List.rev (List.rev_map (fun (name, j) -> (name, placed (fun () -> name) read j)) l)
  | j -> wanted "an object" j

let vector : json -> float array = function
  | `List l -> Array.map number (Array.of_list l)
  | j -> wanted "a list of numbers" j

let matrix j =
  match Backproof.Mat.check (array vector j) with
  | m -> m
  | exception Backproof.Errors.Shape_mismatch why -> bad "there is no matrix: %s" why

(* ---- members *)

let member name : json -> json = function
  | `Assoc l -> Option.value (List.assoc_opt name l) ~default:`Null
  | j -> wanted "an object" j

let opt name read j =
  match member name j with `Null -> None | found -> Some (placed (fun () -> name) read found)

let some default name read j = Option.value (opt name read j) ~default

let need name read j =
  match opt name read j with Some found -> found | None -> bad "there is no \"%s\"" name
