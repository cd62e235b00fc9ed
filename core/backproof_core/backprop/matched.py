"""Backpropagation by matching shapes: transposes are put where the products conform."""

from collections.abc import Sequence

from backproof_core.backprop.gradients import Backward, Gradients, LayerGradient
from backproof_core.layer import Layer
from backproof_core.network import Pass
from backproof_core.vec import Array


def backward(layers: Sequence[Layer], run: Pass, delta: Array) -> Backward:
    """Deltas and gradients by the matched form, from δ_L (see Loss.delta).

    δ_l = (δ_{l+1} W_{l+1}ᵀ) ∘ σ'(Z_l),   ∇W_l = A_{l−1}ᵀ δ_l,   ∇b_l = 1ᵀ δ_l          δ_l is N×d_l
    """
    deltas = [delta]
    found = [parameter_gradient(layers[-1], run.A[-2], delta)]
    for layer, below, Z, A, A_in in run.downward(layers):  # from W_L to W_2
        delta = below.activation.pullback(Z, A, delta @ layer.W.T)  # N × d_{l−1}
        deltas.append(delta)
        found.append(parameter_gradient(below, A_in, delta))
    gradients = Gradients(tuple(reversed(found)))
    return Backward(tuple(reversed(deltas)), gradients, _peak_bytes(deltas, gradients))


def parameter_gradient(layer: Layer, A_in: Array, delta: Array) -> LayerGradient:
    """∇W = A_inᵀ δ and ∇b = 1ᵀ δ."""
    return LayerGradient(A_in.T @ delta, None if layer.b is None else delta.sum(axis=0))


def _peak_bytes(downward: Sequence[Array], gradients: Gradients) -> int:
    """The most bytes alive at once: what was kept before a δ, that δ, and a matrix of its shape to make it."""
    kept, peak = 0, 0
    for delta, gradient in zip(downward, reversed(gradients.layers)):
        peak = max(peak, kept + 2 * delta.nbytes)
        kept += delta.nbytes + sum(block.nbytes for _, block in gradient.blocks())
    return max(peak, kept)
