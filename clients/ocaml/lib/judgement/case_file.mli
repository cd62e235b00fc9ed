(** Case files: a point and your numbers, as the command [backproof] reads them. *)

val to_json : Point.t -> Backprop.grads -> string
(** [to_json p yours] is the JSON object [{"network", "loss", "data", "gradients"}]. *)

val write : string -> Point.t -> Backprop.grads -> (string, string) result
(** [write file p yours] is the path of [file], now holding {!to_json}: from the project's root where that is known, since
    tests run below _build. It is [Error] with the reason where the file cannot be written. *)
