(** Gradients in each form that was asked for, by witnesses, and how they compare. *)

open Backproof

type form = {
  gradients : Backprop.grads;  (** ∂loss/∂W_l and ∂loss/∂b_l. *)
  deltas : Mat.t list;  (** δ_1 … δ_L, each N×d_l. *)
  pre_activations : Mat.t list;  (** Z_1 … Z_L. *)
  activations : Mat.t list;  (** A_1 … A_L. *)
  jacobian : Backprop.jacobian list;  (** ∂vec E by each layer's parameters; of the vectorised form only. *)
  route : string option;  (** The route of the vectorised form. *)
  seconds : float option;  (** The time that it took. *)
  predicted_bytes : int option;  (** The memory predicted from the shapes. *)
  peak_bytes : int option;  (** The most memory held at one time. *)
  predicted_flops : int option;  (** The operations predicted from the shapes. *)
}
(** The type for what one form or witness found, and what it cost; what was not asked for is empty. *)

type comparison = {
  parameter : string;  (** The block, ["layers.0.weights"]. *)
  between : string list;  (** The two sides, [["matched"; "vectorized"]]. *)
  max_abs : float;  (** The largest difference. *)
  max_rel : float;  (** The largest difference over the largest entry of the block. *)
  identical : bool;  (** Whether every bit is the same. *)
  agree : bool;  (** Whether they agree. *)
  rounding : bool;  (** Whether only what rounding explains makes them agree. *)
}
(** The type for how far two ways to compute one block are apart. *)

type t = {
  loss_value : float;  (** The loss on the rows given. *)
  agree : bool option;  (** Whether all comparisons agree. *)
  forms : (string * form) list;  (** The forms by name. *)
  witnesses : (string * form) list;  (** The witnesses by name. *)
  comparison : comparison list;  (** Every further form and witness against the first form. *)
  notes : string list;  (** What is worth knowing about these numbers. *)
}
(** The type for gradients. *)

val matched : t -> form option
(** [matched g] is what the shape-matched form found, if it was asked for. *)

val vectorized : t -> form option
(** [vectorized g] is what the vectorised form found, if it was asked for. *)

val witness : string -> t -> form option
(** [witness name g] is what the witness ["complex_step"] or ["central_difference"] found, if it was asked for. *)

(**/**)

val layer : Yojson.Safe.t -> Backprop.grad
val read : Yojson.Safe.t -> t
(** The gradients that a JSON object is; raises Read.Bad where it is none. *)
