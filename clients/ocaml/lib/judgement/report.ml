type verdict = Right | Wrong | Cannot_judge

type t = {
  verdict : verdict;
  summary : string;
  diagnosis : Diagnosis.t option;
  text : string;
  case : string option;
}

let width = 80
let shown_blocks = 8

let mistakes r =
  match r.diagnosis with None -> [] | Some d -> List.map (fun ((m : Mistake.t), _) -> m.id) d.mistakes

(* ---- lines *)

(* In ASCII: signs that our own sentences use in words, anything else as "?" *)
let ascii s =
  let signs = [ ("×", "x"); ("≥", ">="); ("≤", "<="); ("…", "..."); ("−", "-"); ("∞", "inf") ] in
  let digits = List.init 10 (fun d -> (Names.subscript d, string_of_int d)) in
  let b = Buffer.create (String.length s) in
  let starts i (sign, _) = i + String.length sign <= String.length s && String.sub s i (String.length sign) = sign in
  let rec from i =
    if i < String.length s then
      match List.find_opt (starts i) (signs @ digits) with
      | Some (sign, word) ->
          Buffer.add_string b word;
          from (i + String.length sign)
      | None ->
          Buffer.add_char b (if s.[i] >= ' ' && s.[i] < '\127' then s.[i] else '?');
          from (i + 1)
  in
  from 0;
  Buffer.contents b

let most_words = 600 (* of what others say, so that a report stays one *)
let shortened s = if String.length s > most_words then String.sub s 0 most_words ^ " ..." else s

(* A word in pieces that fit a line *)
let rec pieces n word =
  if String.length word <= n then [ word ]
  else String.sub word 0 n :: pieces n (String.sub word n (String.length word - n))

(* Lines of at most [width] columns, those after the first indented to where the label ends *)
let wrapped label words =
  let indent = String.make (String.length label) ' ' in
  let add (lines, line) word =
    if String.length line + 1 + String.length word <= width then (lines, line ^ " " ^ word)
    else (line :: lines, indent ^ " " ^ word)
  in
  let words = List.filter (( <> ) "") (String.split_on_char ' ' (ascii (shortened words))) in
  let words = List.concat_map (pieces (width - String.length label - 1)) words in
  let lines, line = List.fold_left add ([], label) words in
  List.rev (line :: lines)

(* A label of one width, so that the texts stand below each other *)
let labelled label words = wrapped (Printf.sprintf "%-7s" label) words
let most_lines = 25

let headline sentence = List.map String.trim (wrapped "" sentence)
let text lines = String.concat "\n" (List.filteri (fun i _ -> i < most_lines) lines)

(* ---- the point *)

let counted n noun = Printf.sprintf "%d %s%s" n noun (if n = 1 then "" else "s")

let described (p : Point.t) =
  let sizes = String.concat "-" (List.map string_of_int (Network.sizes p.net)) in
  let names = List.map (fun (s : Activation.t) -> s.name) (Network.activations p.net) in
  let activations = match List.sort_uniq compare names with [ one ] -> one | _ -> String.concat " " names in
  let bias = if List.for_all (( = ) None) (Network.biases p.net) then "no bias" else "bias" in
  let rows = counted (Mat.rows p.x) "row" in
  match p.kind with
  | Gradient -> Printf.sprintf "network %s, %s, %s, %s; %s" sizes activations bias p.loss.name rows
  | Pullback -> Printf.sprintf "one layer %s, %s, %s; %s" sizes activations bias rows
  | Activation -> Printf.sprintf "%s of %s of %d" activations rows (Mat.cols p.x)

let point_line p where = labelled "point" (described p ^ "; " ^ where)

(* ---- blocks *)

let dims (p, q) = Printf.sprintf "%dx%d" p q
let header = "          rel. error    cosine     worst entry          yours           ours"

let cell e =
  let digits = if (not e.Diagnosis.agrees) && e.relative_error < 1e-4 then 9 else 6 in
  match (e : Diagnosis.entry).worst with
  | None -> Printf.sprintf "%15s%15s%15s" "-" "-" "-"
  | Some ((i, j), yours, ours) ->
      let index = if Blocks.is_weights e.parameter || String.length e.parameter = 1 then Printf.sprintf "(%d,%d)" i j else Printf.sprintf "(%d)" j in
      let number x = if Float.is_nan x then "nan" else Printf.sprintf "%.*g" digits x in
      Printf.sprintf "%12s%16s%15s" index (number yours) (number ours)

let state (e : Diagnosis.entry) = if e.agrees then "" else if e.follows <> None then " follows" else " WRONG"

let block_line (e : Diagnosis.entry) =
  match e.shapes with
  | Some (yours, ours) -> Printf.sprintf "  %-6s your shape is %s, it needs %s   WRONG" e.parameter (dims yours) (dims ours)
  | None ->
      let cosine = if not (Float.is_finite e.cosine) then "-" else Printf.sprintf "%.4f" e.cosine in
      let error = if Float.is_nan e.relative_error then "nan" else Printf.sprintf "%.1e" e.relative_error in
      let numbers = Printf.sprintf "  %-6s %10s%10s%s" e.parameter error cosine (cell e) in
      numbers ^ state e

