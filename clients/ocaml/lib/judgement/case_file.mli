(** Case files: a point and your numbers, as the command [backproof] reads them. *)

val to_json : Point.t -> Backprop.grads -> string
(** [to_json p yours] is the JSON object [{"network", "loss", "data", "gradients"}]. *)

val write : string -> Point.t -> Backprop.grads -> string option
(** [write file p yours] is the path of [file], now holding {!to_json}, as somebody can open it from where [dune] was
    called; [None] where it cannot be written. *)
