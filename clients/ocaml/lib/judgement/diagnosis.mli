(** What is wrong with a gradient at a point: block by block, from the output down, and by which mistake. *)

type entry = {
  parameter : string;  (** "W2", "b2", …; "x" or "z" for inputs. *)
  relative_error : float;  (** Largest difference over the largest entry; infinite where shapes differ. *)
  cosine : float;  (** Of the angle between yours and ours; NaN where one is zero. *)
  worst : ((int * int) * float * float) option;  (** The entry that is furthest off: index, yours, ours. *)
  shapes : ((int * int) * (int * int)) option;  (** Yours and ours, where they differ. *)
  agrees : bool;  (** Whether rounding explains the difference. *)
  follows : string option;  (** The block nearer to the output because of which alone it is wrong, if there is one. *)
}
(** The type for what is found of one block. *)

type t = {
  entries : entry list;  (** Every block, from the output down. *)
  mistakes : (Mistake.t * Mistake.variation) list;
      (** The mistakes that each give these numbers, and the ways in which they do, likeliest first. *)
  complete : bool;  (** Whether they give all of them, or only those down to the first wrong layer. *)
  pattern : string;  (** What the first wrong block looks like, in words. *)
  ratio : string;  (** How many times ours it is, where it is that everywhere; else "". *)
}
(** The type for diagnoses. *)

val make : Point.t -> Blocks.t -> t
(** [make p yours] is what is to be said of [yours] at [p]. A block agrees with ours where its relative error is at most
    1e-9, or its largest difference within (64 + N)·u·S, S the largest entry of the layer's blocks. A
    block whose numbers are all exactly float32 values is judged as such: 1e-4, and the u of float32. *)

val name : Mistake.t * Mistake.variation -> string
(** [name (m, v)] is what [m] is called with all that [v] says of it. *)

val confirmed : t list -> t -> t
(** [confirmed others d] is [d] with only those mistakes, one way of each, that [others], diagnoses of the same function at other points,
    name too: a factor 3 is no factor N where there are two rows. *)

val is_right : t -> bool
(** [is_right d] is whether every block agrees. *)

val first_wrong : t -> entry option
(** [first_wrong d] is the wrong block that is nearest to the output. *)
