(** Parameters in words, as on the blackboard and on the wire. *)

val subscript : int -> string
(** [subscript n] is [n] in subscript digits: W₁₂. *)

val parameter : int -> string -> string
(** [parameter l field] is the field, ["weights"] or ["bias"], of layer [l], counted from 0: "W₂ (layers.1.weights)". *)
