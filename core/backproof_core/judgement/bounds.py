"""Running bounds of rounding errors: how far right numbers of the caller's precision may be from ours."""

from dataclasses import dataclass

import numpy as np

from backproof_core.backprop.gradients import Gradients
from backproof_core.check.rounding import rounding_scale
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """The largest error of each entry that rounding explains, absolute, in the shapes of what it bounds."""

    loss_value: float
    Z: tuple[Array, ...]  # Z_1 … Z_L
    A: tuple[Array, ...]  # A_1 … A_L
    deltas: tuple[Array, ...]
    gradients: Gradients


def bounds(net: Network, run: Pass, Y: Array, *, loss: Loss, dtype: str) -> Bounds:
    """The bounds at a point of a float64 network, for a right computation in dtype, in any order of summation."""
    u = float(np.finfo(dtype).eps) / 2
    S = rounding_scale(net, run, Y, loss=loss)
    c = (64 + len(Y)) * u
    return Bounds(
        c * abs(float(loss.value(net.last, run.Z[-1], run.H, Y))),
        tuple(c * np.abs(Z).max() * np.ones_like(Z) for Z in run.Z),
        tuple(c * np.abs(A).max() * np.ones_like(A) for A in run.A[1:]),
        tuple(c * np.ones_like(A) for A in run.A[1:]),
        Gradients(tuple(layer.map(lambda s: c * s) for layer in S.layers)),
    )
