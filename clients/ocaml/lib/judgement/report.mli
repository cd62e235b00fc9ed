(** Reports on a gradient: a verdict, and words that fit a screen. *)

type verdict =
  | Right  (** At every point. *)
  | Wrong  (** At some point. *)
  | Cannot_judge  (** Our own ways to compute it do not agree. *)
(** The type for verdicts. *)

type t = {
  verdict : verdict;
  summary : string;  (** The verdict in one sentence. *)
  diagnosis : Diagnosis.t option;  (** Block by block, where numbers were compared. *)
  text : string;  (** The report: at most 80 columns of ASCII and 25 lines. *)
  case : string option;
      (** The file that holds the point and your numbers, from the root of the file system, where one was written and
          everything in it is known by its name to others: no activation or loss is a function of your own. *)
}
(** The type for reports. *)

val mistakes : t -> string list
(** [mistakes r] is the names of the mistakes that explain the numbers, likeliest first. *)

val right : points:int -> shown:string list -> hidden:(string * string) list -> t
(** [right ~points ~shown ~hidden] is the report of a gradient that is right at so many points, which can show the
    mistakes [shown] and not those [hidden], each with the reason. *)

val wrong : Point.t -> where:string -> case:(string, string) result option -> Diagnosis.t -> t
(** [wrong p ~where ~case d] is the report of a gradient that is wrong at [p] as [d] says. [where] tells which point it
    is, [case] the file that it is in, or why it is in none. *)

val unusable : Point.t -> where:string -> case:(string, string) result option -> string -> t
(** [unusable p ~where ~case what] is the report of a function that gave no gradient to compare at [p]: [what] happened. *)

val cannot_judge : Point.t option -> string -> t
(** [cannot_judge p why] is the report of a point at which our own ways do not agree, or that could not be made. *)

val print : t -> unit
(** [print r] is nothing; [r.text] and a line's end are on standard output. *)
