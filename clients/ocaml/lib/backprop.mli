(** Backpropagation in two forms that share nothing but the network and the loss.

    [Matched] moves, transposes and multiplies entry by entry until the shapes fit:
    δ_l = (δ{_l+1} W{_l+1}ᵀ)∘σ'(Z_l), ∇W_l = A{_l−1}ᵀ δ_l, ∇b_l = 1ᵀ δ_l.

    [Vectorized] is the chain rule of matrix calculus, literally, with {!Mat.kron}, {!Mat.diag} and {!Mat.eye}:
    Δ_l = Δ{_l+1} (W{_l+1}ᵀ ⊗ I_N) Diag(vec σ'(Z_l)), ∇W_l = unvec((1ᵀ Δ_l (I ⊗ A{_l−1}))ᵀ). *)

type form = Matched | Vectorized  (** *)
(** The type for the forms. *)

type grad = { w : Mat.t; b : float array option }
(** The type for the gradient of one layer: ∂loss/∂W, of the shape of W, and ∂loss/∂b where the layer has a bias. *)

type grads = grad list
(** The type for the gradient of a network, first layer first. *)

type jacobian = { dw : Mat.t; db : Mat.t option }
(** The type for the Jacobian of the error matrix by one layer's parameters, with N·d_L rows, rows and columns in the
    order of {!Mat.vec}: [dw] has d{_l−1}·d_l columns, [db] has d_l. *)

val max_bytes : int
(** [max_bytes] is the memory that {!Vectorized} may take, 2 GiB; what would need more is refused beforehand. *)

val predicted_bytes : Network.t -> rows:int -> int
(** [predicted_bytes net ~rows] is the most bytes that {!Vectorized} has in one product at once: both factors and the
    result. *)

(** What can be asked of a way to do backpropagation: here, or of a service by [Backproof_client.Remote]. *)
module type S = sig
  val deltas : ?form:form -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> Mat.t list
  (** [deltas net ~loss ~x ~y] is δ_1 … δ_L, each N×d_l: the derivative of the loss by Z_l. [form] defaults to
      [Matched].
      @raise Errors.Shape_mismatch where [x] or [y] do not fit [net].
      @raise Errors.Inadmissible_pair where [loss] is not defined on the outputs of the last activation.
      @raise Errors.Invalid_value where [y] is no target of [loss].
      @raise Errors.Too_large_for_form where [Vectorized] would need too much memory. *)

  val gradient : ?form:form -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads
  (** [gradient net ~loss ~x ~y] is +∂loss/∂W_l and +∂loss/∂b_l for every layer; raises what {!deltas} raises. *)

  val jacobian : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> jacobian list
  (** [jacobian net ~loss ~x ~y] is ∂vec E/∂(vec W_l)ᵀ and ∂vec E/∂b_lᵀ for every layer: each row is the gradient of one
      entry of the error matrix E, and the rows sum to the gradient. It raises what {!deltas} raises. *)

  val numeric : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads
  (** [numeric net ~loss ~x ~y] is the gradient by central differences of fourth order, which know nothing of
      backpropagation; good to about 1e-10 of a block's largest entry, and to nothing where a kink is at a point. It
      raises what {!deltas} raises. *)
end

include S

val value : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> float
(** [value net ~loss ~x ~y] is the loss of [net] on the rows [x] with targets [y]; raises what {!deltas} raises. *)

val bound : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads
(** [bound net ~loss ~x ~y] is the gradient computed again with absolute values and every difference a sum, S: two right
    gradients of N rows may differ by (64 + N)·u·S in an entry, u = 2{^−53}, however small the entry is. It raises what
    {!deltas} raises. *)

(**/**)

type prepared = { layers : Layer.t list; run : Network.pass; h : Mat.t; targets : Mat.t }

val prepare : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> prepared
(** The forward pass and the targets as the loss computes with them, once all of it is known to fit. *)

val value_of : Layer.t list -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> float
(** The loss without checks, targets prepared. *)

val gradient_and_value : form -> Layer.t list -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads * float
(** For training: without checks, targets prepared. *)

val input_gradient : form -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> Mat.t
(** ∂loss/∂X, N×d_0. *)

val numeric_from : float -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> grads
(** The same as numeric, with that step first. *)

val numeric_input : float -> Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> Mat.t
(** ∂loss/∂X by central differences. *)

val slope_along : Network.t -> loss:Loss.t -> x:Mat.t -> y:Mat.t -> step:float -> direction:grads -> dx:Mat.t -> float
(** The slope of the loss where the parameters move in a direction and the rows by dx, by a central difference. *)
