(** Activations: a function and its derivative are one value, so they cannot drift apart. *)

type elementwise = {
  f : float -> float;  (** [f z] is σ(z). *)
  df : float -> float -> float;  (** [df z a] is σ'(z), where a = σ(z) is already known. *)
  df_bound : float -> float -> float;  (** |σ'(z)| with every difference a sum: the scale of its rounding errors. *)
}
(** The type for a function that acts on each entry alone: Dσ(Z) = Diag(vec σ'(Z)). *)

type kind =
  | Elementwise of elementwise  (** Each entry alone. *)
  | Softmax  (** Row by row; its Jacobian D − D(1 1ᵀ ⊗ I)D, with D = Diag(vec P), is not diagonal. *)

type logarithm = Mat.t -> Mat.t
(** The type for a logarithm of outputs, computed from Z so that it is stable. *)

type t = private {
  name : string;  (** The name on the wire. *)
  kind : kind;  (** What it does to Z. *)
  kinked : bool;  (** Whether σ has a kink at 0, where any subgradient is legal. *)
  log : logarithm option;  (** ln σ(Z); [None] where σ(Z) can be 0 or negative. *)
  log_complement : logarithm option;  (** ln(1 − σ(Z)); [None] where σ(Z) can be 1 or more. *)
}
(** The type for activations. *)

(** {1 The activations there are} *)

val identity : t
(** [identity] is σ(z) = z. *)

val sigmoid : t
(** [sigmoid] is σ(z) = 1/(1 + e{^−z}). *)

val tanh : t
(** [tanh] is the hyperbolic tangent. *)

val relu : t
(** [relu] is max(z, 0), with relu'(0) = 0. *)

val leaky_relu : t
(** [leaky_relu] is z where z > 0, else 0.01·z, with slope 0.01 at 0. *)

val softplus : t
(** [softplus] is ln(1 + e{^z}). *)

val softmax : t
(** [softmax] is e{^z}/Σ e{^z} by rows. *)

val all : t list
(** [all] is every activation that the service knows. *)

val named : string -> t
(** [named name] is the activation of that name.
    @raise Errors.Unknown_name with the valid ones. *)

val elementwise : ?kinked:bool -> name:string -> df:(float -> float -> float) -> (float -> float) -> t
(** [elementwise ~name ~df f] is an activation of your own: [f z], and [df z a] its derivative where a = [f z]. The
    service does not know it, and no cross-entropy admits it. [kinked] says that it has a kink at 0; default [false]. *)

(** {1 What they do} *)

val apply : t -> Mat.t -> Mat.t
(** [apply s z] is σ(Z), of the shape of [z]. *)

val pullback : t -> z:Mat.t -> a:Mat.t -> Mat.t -> Mat.t
(** [pullback s ~z ~a m] is the matrix P with vec(P)ᵀ = vec(M)ᵀ Dσ(Z), where [a] is [apply s z]: M∘σ'(Z), or for
    softmax P∘(M − (M∘P)1 1ᵀ). *)

val jacobian : t -> z:Mat.t -> a:Mat.t -> Mat.t
(** [jacobian s ~z ~a] is Dσ(Z) = ∂vec σ(Z)/∂(vec Z)ᵀ, a square matrix of N·d rows. *)

val pullback_bound : t -> z:Mat.t -> a:Mat.t -> Mat.t -> Mat.t
(** [pullback_bound s ~z ~a m] is the pullback of [m] ≥ 0 with every difference a sum. *)
