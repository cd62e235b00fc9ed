"""The vectorised form as terms: what is the same for every network of one architecture, whatever its sizes and weights.

    Δ_L = D_H(E) Dσ_L(Z_L)            Δ_l = Δ_{l+1} (W_{l+1}ᵀ ⊗ I_N) Dσ_l(Z_l)               Δ_l is N·d_L × N·d_l
    J_W = Δ_l (I ⊗ A_{l−1})           J_b = Δ_l (I ⊗ 1_N)

Sizes are symbols: N rows, and d, h, o for two layers, d and o for one, d₀ … d_L for more. So are matrices: X, W₁, Y,
and the values of functions: Z₁, A₁, S₁ = σ′(Z₁), H, and P for the probabilities of a softmax.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from backproof_core.activation import Activation, Elementwise
from backproof_core.algebra.sizes import ONE, Monomial, Sizes, size
from backproof_core.algebra.terms import (
    Diag,
    Eye,
    Fn,
    Hadamard,
    Kron,
    Ones,
    Scale,
    Sub,
    Sym,
    Term,
    Transpose,
    Vec,
    product,
)
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import subscript

N = size("N")


@dataclass(frozen=True, slots=True)
class Architecture:
    """Activations, which layers have a bias, and the loss; layers count from 1, as on the blackboard."""

    activations: tuple[Activation, ...]
    biases: tuple[bool, ...]
    loss: Loss

    @property
    def depth(self) -> int:
        """L."""
        return len(self.activations)

    @property
    def folded(self) -> bool:
        """Whether the loss and the last activation are a pair with a stable seed of its own."""
        return self.activations[-1].name == self.loss.folded_with

    def elementwise(self, l: int) -> bool:
        """Whether σ_l acts on each entry alone."""
        return isinstance(self.activations[l - 1], Elementwise)

    # ------------------------------------------------------------ sizes and symbols

    def width(self, l: int) -> Monomial:
        """d_l, the neurons of layer l; d_0 are the features."""
        short = {1: ("d", "o"), 2: ("d", "h", "o")}.get(self.depth)
        return size(short[l] if short else f"d{subscript(l)}")

    def sizes(self, rows: int, widths: Sequence[int]) -> Sizes:
        """What the names of sizes stand for."""
        return {"N": rows} | {str(self.width(l)): width for l, width in enumerate(widths)}

    def W(self, l: int) -> Sym:
        """W_l, d_{l−1}×d_l."""
        return Sym(f"W{subscript(l)}", self.width(l - 1), self.width(l))

    def Z(self, l: int) -> Sym:
        """Z_l, N×d_l."""
        return Sym(f"Z{subscript(l)}", N, self.width(l))

    def A(self, l: int) -> Term:
        """A_l = σ_l(Z_l), N×d_l: X below, H above; P where σ_l is a softmax."""
        return self.outputs(l) if l > 0 else Sym("X", N, self.width(0))

    def outputs(self, l: int) -> Fn:
        """A_l of a layer, l > 0."""
        name, index = "A" if self.elementwise(l) else "P", subscript(l)
        if l == self.depth:
            name, index = "H" if self.elementwise(l) else "P", ""
        return Fn(name + index, self.activations[l - 1].name, (self.Z(l),))

    def S(self, l: int) -> Fn:
        """S_l = σ_l′(Z_l), N×d_l."""
        return Fn(f"S{subscript(l)}", f"{self.activations[l - 1].name}′", (self.Z(l), self.A(l)))

    @property
    def H(self) -> Fn:
        """The outputs, N×d_L."""
        return self.outputs(self.depth)

    @property
    def Y(self) -> Sym:
        """The targets, N×d_L."""
        return Sym("Y", N, self.width(self.depth))

    @property
    def slope(self) -> Fn:
        """G = ∂E/∂H, N×d_L."""
        return Fn("G", f"{self.loss.name}′", (self.H, self.Y))

    # ------------------------------------------------------------ factors of the chain

    @property
    def seed(self) -> Term:
        """Δ_L, N·d_L × N·d_L; the two folded pairs have stable seeds of their own.

        cross_entropy ∘ softmax          (1/N)[Diag(vec Y)(1ₖ1ₖᵀ ⊗ I_N) Diag(vec P) − Diag(vec Y)]
        binary_cross_entropy ∘ sigmoid   (1/N) Diag(vec(H − Y))
        """
        if not self.folded:
            return product(Diag(Vec(self.slope)), self.activation_jacobian(self.depth))
        return Scale(ONE / N, self.unscaled_seed)

    @property
    def folded_delta(self) -> Term:
        """δ_L = (1/N)(H − Y) of a folded pair."""
        return Scale(ONE / N, Sub(self.H, self.Y))

    @property
    def unscaled_seed(self) -> Term:
        """N·Δ_L of a folded pair."""
        if self.elementwise(self.depth):
            return Diag(Vec(Sub(self.H, self.Y)))
        DY, DP = Diag(Vec(self.Y)), Diag(Vec(self.H))
        return Sub(product(DY, self.same_row(self.depth), DP), DY)

    def same_row(self, l: int) -> Kron:
        """1ₖ1ₖᵀ ⊗ I_N, which joins the entries of one row of an N×d_l matrix."""
        return Kron(Ones(self.width(l), self.width(l)), Eye(N))

    def activation_jacobian(self, l: int) -> Term:
        """Dσ_l(Z_l), N·d_l × N·d_l: Diag(vec S_l), or for softmax D − D(1ₖ1ₖᵀ ⊗ I_N)D with D = Diag(vec P)."""
        if self.elementwise(l):
            return Diag(Vec(self.S(l)))
        D = Diag(Vec(self.A(l)))
        return Sub(D, product(D, self.same_row(l), D))

    def affine_jacobian(self, l: int) -> Kron:
        """∂vec Z_l/∂(vec A_{l−1})ᵀ = W_lᵀ ⊗ I_N."""
        return Kron(Transpose(self.W(l)), Eye(N))

    def weights_jacobian(self, l: int) -> Kron:
        """∂vec Z_l/∂(vec W_l)ᵀ = I ⊗ A_{l−1}."""
        return Kron(Eye(self.width(l)), self.A(l - 1))

    def bias_jacobian(self, l: int) -> Kron:
        """∂vec Z_l/∂b_lᵀ = I ⊗ 1_N."""
        return Kron(Eye(self.width(l)), Ones(N, ONE))

    def chain(self, l: int) -> tuple[Term, ...]:
        """The factors of Δ_l, from the loss down."""
        factors: tuple[Term, ...] = (self.seed,)
        for k in range(self.depth - 1, l - 1, -1):
            factors += (self.affine_jacobian(k + 1), self.activation_jacobian(k))
        return factors

    # ------------------------------------------------------------ the matched form

    def pulled(self, M: Term, l: int) -> Term:
        """The matrix whose vec, lying down, is vec(M)ᵀ Dσ_l(Z_l): M∘S_l, or for softmax P∘(M − (M∘P)1ₖ1ₖᵀ)."""
        if self.elementwise(l):
            return Hadamard(M, self.S(l))
        P, k = self.A(l), self.width(l)
        return Hadamard(P, Sub(M, product(Hadamard(M, P), Ones(k, k))))

    def delta(self, l: int, top: Term) -> Term:
        """δ_l = (δ_{l+1} W_{l+1}ᵀ) pulled through σ_l, N×d_l, from δ_L = top."""
        for k in range(self.depth - 1, l - 1, -1):
            top = self.pulled(product(top, Transpose(self.W(k + 1))), k)
        return top

    def weights_gradient(self, l: int, delta: Term) -> Term:
        """∇W_l = A_{l−1}ᵀ δ_l, d_{l−1}×d_l."""
        return product(Transpose(self.A(l - 1)), delta)

    def bias_gradient(self, delta: Term) -> Term:
        """∇b_l = 1ᵀ δ_l, 1×d_l."""
        return product(Ones(ONE, N), delta)


@lru_cache(maxsize=256)
def architecture(activations: tuple[Activation, ...], biases: tuple[bool, ...], loss: Loss) -> Architecture:
    """The architecture, the same object for the same arguments."""
    return Architecture(activations, biases, loss)


def architecture_of(layers: Sequence[Layer], loss: Loss) -> Architecture:
    """The architecture of layers under a loss."""
    return architecture(
        tuple(layer.activation for layer in layers), tuple(layer.b is not None for layer in layers), loss
    )
