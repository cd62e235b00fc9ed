(** Functions of yours, called in your layout at a point of ours. *)

type layout = [ Network.orientation | `Rows | `Columns | `Single ] list
(** The type for how arrays lie; see [Judge.layout]. *)

type pulled = { dx : Mat.t; dw : Mat.t; db : float array option }
(** The type for what one layer sends back. *)

type given = { grads : Backprop.grads; blocks : Blocks.t }
(** The type for what a function gave, in our layout. *)

val gradient : layout -> (Network.t -> x:Mat.t -> y:Mat.t -> Backprop.grads) -> Point.t -> given
(** [gradient layout mine p] is what [mine] gives at [p]; it raises what [mine] raises, and what {!guarded} knows. *)

val pullback :
  layout -> (w:Mat.t -> b:float array option -> x:Mat.t -> upstream:Mat.t -> pulled) -> Point.t -> given
(** [pullback layout mine p] is the same for the backward pass of a layer. *)

val activation : layout -> (z:Mat.t -> a:Mat.t -> upstream:Mat.t -> Mat.t) -> Point.t -> given
(** [activation layout mine p] is the same for that of an activation. *)

val guarded : (unit -> 'a) -> ('a, string) result
(** [guarded f] is [f ()], or in a sentence what it raised and where, or how its result cannot be read. *)

val said : exn -> string
(** [said e] is [e] as a sentence. *)

val alike : given -> given -> bool
(** [alike one other] is whether both are the same, up to the last digits. *)
