(** Our own ways to compute a gradient, which have to agree before anybody else's is judged. *)

val agree : Point.t -> (unit, string) result
(** [agree p] is [Ok ()] where the matched form, the vectorised form and central differences give the same at [p], else
    which two do not, in a sentence. Where [p] is large the vectorised form is left out if it would take more than
    8 MiB, and differences go along random directions instead of to every entry. *)
