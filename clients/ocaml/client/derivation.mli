(** The proof, line by line, that the vectorised gradient of a parameter is the matched one. *)

type size = Known of int | Named of string  (** Of a network, such as [Named "N·o"], where no data was sent. *)
(** The type for the sizes of a matrix. *)

type term = {
  id : int;  (** Its number; no two nodes of one derivation share one. *)
  op : string;  (** The kind of node, ["Kron"]. *)
  shape : size * size;  (** Rows and columns. *)
  name : string option;  (** The name of a matrix or of a function's value. *)
  factor : string option;  (** The number of a multiple. *)
  args : term list;  (** The nodes that it is made of. *)
}
(** The type for matrix expressions. *)

type printed = {
  text : string;  (** Plain Unicode. *)
  latex : string;  (** The body of a formula, for amsmath and amssymb. *)
  mathml : string;  (** One math element; its parts carry the ids of the term as [data-term]. *)
  term : term;  (** The tree. *)
}
(** The type for a matrix expression in three notations. *)

type step = {
  step : int;  (** Its number, from 1. *)
  differentiates : string;  (** What by what, ["Z₂ = A₁ W₂ by A₁"]. *)
  formula : string;  (** The formula of matrix calculus that is used. *)
  factor : string;  (** Its Jacobian, ["W₂ᵀ ⊗ I_N"]. *)
  shape : size * size;  (** The factor's rows and columns. *)
}
(** The type for the functions of the composition, each a factor of the chain rule. *)

type change = {
  before : int list;  (** The nodes of the line before that were replaced. *)
  after : int list;  (** The nodes of this line in their place. *)
  text_before : string;  (** The part that was replaced. *)
  text_after : string;  (** What stands in its place. *)
  text : string;  (** The line with the changed part within ⟦ ⟧. *)
}
(** The type for what a line changed. *)

type line = {
  made : printed;  (** What the rule made of the line before. *)
  rule : string;  (** The rule's name, ["diag-acts-on-vec"]. *)
  reason : string;  (** The equation that allows it. *)
  phase : string;  (** What kind of rule it is, ["act"]. *)
  stage : string;  (** ["seed"] or ["chain"]. *)
  lemma : string option;  (** ["D"], ["K"], or neither. *)
  layer : int;  (** The layer that it belongs to, counted from 0. *)
  group : int;  (** Lines of one use of a lemma have one number. *)
  changed : change option;  (** What was changed. *)
  moved : (int * int) list;  (** Parts that were moved: a node of the line before, and of this one. *)
  residual : float option;  (** How far it is from the start on the data, relatively. *)
  mismatches_mod_p : int;  (** Entries that differ from the start's modulo 2⁶¹ − 1. *)
}
(** The type for applications of a rule. *)

type fact = { name : string; holds : bool option  (** [None] without data. *) }
(** The type for what a derivation rests on besides algebra. *)

type t = {
  parameter : string;  (** The parameter, ["layers.0.weights"]. *)
  equal : bool;  (** Whether both forms were found to be the same. *)
  rows_used : int option;  (** How many of the first rows were used, where there was data. *)
  sizes : (string * int) list;  (** What the names of sizes stand for, where there was data. *)
  start : printed;  (** The vectorised gradient. *)
  steps : step list;  (** Its factors after the row of ones. *)
  definitions : (string * string) list;  (** What each symbol stands for. *)
  lines : line list;  (** The lines after the start. *)
  facts : fact list;  (** What it rests on besides algebra. *)
  result : printed;  (** The last line: the matched gradient. *)
  notes : string list;  (** What is worth knowing about it. *)
}
(** The type for derivations. *)

(**/**)

val read : Yojson.Safe.t -> t
(** The derivation that a JSON object is; raises Read.Bad where it is none. *)
