let width = 80
let height = 25

(* Characters, not bytes: every byte that begins one in UTF-8 *)
let begins c = Char.code c land 0xc0 <> 0x80
let length s = String.fold_left (fun n c -> if begins c then n + 1 else n) 0 s

(* The first [n] characters, and the rest *)
let split n s =
  let rec from i left =
    if i >= String.length s then i
    else if begins s.[i] then if left = 0 then i else from (i + 1) (left - 1)
    else from (i + 1) left
  in
  let at = from 0 n in
  (String.sub s 0 at, String.sub s at (String.length s - at))

let padded n s = s ^ String.make (max 0 (n - length s)) ' '

(* What others wrote moves no cursor *)
let plain s = String.map (fun c -> if c < ' ' || c = '\127' then ' ' else c) s

let cut line =
  let line = plain line in
  if length line <= width then line else fst (split (width - 3) line) ^ "..."

let rec pieces n word =
  if length word <= n then [ word ]
  else
    let piece, rest = split n word in
    piece :: pieces n rest

let wrapped label words =
  let indent = String.make (length label) ' ' and room = width - length label in
  let add (lines, line) word =
    match line with
    | None -> (lines, Some word)
    | Some line when length line + 1 + length word <= room -> (lines, Some (line ^ " " ^ word))
    | Some line -> (line :: lines, Some word)
  in
  let words = List.filter (( <> ) "") (String.split_on_char ' ' (plain words)) in
  let lines, last = List.fold_left add ([], None) (List.concat_map (pieces room) words) in
  let lines = List.rev (Option.to_list last @ lines) in
  List.mapi (fun i line -> (if i = 0 then label else indent) ^ line) lines

let text lines =
  let n = List.length lines in
  let kept = List.filteri (fun i _ -> i < if n > height then height - 1 else height) lines in
  String.concat "\n" (kept @ if n > height then [ "..." ] else [])
