type verdict = Right | Wrong | Cannot_judge
type worst = { index : int list; yours : float; ours : float }

type block = {
  quantity : string;
  parameter : string;
  layer : int option;
  verdict : verdict;
  relative_error : float option;
  tolerance : float;
  worst : worst option;
  ratio : float option;
  cosine : float option;
  pattern : string option;
  follows : string option;
}

type first_wrong = { layer : int option; quantity : string; parameter : string }
type mend = { numpy : string; ocaml : string }

type mistake = {
  id : string;
  layer : int option;
  layers : int list;
  cause : string;
  question : string;
  mend : mend;
  detail : string;
  value : float option;
}

type explanation = { mistakes : mistake list; residual : float }
type witness = { name : string; relative_error : float; agrees : bool option }

type t = {
  verdict : verdict;
  summary : string;
  dtype : string option;
  dtype_inferred : bool;
  parameters : block list;
  blocks : block list;
  first_wrong : first_wrong option;
  diagnosis : explanation list;
  blindness : Test_point.hidden list;
  better_point : Test_point.t option;
  witnesses : witness list;
  notes : string list;
}

let agrees (r : t) = r.verdict = Right

let mistakes r =
  match r.diagnosis with [] -> [] | likeliest :: _ -> List.map (fun (m : mistake) -> m.id) likeliest.mistakes

let judged (r : t) =
  let others = List.filter (fun (b : block) -> b.quantity <> "gradients") r.blocks in
  let late, early = List.partition (fun (b : block) -> b.quantity = "updated_weights") others in
  early @ r.parameters @ late

(* ---- reading *)

let verdicts = [ ("right", Right); ("wrong", Wrong); ("cannot_judge", Cannot_judge) ]
let verdict_name v = fst (List.find (fun (_, other) -> other = v) verdicts)

let verdict j =
  let name = Read.text j in
  match List.assoc_opt name verdicts with Some v -> v | None -> Read.bad "the verdict \"%s\" is none that is known" name

let worst j = Read.{ index = need "index" (list count) j; yours = need "yours" number j; ours = need "ours" number j }

let block j =
  Read.
    {
      quantity = some "gradients" "quantity" text j;
      parameter = need "parameter" text j;
      layer = opt "layer" count j;
      verdict = need "verdict" verdict j;
      relative_error = opt "relative_error" number j;
      tolerance = some Float.nan "tolerance" number j;
      worst = opt "worst" worst j;
      ratio = opt "ratio" number j;
      cosine = opt "cosine" number j;
      pattern = opt "pattern" text j;
      follows = opt "follows" text j;
    }

let first j : first_wrong =
  Read.{ layer = opt "layer" count j; quantity = need "quantity" text j; parameter = some "" "parameter" text j }

let no_mend = { numpy = ""; ocaml = "" }
let mend j = Read.{ numpy = some "" "numpy" text j; ocaml = some "" "ocaml" text j }

let mistake j =
  let layer = Read.(opt "layer" count j) in
  Read.
    {
      id = need "id" text j;
      layer;
      layers = some (Option.to_list layer) "layers" (list count) j;
      cause = some "" "cause" text j;
      question = some "" "question" text j;
      mend = some no_mend "mend" mend j;
      detail = some "" "detail" text j;
      value = opt "value" number j;
    }

let explanation j =
  Read.{ mistakes = need "mistakes" (list mistake) j; residual = some Float.nan "residual" number j }

let witness j =
  Read.
    {
      name = need "name" text j;
      relative_error = some Float.nan "relative_error" number j;
      agrees = opt "agrees" truth j;
    }

let read ?layout j =
  Read.
    {
      verdict = need "verdict" verdict j;
      summary = need "summary" text j;
      dtype = opt "dtype" text j;
      dtype_inferred = some false "dtype_inferred" truth j;
      parameters = some [] "parameters" (list block) j;
      blocks = some [] "blocks" (list block) j;
      first_wrong = opt "first_wrong" first j;
      diagnosis = some [] "diagnosis" (list explanation) j;
      blindness = some [] "blindness" (list Test_point.hidden) j;
      better_point = opt "better_point" (Test_point.read ?layout) j;
      witnesses = some [] "witnesses" (list witness) j;
      notes = some [] "notes" (list text) j;
    }

