(** What the oracle adds to a verdict, in words. *)

val lines : Backproof.Report.t -> Backproof.Json.t -> string list
(** [lines local report] is what [report], the oracle's, says that [local] does not: at most 15 lines of 80 columns. A
    cause that [local] has named is said to be the same and not told again; other mistakes that would give the numbers
    of the one point in the case file are left out then, since [local] has excluded them at further points. *)
