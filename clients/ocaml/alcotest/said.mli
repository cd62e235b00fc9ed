(** What the oracle adds to a verdict, in words. *)

val lines : Backproof.Report.t -> Backproof.Json.t -> string list
(** [lines local report] is what [report], the oracle's, says that [local] does not: at most 15 lines of 80 columns.
    Where an explanation holds a cause that [local] has named, it is this one, and that cause is not told again: the
    others fit the one point in the case file, and [local] has tried its own at further points. *)
