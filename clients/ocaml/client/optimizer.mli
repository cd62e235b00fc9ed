(** How a gradient g changes the weights W, at the rate r. What is left out takes the service's default. *)

type schedule =
  | Constant  (** r stays as it is. *)
  | Step of { every : int; factor : float }  (** r·factor^⌊e/every⌋, e = finished epochs. *)
  | Cosine of { floor : float option }  (** floor + (r − floor)(1 + cos(πe/E))/2, E = all epochs. *)
(** The type for how the rate changes with the epochs. *)

type settings = { rate : float; weight_decay : float option; schedule : schedule option }
(** The type for what all optimizers have: r > 0; λ, by which g ← g + λW comes first, for weights only; the schedule. *)

type t =
  | Sgd of settings  (** W ← W − r·g. *)
  | Momentum of settings * float option  (** v ← μv + g, W ← W − r·v, and μ. *)
  | Nesterov of settings * float option  (** v ← μv + g, W ← W − r(g + μv), and μ. *)
  | Adam of settings * adam  (** Bias-corrected, with ε outside the root. *)

and adam = { beta1 : float option; beta2 : float option; epsilon : float option }
(** The type for optimizers. *)

val sgd : ?weight_decay:float -> ?schedule:schedule -> float -> t
(** [sgd rate] is gradient descent. *)

val momentum : ?momentum:float -> ?weight_decay:float -> ?schedule:schedule -> float -> t
(** [momentum rate] is gradient descent with momentum. *)

val nesterov : ?momentum:float -> ?weight_decay:float -> ?schedule:schedule -> float -> t
(** [nesterov rate] is gradient descent with Nesterov's momentum. *)

val adam :
  ?beta1:float -> ?beta2:float -> ?epsilon:float -> ?weight_decay:float -> ?schedule:schedule -> float -> t
(** [adam rate] is Adam. *)

(**/**)

val json : t -> Yojson.Safe.t
