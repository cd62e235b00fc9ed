"""Running bounds of rounding errors: how far right numbers of the caller's precision may be from ours.

Beside every value goes the standard deviation V of its error, if roundings are independent (Higham and Mary 2019): a
sum of n terms adds √n·u·Σ|terms|, products carry errors on in squares. The bound is λ·V. What is not random is added
as it is: D, what a slope contributes that may flip since its argument is at a kink within rounding, and the difference
to the same pass with weights and data rounded to the caller's type, which all rows have in common. Errors of equal
rows and of equal units are equal; so a sum over them counts each as often as the most frequent one.
"""

from dataclasses import dataclass

import numpy as np

from backproof_core.backprop import matched
from backproof_core.backprop.gradients import Gradients, LayerGradient
from backproof_core.judgement.running import Flips, Rounding, downward, upward, value_error
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass, run_forward
from backproof_core.vec import Array

LAMBDA = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """The largest error of each entry that rounding explains, absolute, in the shapes of what it bounds."""

    loss_value: float
    Z: tuple[Array, ...]  # Z_1 … Z_L
    A: tuple[Array, ...]  # A_1 … A_L
    deltas: tuple[Array, ...]
    gradients: Gradients


def bounds(net: Network, run: Pass, Y: Array, *, loss: Loss, dtype: str) -> Bounds:
    """The bounds at a point of a float64 network, for a right computation in dtype, in any order of summation.

    Y are targets as the loss prepared them. Infinite where dtype overflows.
    """
    return _bounds(net, run, Y, loss, dtype, lambda Z, t: (np.abs(Z) <= t) & (t > 0))


def off_kinks(net: Network, run: Pass, Y: Array, *, loss: Loss, dtype: str) -> Bounds:
    """The same if the rounding of operations takes nothing across a kink: what is within these is right for sure."""
    return _bounds(net, run, Y, loss, dtype, lambda Z, t: np.zeros(Z.shape, bool))


def at_kinks(net: Network, run: Pass, Y: Array, *, loss: Loss, dtype: str) -> Bounds:
    """The same as bounds, and at a kink itself, z = 0 without any error, every slope between its sides is right too."""
    return _bounds(net, run, Y, loss, dtype, lambda Z, t: np.abs(Z) <= t)


def _bounds(net: Network, run: Pass, Y: Array, loss: Loss, dtype: str, flips: Flips) -> Bounds:
    kind = np.finfo(dtype)
    twice = 2.0 if dtype == "float64" else 1.0 + 2.0**-20  # our own errors are those of float64
    rounding = Rounding(float(kind.eps) / 2, float(kind.smallest_subnormal), float(kind.max), LAMBDA * twice, flips)
    with np.errstate(all="ignore"):
        shared = _shared(net, run, Y, loss, np.dtype(dtype))
        forward = upward(net.layers, run, rounding, None if shared is None else shared.Z)
        deltas, gradients = downward(net.layers, run, Y, loss, forward, rounding)
        of_value = value_error(net.last, run, Y, loss, forward, rounding)
        own = Bounds(
            of_value,
            tuple(rounding.bound(e.Z) for e in forward),
            tuple(rounding.bound(e.A) for e in forward),
            tuple(rounding.total(e) for e in deltas),
            Gradients(tuple(gradients)),
        )
        return own if shared is None else _added(own, shared)


def _added(one: Bounds, two: Bounds) -> Bounds:
    """The sums of two bounds; what is not a number is no bound at all."""

    def plus(M: Array, N: Array) -> Array:
        found = M + N
        return np.where(np.isnan(found), np.inf, found)

    def layer(g: LayerGradient, h: LayerGradient) -> LayerGradient:
        return LayerGradient(plus(g.W, h.W), None if g.b is None or h.b is None else plus(g.b, h.b))

    return Bounds(
        float(plus(np.array(one.loss_value), np.array(two.loss_value))),
        tuple(map(plus, one.Z, two.Z)),
        tuple(map(plus, one.A, two.A)),
        tuple(map(plus, one.deltas, two.deltas)),
        Gradients(tuple(map(layer, one.gradients.layers, two.gradients.layers))),
    )


def _shared(net: Network, run: Pass, Y: Array, loss: Loss, kind: np.dtype[np.floating]) -> Bounds | None:
    """How far everything moves when weights and data are rounded to that type; None where they are of that type."""
    parameters = [(_as(layer.W, kind), None if layer.b is None else _as(layer.b, kind)) for layer in net.layers]
    layers = [Layer(W, b, layer.activation) for (W, b), layer in zip(parameters, net.layers)]
    X, T = _as(run.A[0], kind), _as(Y, kind)
    pairs = [(X, run.A[0]), (T, Y), *((new.W, old.W) for new, old in zip(layers, net.layers))]
    pairs += [(new.b, old.b) for new, old in zip(layers, net.layers) if new.b is not None and old.b is not None]
    if all(np.array_equal(one, two) for one, two in pairs):
        return None
    moved = run_forward(layers, X)
    here, there = matched.backward(net.layers, run, Y, loss), matched.backward(layers, moved, T, loss)
    values = [float(loss.value(net.last, at.Z[-1], at.H, t)) for at, t in ((run, Y), (moved, T))]
    found = [
        LayerGradient(_apart(one.W, two.W), None if one.b is None or two.b is None else _apart(one.b, two.b))
        for one, two in zip(here.gradients.layers, there.gradients.layers)
    ]
    return Bounds(
        2 * abs(values[0] - values[1]),
        tuple(map(_apart, run.Z, moved.Z)),
        tuple(map(_apart, run.A[1:], moved.A[1:])),
        tuple(map(_apart, here.deltas, there.deltas)),
        Gradients(tuple(found)),
    )


def _as(M: Array, kind: np.dtype[np.floating]) -> Array:
    """The numbers as that type has them, in float64."""
    rounded: Array = M.astype(kind).astype(np.float64)
    return rounded


def _apart(one: Array, two: Array) -> Array:
    """Twice the distance: a caller may have rounded some of the numbers only."""
    return 2 * np.abs(one - two)
