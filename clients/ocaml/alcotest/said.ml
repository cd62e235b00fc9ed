open Backproof

let width = 80
let most_lines = 15

(* ---- reading: what is not there is said to be nothing *)

let text name j = match Json.member name j with Some (String s) -> s | _ -> ""
let list name j = match Json.member name j with Some (List l) -> l | _ -> []
let within name j = Option.value (Json.member name j) ~default:Json.Null
let of_mistakes f explanation = List.map f (list "mistakes" explanation)

(* ---- lines: characters are counted, not bytes, and what was written elsewhere moves no cursor *)

let begins c = Char.code c land 0xc0 <> 0x80
let length s = String.fold_left (fun n c -> if begins c then n + 1 else n) 0 s
let plain s = String.map (fun c -> if c < ' ' || c = '\127' then ' ' else c) s

(* Where the first [n] characters end *)
let rec after n s i =
  if i >= String.length s then i
  else if not (begins s.[i]) then after n s (i + 1)
  else if n = 0 then i
  else after (n - 1) s (i + 1)

let cut s =
  let s = plain s in
  if length s <= width then s else String.sub s 0 (after (width - 3) s 0) ^ "..."

let wrapped label words =
  let indent = String.make (length label) ' ' in
  let add (lines, line, empty) word =
    if empty || length line + 1 + length word <= width then (lines, (if empty then line else line ^ " ") ^ word, false)
    else (line :: lines, indent ^ word, false)
  in
  let words = List.filter (( <> ) "") (String.split_on_char ' ' (plain words)) in
  let lines, last, _ = List.fold_left add ([], label, true) words in
  List.rev_map cut (last :: lines)

let labelled label = wrapped (Printf.sprintf "%-8s" label)
let of_code i line = cut ((if i = 0 then "mend    " else "        ") ^ line)

(* ---- what is told *)

let placed m =
  match Json.member "layer" m with
  | Some (Number l) -> Printf.sprintf "%s in layer %.0f" (text "id" m) (l +. 1.)
  | _ -> text "id" m

let named e = String.concat " and " (of_mistakes placed e)

let told known m =
  let id = text "id" m in
  if List.mem id known then []
  else
    let detail = text "detail" m in
    let name = if detail = "" then id else id ^ ": " ^ detail in
    let code = List.filter (( <> ) "") (String.split_on_char '\n' (text "ocaml" (within "mend" m))) in
    labelled "why" (Printf.sprintf "%s (%s)" (text "cause" m) name) @ List.mapi of_code code

let explained report =
  match list "diagnosis" report with
  | [] -> []
  | likeliest :: others ->
      let same = String.concat "; " (List.map named others) in
      List.concat (of_mistakes (told []) likeliest) @ if others = [] then [] else labelled "or" same

let notes report = List.concat_map (function Json.String s -> labelled "note" s | _ -> []) (list "notes" report)
let head words = wrapped "The oracle says: " words

(* The local judge has tried the causes that it names at further points: so they count for more than those of one *)
let chosen known report =
  let ids e = of_mistakes (text "id") e in
  List.find_opt (fun e -> List.exists (fun id -> List.mem id known) (ids e)) (list "diagnosis" report)

let lines (local : Report.t) report =
  let known = Report.mistakes local in
  let found =
    match chosen known report with
    | None -> head (text "summary" report) @ explained report
    | Some e ->
        let more = List.concat (of_mistakes (told known) e) in
        head ((if more = [] then "the same, " else "") ^ named e ^ ".") @ more
  in
  List.filteri (fun i _ -> i < most_lines) (found @ notes report)
