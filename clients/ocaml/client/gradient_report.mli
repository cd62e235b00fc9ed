(** What a service says of gradients of your own: right or wrong, where first, by which mistake, and how to mend it. *)

type verdict = Right | Wrong | Cannot_judge  (** *)
(** The type for verdicts. *)

type worst = {
  index : int list;  (** The entry, from 0. *)
  yours : float;
  ours : float;
}
(** The type for the entry that is furthest off. *)

type block = {
  quantity : string;  (** What it was sent as, ["gradients"]. *)
  parameter : string;  (** Its path there, ["layers.0.weights"], or ["layers.0"]; [""] for the loss. *)
  layer : int option;  (** Its layer, from 0. *)
  verdict : verdict;
  relative_error : float option;  (** Largest difference over the largest entry; [None] where the shapes differ. *)
  tolerance : float;  (** What rounding explains of that; NaN where that is not said. *)
  worst : worst option;
  ratio : float option;  (** Yours over ours, where that is the same everywhere. *)
  cosine : float option;  (** Of the angle between yours and ours. *)
  pattern : string option;  (** What is wrong about it, in words. *)
  follows : string option;  (** The wrong block from which all that is wrong here follows. *)
}
(** The type for what was judged: a gradient of a parameter, Z, A or δ of a layer, new weights, or the loss. *)

type first_wrong = { layer : int option; quantity : string; parameter : string  (** *) }
(** The type for the first quantity, as they are computed, that does not agree. *)

type mend = { numpy : string; ocaml : string  (** *) }
(** The type for the right code, in both languages. *)

type mistake = {
  id : string;  (** Its name, ["softmax_sign"]. *)
  layer : int option;  (** The layer that it was made in, the topmost of several. *)
  layers : int list;  (** All of these, from the output down. *)
  cause : string;  (** What was done, in a sentence. *)
  question : string;  (** A hint that does not tell. *)
  mend : mend;
  detail : string;  (** Which factor, loss or activation it is, or what was fitted; else [""]. *)
  value : float option;  (** That number, if it is one. *)
}
(** The type for known mistakes, where they were made. *)

type explanation = {
  mistakes : mistake list;
  residual : float;  (** The largest relative difference that they leave. *)
}
(** The type for mistakes that together give the numbers. *)

type witness = {
  name : string;  (** The service's own way to compute the gradient. *)
  relative_error : float;  (** How far it is from the matched form. *)
  agrees : bool option;  (** Whether that is near enough, where the service says so. *)
}
(** The type for what vouches for the service's numbers. *)

type t = {
  verdict : verdict;
  summary : string;  (** The verdict in one sentence. *)
  dtype : string option;  (** The precision by which it was judged. *)
  dtype_inferred : bool;  (** Whether that was told by the numbers alone. *)
  parameters : block list;  (** The gradients. *)
  blocks : block list;  (** What else was sent. *)
  first_wrong : first_wrong option;
  diagnosis : explanation list;  (** Every explanation that fits, fewest mistakes and likeliest first; or none. *)
  blindness : Test_point.hidden list;  (** The mistakes that this very point could not have shown. *)
  better_point : Test_point.t option;  (** One that shows what there is to be shown. *)
  witnesses : witness list;
  notes : string list;  (** What is worth knowing besides. *)
}
(** The type for reports. *)

val agrees : t -> bool
(** [agrees r] is whether the verdict is [Right]. *)

val judged : t -> block list
(** [judged r] is everything that was judged, in the order in which it is computed. *)

val mistakes : t -> string list
(** [mistakes r] is the names of the mistakes of the likeliest explanation. *)

val verdict_name : verdict -> string
(** [verdict_name v] is ["right"], ["wrong"] or ["cannot_judge"]. *)

val to_string : t -> string
(** [to_string r] is the report in words, for a screen: at most 80 columns and 25 lines, the last without an end. *)

val pp : Format.formatter -> t -> unit
(** [pp f r] prints {!to_string}[ r]. *)

(**/**)

val read : ?layout:Choice.layout -> Yojson.Safe.t -> t
(** The report that a JSON object is; raises Read.Bad where it is none. *)
