"""Backpropagation by matrix calculus: Jacobians of vec'd matrices, multiplied from the loss down.

    Δ_L = D_H(E) · Dσ_L(Z_L)            Δ_l = Δ_{l+1} (W_{l+1}ᵀ ⊗ I_N) Dσ_l(Z_l)                Δ_l is N·d_L × N·d_l
    ∇W_l = unvec((1ᵀ Δ_l (I ⊗ A_{l−1}))ᵀ)         ∇b_l = 1ᵀ Δ_l (I ⊗ 1_N)

Two routes evaluate the same chain. `dense` is literal: np.kron, np.diag, np.eye, from left to right, the ones vector
last. `row` multiplies by the ones vector first and carries the row 1ᵀΔ_l as the matrix M with vec(M)ᵀ = 1ᵀΔ_l, so that
the two lemmas of the proof are its only operations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backproof_core.activation import Activation, Elementwise
from backproof_core.backprop.gradients import Backward, Gradients, LayerGradient, LayerJacobian
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Pass
from backproof_core.vec import Array, unvec, vec


@dataclass(slots=True)
class Meter:
    """The most bytes that a chain of products had alive at once: left and right factor, result and what is held."""

    peak_bytes: int = 0

    def times(self, left: Array, right: Array, *held: Array) -> Array:
        """left · right."""
        product = left @ right
        self.peak_bytes = max(self.peak_bytes, sum(M.nbytes for M in (left, right, product, *held)))
        return product


# ---------------------------------------------------------------- dense: every factor as a matrix


def backward_dense(layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
    """Deltas and gradients by the full Jacobians, each summed over its rows by 1ᵀ J at the end."""
    meter, deltas, found = Meter(), [], []
    for l, Delta in _downward(layers, run, Y, loss, meter):
        J = parameter_jacobian(layers[l], run.A[l], Delta, meter)
        W = unvec(_sum_of_rows(J.W), *layers[l].W.shape)
        found.append(LayerGradient(W, None if J.b is None else _sum_of_rows(J.b)))
        deltas.append(unvec(_sum_of_rows(Delta), *run.Z[l].shape))
        del J, Delta  # before the next factors are built
    return Backward(tuple(reversed(deltas)), Gradients(tuple(reversed(found))), meter.peak_bytes)


def jacobians(layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> tuple[LayerJacobian, ...]:
    """∂vec E/∂(vec W_l)ᵀ and ∂vec E/∂b_lᵀ for every layer: a row is the gradient of one entry of E."""
    meter = Meter()
    downward = _downward(layers, run, Y, loss, meter)
    return tuple(reversed([parameter_jacobian(layers[l], run.A[l], Delta, meter) for l, Delta in downward]))


def _downward(layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss, meter: Meter) -> Iterator[tuple[int, Array]]:
    """(l, Δ_l) from the last layer, counted from 0, down to the first."""
    N = len(Y)
    Delta = seed(loss, layers[-1].activation, run.Z[-1], run.H, Y, meter)  # N·d_L × N·d_L
    yield len(layers) - 1, Delta
    for l in range(len(layers) - 2, -1, -1):
        above, Z = layers[l + 1], run.Z[l]
        Delta = meter.times(Delta, np.kron(above.W.T.copy(), np.eye(N, dtype=Z.dtype)))  # N·d_L × N·d_l
        D = activation_jacobian(layers[l].activation, Z, run.A[l + 1], meter, Delta)
        Delta = meter.times(Delta, D)
        del D
        yield l, Delta


def seed(loss: Loss, last: Activation, Z: Array, H: Array, Y: Array, meter: Meter) -> Array:
    """Δ_L = D_H(E) Dσ_L(Z_L), N·d_L × N·d_L; the two folded pairs have stable seeds of their own.

    cross_entropy ∘ softmax          (1/N)[Diag(vec Y)(1ₖ1ₖᵀ ⊗ I_N) Diag(vec P) − Diag(vec Y)]
    binary_cross_entropy ∘ sigmoid   (1/N) Diag(vec(H − Y))
    """
    if last.name != loss.folded_with:
        DE = np.diag(vec(loss.slope(H, Y)))
        return meter.times(DE, activation_jacobian(last, Z, H, meter, DE))
    if isinstance(last, Elementwise):
        return np.diag(vec((H - Y) / len(H)))
    DY = np.diag(vec(Y))
    spread = meter.times(DY, _same_row(H))
    spread = meter.times(spread, np.diag(vec(H)), DY)
    spread -= DY
    spread /= len(H)
    return spread


def activation_jacobian(activation: Activation, Z: Array, A: Array, meter: Meter, *held: Array) -> Array:
    """Dσ(Z), N·d × N·d: Diag(vec σ'(Z)), or for softmax D − D(1ₖ1ₖᵀ ⊗ I_N)D with D = Diag(vec P)."""
    if isinstance(activation, Elementwise):
        return np.diag(vec(activation.df(Z, A)))
    D = np.diag(vec(A))
    spread = meter.times(D, _same_row(A), *held)
    spread = meter.times(spread, D, *held)
    return np.subtract(D, spread, out=spread)


def parameter_jacobian(layer: Layer, A_in: Array, Delta: Array, meter: Meter) -> LayerJacobian:
    """Δ_l (I ⊗ A_{l−1}) for the weights and Δ_l (I ⊗ 1_N) for the bias."""
    identity, ones = np.eye(layer.d_out, dtype=A_in.dtype), np.ones((len(A_in), 1), dtype=A_in.dtype)
    W = meter.times(Delta, np.kron(identity, A_in))
    return LayerJacobian(W, None if layer.b is None else meter.times(Delta, np.kron(identity, ones), W))


def _same_row(M: Array) -> Array:
    """1ₖ1ₖᵀ ⊗ I_N, which joins the entries of one row of an N×k matrix."""
    N, k = M.shape
    ones: Array = np.ones((k, k), dtype=M.dtype)
    return np.kron(ones, np.eye(N, dtype=M.dtype))


def _sum_of_rows(J: Array) -> Array:
    """1ᵀ J."""
    return np.ones(len(J), dtype=J.dtype) @ J


# ---------------------------------------------------------------- row: 1ᵀ first, carried as a matrix


def backward_row(layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
    """Deltas and gradients with the ones vector first; M is δ_l, so the bits are those of the matched form."""
    M = loss.delta(layers[-1].activation, run.Z[-1], run.H, Y)  # vec(M)ᵀ = 1ᵀ Δ_L
    Ms, found, peak, kept = [], [], 0, 0
    for l in range(len(layers) - 1, -1, -1):
        if l < len(layers) - 1:
            M = times_kron(M, layers[l + 1].W.T)
            M = layers[l].activation.pullback(run.Z[l], run.A[l + 1], M)  # lemma D
        peak = max(peak, kept + 2 * M.nbytes)
        gradient = LayerGradient(run.A[l].T @ M, None if layers[l].b is None else M.sum(axis=0))  # lemma K
        Ms.append(M)
        found.append(gradient)
        kept += M.nbytes + sum(block.nbytes for _, block in gradient.blocks())
    return Backward(tuple(reversed(Ms)), Gradients(tuple(reversed(found))), max(peak, kept))


def times_kron(M: Array, B: Array) -> Array:
    """The matrix P with vec(P)ᵀ = vec(M)ᵀ (B ⊗ I): lemma K with A = I."""
    return M @ B