let block_lines entries =
  let wrong, right = List.partition (fun (e : Diagnosis.entry) -> not e.agrees) entries in
  let rec take n = function x :: rest when n > 0 -> x :: take (n - 1) rest | _ -> [] in
  let kept = take shown_blocks (wrong @ right) in
  let left = List.length entries - List.length kept in
  let shown = List.filter (fun e -> List.memq e kept) entries in
  (header :: List.map block_line shown)
  @ if left > 0 then [ Printf.sprintf "  and %d more, %d of them right" left (min left (List.length right)) ] else []

(* ---- words *)

let listed = function
  | [] -> ""
  | [ one ] -> one
  | names ->
      let rec go = function [ last ] -> "and " ^ last | name :: rest -> name ^ (if List.length rest > 1 then ", " else " ") ^ go rest | [] -> "" in
      go names

let named f entries = List.filter_map (fun (e : Diagnosis.entry) -> if f e then Some e.parameter else None) entries
let is_are names = if List.length names = 1 then "is" else "are"

let sentence (d : Diagnosis.t) =
  let first = (Option.get (Diagnosis.first_wrong d)).parameter in
  match d.mistakes with
  | (m, v) :: _ -> Printf.sprintf "WRONG: %s (%s)." (m.title v) m.id
  | [] -> Printf.sprintf "WRONG: the gradient by %s; %s." first d.pattern

(* The blocks that are wrong by themselves, besides the first, and what follows from them *)
let besides_words (d : Diagnosis.t) first =
  let is_root (e : Diagnosis.entry) = (not e.agrees) && e.follows = None && e.parameter <> first in
  let roots = named is_root d.entries in
  let followers = named (fun e -> e.follows <> None && e.follows <> Some first) d.entries in
  let several = List.length roots > 1 in
  let how = if d.complete && d.mistakes <> [] then "wrong by the same mistake" else "wrong besides" in
  let because = if several then "them" else "it" in
  let follow = if followers = [] then "" else Printf.sprintf "; %s only because of %s" (listed followers) because in
  if roots = [] then "" else Printf.sprintf " %s %s %s%s." (listed roots) (is_are roots) how follow

let first_line (d : Diagnosis.t) =
  let first = (Option.get (Diagnosis.first_wrong d)).parameter in
  let follow = named (fun e -> e.follows = Some first) d.entries in
  let because = if follow = [] then "" else Printf.sprintf " %s %s wrong only because of it." (listed follow) (is_are follow) in
  labelled "first"
    (Printf.sprintf "%s is wrong first, counted from the output.%s%s" first because (besides_words d first))

let cause_lines (d : Diagnosis.t) =
  match d.mistakes with
  | [] -> labelled "why" "No mistake that is known here gives these numbers."
  | (m, v) :: others ->
      let same = List.map (fun ((m : Mistake.t), (v : Mistake.variation)) -> m.id ^ " " ^ v.where) others in
      let rest = if same = [] then "" else Printf.sprintf " (The same numbers: %s.)" (String.concat "; " same) in
      let more = if d.complete then "" else " What is wrong below is wrong besides; mend this first." in
      labelled "why" (m.why v ^ rest ^ more)
      @ List.mapi (fun i line -> (if i = 0 then "mend    " else "        ") ^ line) (m.mend v)

let case_lines = function
  | None -> []
  | Some (Ok file) -> labelled "case" (file ^ " (for the command: backproof check FILE)")
  | Some (Error why) -> labelled "case" ("could not be written: " ^ why)

(* ---- reports *)

let wrong p ~where ~case d =
  let summary = sentence d in
  let lines =
    headline summary @ point_line p where @ block_lines d.entries @ first_line d @ cause_lines d @ case_lines case
  in
  { verdict = Wrong; summary; diagnosis = Some d; text = text lines; case = None }

let unusable p ~where ~case what =
  let summary = "WRONG: " ^ what in
  let lines = headline summary @ point_line p where @ case_lines case in
  { verdict = Wrong; summary; diagnosis = None; text = text lines; case = None }

let cannot_judge p why =
  let summary = "CANNOT JUDGE: " ^ why in
  let point = match p with Some p -> labelled "point" (described p) | None -> [] in
  let lines = headline summary @ point in
  { verdict = Cannot_judge; summary; diagnosis = None; text = text lines; case = None }

let right ~points ~shown ~hidden =
  let n = List.length shown and all = List.length shown + List.length hidden in
  let of_all = if hidden = [] then Printf.sprintf "all %d mistakes" n else Printf.sprintf "%d of %d mistakes" n all in
  let summary = Printf.sprintf "right at %s that can show %s" (counted points "point") of_all in
  let blind (id, reason) = wrapped ("  not " ^ id ^ ":") reason in
  { verdict = Right; summary; diagnosis = None; text = text (summary :: List.concat_map blind hidden); case = None }

let print r = print_endline r.text
