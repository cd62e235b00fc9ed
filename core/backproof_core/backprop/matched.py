"""Backpropagation by matching shapes: transposes are put where the products conform."""

from collections.abc import Sequence

from backproof_core.backprop.gradients import Backward, Gradients, LayerGradient, peak_bytes
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Pass
from backproof_core.vec import Array


def backward(layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
    """Deltas and gradients by the matched form, from δ_L (see Loss.delta).

    δ_l = (δ_{l+1} W_{l+1}ᵀ) ∘ σ'(Z_l),   ∇W_l = A_{l−1}ᵀ δ_l,   ∇b_l = 1ᵀ δ_l          δ_l is N×d_l
    """
    last = layers[-1].activation
    delta = loss.delta(last, run.Z[-1], run.H, Y)
    deltas = [delta]
    found = [parameter_gradient(layers[-1], run.A[-2], delta)]
    for layer, below, Z, A, A_in in run.downward(layers):  # from W_L to W_2
        delta = below.activation.pullback(Z, A, delta @ layer.W.T)  # N × d_{l−1}
        deltas.append(delta)
        found.append(parameter_gradient(below, A_in, delta))
    upward, gradients = tuple(reversed(deltas)), Gradients(tuple(reversed(found)))
    return Backward(upward, gradients, peak_bytes(upward, gradients, loss.matrices(last)))


def parameter_gradient(layer: Layer, A_in: Array, delta: Array) -> LayerGradient:
    """∇W = A_inᵀ δ and ∇b = 1ᵀ δ."""
    return LayerGradient(A_in.T @ delta, None if layer.b is None else delta.sum(axis=0))
