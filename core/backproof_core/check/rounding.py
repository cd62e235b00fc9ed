"""The scale of rounding errors: the gradient computed again with absolute values and every difference a sum.

What cancels in a gradient does not cancel in its rounding errors: at zero weights and balanced classes a right bias
gradient is rounding noise, and only this scale tells it from a wrong one.
"""

import numpy as np

from backproof_core.backprop.gradients import Gradients, LayerGradient
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass
from backproof_core.vec import Array


def rounding_scale(net: Network, run: Pass, Y: Array, *, loss: Loss) -> Gradients:
    """S ≥ |∇| for every block: |δ_L| by sums, |δ_l| = (|δ_{l+1}| |W_{l+1}|ᵀ) ∘ |σ'|, |A|ᵀ|δ|, 1ᵀ|δ|."""
    with np.errstate(all="ignore"):
        delta = loss.delta_bound(net.last, run.Z[-1], run.H, Y)
        found = [_scale(run.A[-2], delta, net.layers[-1].b)]
        for layer, below, Z, A, A_in in run.downward(net.layers):
            delta = below.activation.pullback_bound(Z, A, delta @ np.abs(layer.W.T))
            found.append(_scale(A_in, delta, below.b))
    return Gradients(tuple(reversed(found)))


def _scale(A_in: Array, delta: Array, bias: Array | None) -> LayerGradient:
    return LayerGradient(np.abs(A_in.T) @ delta, None if bias is None else delta.sum(axis=0))
