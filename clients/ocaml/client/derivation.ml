type size = Known of int | Named of string

type term = {
  id : int;
  op : string;
  shape : size * size;
  name : string option;
  factor : string option;
  args : term list;
}

type printed = {
  text : string;
  latex : string;
  mathml : string;
  term : term;
}

type step = {
  step : int;
  differentiates : string;
  formula : string;
  factor : string;
  shape : size * size;
}

type change = {
  before : int list;
  after : int list;
  text_before : string;
  text_after : string;
  text : string;
}

type line = {
  made : printed;
  rule : string;
  reason : string;
  phase : string;
  stage : string;
  lemma : string option;
  layer : int;
  group : int;
  changed : change option;
  moved : (int * int) list;
  residual : float option;
  mismatches_mod_p : int;
}

type fact = { name : string; holds : bool option   }

type t = {
  parameter : string;
  equal : bool;
  rows_used : int option;
  sizes : (string * int) list;
  start : printed;
  steps : step list;
  definitions : (string * string) list;
  lines : line list;
  facts : fact list;
  result : printed;
  notes : string list;
}

(* ---- reading *)

let size : Yojson.Safe.t -> size = function `String name -> Named name | j -> Known (Read.count j)
let pair read j = match Read.list read j with [ a; b ] -> (a, b) | _ -> Read.bad "a list of two is needed"

let rec term j =
  Read.
    {
      id = need "id" count j;
      op = need "op" text j;
      shape = need "shape" (pair size) j;
      name = opt "name" text j;
      factor = opt "factor" text j;
      args = some [] "args" (list term) j;
    }

let printed j =
  Read.
    {
      text = need "text" text j;
      latex = need "latex" text j;
      mathml = need "mathml" text j;
      term = need "term" term j;
    }

let step j =
  Read.
    {
      step = need "step" count j;
      differentiates = need "differentiates" text j;
      formula = need "formula" text j;
      factor = need "factor" text j;
      shape = need "shape" (pair size) j;
    }

let change j =
  Read.
    {
      before = need "before" (list count) j;
      after = need "after" (list count) j;
      text_before = need "text_before" text j;
      text_after = need "text_after" text j;
      text = need "text" text j;
    }

let line j =
  Read.
    {
      made = printed j;
      rule = need "rule" text j;
      reason = need "reason" text j;
      phase = need "phase" text j;
      stage = some "chain" "stage" text j;
      lemma = opt "lemma" text j;
      layer = need "layer" count j;
      group = some 0 "group" count j;
      changed = opt "changed" change j;
      moved = some [] "moved" (list (pair count)) j;
      residual = opt "residual" number j;
      mismatches_mod_p = need "mismatches_mod_p" count j;
    }

let fact j = Read.{ name = need "name" text j; holds = opt "holds" truth j }
let definition j = Read.(need "name" text j, need "text" text j)

let read j =
  let of_start name read = Read.(need "start" (need name (list read)) j) in
  Read.
    {
      parameter = need "parameter" text j;
      equal = need "equal" truth j;
      rows_used = opt "rows_used" count j;
      sizes = some [] "sizes" (members count) j;
      start = need "start" printed j;
      steps = of_start "steps" step;
      definitions = need "start" (some [] "definitions" (list definition)) j;
      lines = need "lines" (list line) j;
      facts = some [] "facts" (list fact) j;
      result = need "result" printed j;
      notes = some [] "notes" (list text) j;
    }
