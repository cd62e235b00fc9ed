(** Initial weights: distributions as values. *)

type t =
  | Uniform of { low : float; high : float }
  | Normal of { mean : float; std : float }
  | Glorot_uniform
  | He_normal
  | Zeros  (** *)
(** The type for a distribution of initial weights. *)

val uniform : low:float -> high:float -> t
(** [uniform ~low ~high] is U(low, high).
    @raise Errors.Invalid_value unless low ≤ high and both are finite. *)

val normal : mean:float -> std:float -> t
(** [normal ~mean ~std] is N(mean, std²).
    @raise Errors.Invalid_value unless both are finite and std ≥ 0. *)

val glorot_uniform : t
(** [glorot_uniform] is U(−a, a) with a = √(6/(d_in + d_out)). *)

val he_normal : t
(** [he_normal] is N(0, 2/d_in). *)

val zeros : t
(** [zeros] is all zero, and draws nothing. *)

val draw : t -> Random.State.t -> int -> int -> Mat.t
(** [draw i rng d_in d_out] is a d_in×d_out matrix drawn row by row. The same generator state gives the same numbers
    here; the service, which has another generator, gives others. *)

(**/**)

val gaussian : Random.State.t -> float
(** A draw from N(0, 1). *)