(* ---- in words: the blackboard's names, what is wrong before what is right *)

let symbol quantity parameter =
  match String.split_on_char '.' parameter with
  | _ :: layer :: of_layer -> (
      let l = match int_of_string_opt layer with Some l -> string_of_int (l + 1) | None -> layer in
      let symbol = if of_layer = [ "bias" ] then "b" ^ l else "W" ^ l in
      match quantity with
      | "gradients" -> symbol
      | "updated_weights" -> "new " ^ symbol
      | "pre_activations" -> "Z" ^ l
      | "activations" -> "A" ^ l
      | "deltas" -> "delta" ^ l
      | other -> other ^ " " ^ l)
  | _ -> if quantity = "loss_value" then "loss" else quantity

let shown_blocks = 6
let number digits = function None -> "-" | Some x -> Printf.sprintf "%.*g" digits x
let index = function [] -> "-" | l -> Printf.sprintf "(%s)" (String.concat "," (List.map string_of_int l))

let state (b : block) =
  match (b.verdict, b.follows) with
  | Right, _ -> ""
  | Wrong, None -> " WRONG"
  | Wrong, Some _ -> " follows"
  | Cannot_judge, _ -> " unsure"

let block_line (b : block) =
  let at f = Option.map f b.worst in
  Printf.sprintf "  %s%11s%11s  %-9s%14s%14s%s"
    (Screen.padded 9 (symbol b.quantity b.parameter))
    (number 2 b.relative_error)
    (number 2 (Some b.tolerance))
    (index (Option.value (at (fun w -> w.index)) ~default:[]))
    (number 8 (at (fun w -> w.yours)))
    (number 8 (at (fun w -> w.ours)))
    (state b)

let header = "            rel. error  tolerance  worst             yours          ours"
let first_of n l = List.filteri (fun i _ -> i < n) l

let block_lines r =
  let blocks = judged r in
  let wrong, right = List.partition (fun (b : block) -> b.verdict <> Right) blocks in
  let kept = first_of shown_blocks (wrong @ right) in
  let left = List.length blocks - List.length kept in
  let more = if left > 0 then [ Printf.sprintf "  and %d more" left ] else [] in
  if kept = [] then [] else (header :: List.map (fun b -> Screen.cut (block_line b)) kept) @ more

let labelled label = Screen.wrapped (Printf.sprintf "%-8s" label)

let first_lines r =
  let words (f : first_wrong) = symbol f.quantity f.parameter ^ " is wrong first, in the order of computing." in
  match r.first_wrong with None -> [] | Some f -> labelled "first" (words f)

let mistake_lines (m : mistake) =
  let detail = if m.detail = "" then "" else ": " ^ m.detail in
  let code = first_of 4 (String.split_on_char '\n' m.mend.ocaml) in
  let code_line i line = Screen.cut ((if i = 0 then "mend    " else "        ") ^ line) in
  labelled "why" (Printf.sprintf "%s (%s%s)" m.cause m.id detail) @ List.mapi code_line code

let placed (m : mistake) =
  match m.layer with None -> m.id | Some l -> Printf.sprintf "%s in layer %d" m.id (l + 1)

let explanation_words e = String.concat " and " (List.map placed e.mistakes)

let diagnosis_lines r =
  match r.diagnosis with
  | [] -> if r.verdict = Wrong then labelled "why" "No mistake that is known here gives these numbers." else []
  | likeliest :: others ->
      let same = String.concat "; " (List.map explanation_words others) in
      List.concat_map mistake_lines likeliest.mistakes @ if others = [] then [] else labelled "or" same

let hidden_lines r =
  let names = List.sort_uniq compare (List.map (fun (h : Test_point.hidden) -> h.id) r.blindness) in
  let better = if r.better_point = None then "" else " The report holds a better point." in
  if names = [] then [] else labelled "hidden" (String.concat ", " names ^ " would not show here." ^ better)

let note_lines r = List.concat_map (labelled "note") r.notes

let to_string (r : t) =
  let found = block_lines r @ first_lines r @ diagnosis_lines r in
  Screen.text (Screen.wrapped "" r.summary @ found @ note_lines r @ hidden_lines r)

let pp f r =
  let lines = String.split_on_char '\n' (to_string r) in
  Format.fprintf f "@[<v>%a@]" (Format.pp_print_list Format.pp_print_string) lines
