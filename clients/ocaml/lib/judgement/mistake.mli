(** The table of mistakes: each a named change of the backward pass, with its cause and its mend.

    Tests walk over it: a mistake that is listed is planted in random networks, and has to be seen and named. *)

type scope = Planting.scope =
  | Output  (** In δ at the output, so everywhere. *)
  | Layers  (** In what certain layers do. *)
  | Blocks  (** In certain blocks alone, once δ is made. *)
(** The type for where a mistake sits. *)

type variation = Planting.variation = {
  label : string;  (** What of it: the factor, the other loss, or nothing. *)
  where : string;  (** Where it is made, in words: "in layer 2", "in W1", "from layer 2 down". *)
  scope : scope;  (** Where it sits. *)
  layers : int list;  (** The layers it is made in, from 0. *)
  blocks : Blocks.t option Lazy.t;  (** What it gives; [None] where its products do not conform. *)
}
(** The type for one way to make a mistake at a point. *)

type t = {
  id : string;  (** Its name. *)
  title : variation -> string;  (** What was done and where, as part of a sentence. *)
  why : variation -> string;  (** What is behind it, in one sentence. *)
  mend : variation -> string list;  (** Lines of OCaml that do it right, at most 72 columns each. *)
  variations : Point.t -> variation list;  (** The ways to make it at a point; none where it cannot be made there. *)
}
(** The type for mistakes. *)

val all : t list
(** [all] is every mistake, the commonest first. *)
