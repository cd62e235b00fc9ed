(** Points at which a gradient is judged: a network, a loss and data, small, seeded, and able to show mistakes. *)

type kind =
  | Gradient  (** Of every parameter of a network. *)
  | Pullback  (** Of one layer's parameters and inputs, from a gradient by its outputs. *)
  | Activation  (** Of an activation's inputs, from a gradient by its outputs. *)
(** The type for what is judged. *)

type t = { kind : kind; net : Network.t; loss : Loss.t; x : Mat.t; y : Mat.t }
(** The type for points. For a [Pullback] or an [Activation] [loss] is {!Loss.linear} of [y], the gradient by the
    outputs; for an [Activation] the one layer has the identity as weights, so [x] is Z. *)

type shape = { rows : int; sizes : int list }
(** The type for how large a point is. *)

val shape : t -> shape
(** [shape p] is how large [p] is. *)

val shapes : kind -> depth:int -> sizes:int list option -> rows:int option -> seed:int -> shape
(** [shapes kind ~depth ~sizes ~rows ~seed] is a shape that shows mistakes: 3 rows, or 2 where [seed] is odd, and
    widths that differ from each other and from the rows, unless [sizes] or [rows] say otherwise. *)

val smaller : kind -> shape -> sizes:int list option -> rows:int option -> shape list
(** [smaller kind s ~sizes ~rows] is shapes that hold less than [s], the smallest first, of those sizes or rows where
    they are given. *)

val make :
  kind -> seed:int -> digits:int -> bias:bool -> activations:Activation.t list -> loss:Loss.t option -> shape -> t
(** [make kind ~seed ~digits ~bias ~activations ~loss shape] is a point of that shape. Its numbers have so many
    binary digits after the point; every kinked unit is on for one row and off for another where that can be, none is at its kink or
    saturated, and targets are what [loss] wants, one class or 0 and 1 for the cross-entropies. [loss] is [None] where
    the kind has its own. *)
