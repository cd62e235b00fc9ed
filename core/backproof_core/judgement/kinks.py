"""Points on a kink: any slope between the two sides is legal there, so the caller's choice is taken for granted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from backproof_core.activation import Activation, Elementwise
from backproof_core.backprop import matched
from backproof_core.backprop.gradients import Gradients
from backproof_core.judgement.bounds import Bounds, at_kinks, bounds, off_kinks
from backproof_core.judgement.setting import Setting
from backproof_core.network import Network
from backproof_core.vec import Array

NEAR = 1e-3  # of the largest pre-activation: what rounding might take across a kink
SHARES = (1.0, 0.5)  # of the way from the slope below a kink to that above


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """What is right for sure, and what may be if slopes flip that lie on a kink within rounding."""

    sure: Bounds
    most: Bounds

    @classmethod
    def of(cls, at: Setting, dtype: str) -> "Limits":
        """The limits at a point, one and the same where nothing is near a kink."""
        arguments = (at.net, at.run, at.Y)
        if not any(_is_near(Z) for _, Z in _kinked(at)):
            found = bounds(*arguments, loss=at.loss, dtype=dtype)
            return cls(found, found)
        return cls(off_kinks(*arguments, loss=at.loss, dtype=dtype), at_kinks(*arguments, loss=at.loss, dtype=dtype))


def conventions(at: Setting, yours: Gradients | None) -> Iterator[tuple[str, Setting]]:
    """The other slopes that a caller may take at the kinks that the point lies on, with a note for each.

    That above, the mean of both sides, and the one between them that comes nearest to the caller's gradients.
    """
    if not any((Z == 0).any() for _, Z in _kinked(at)):
        return
    fitted = None if yours is None else _fitted(at, yours)
    for share in (*SHARES, *([] if fitted is None else [fitted])):
        which = {1.0: "that above", 0.5: "the mean of both sides"}.get(share, f"{share:.4g} of the way to that above")
        note = f"on the kink of an activation you take the slope to be {which}, which is as legal as that below"
        yield note, _by_share(at, share)


def _by_share(at: Setting, share: float) -> Setting:
    layers = tuple(
        replace(layer, activation=_with_slope(layer.activation, share)) if layer.activation.kinked else layer
        for layer in at.net.layers
    )
    return replace(at, net=Network(layers))


def _fitted(at: Setting, yours: Gradients) -> float | None:
    """The share by which the gradients come nearest to yours, if it lies between the sides."""
    low, high = (
        dict(matched.backward(there.net.layers, at.run, at.Y, at.loss).gradients.blocks())
        for there in (at, _by_share(at, 1.0))
    )
    along, across = 0.0, 0.0
    for path, M in yours.blocks():
        if M.shape == low[path].shape and np.isfinite(M).all():
            change = high[path] - low[path]
            along, across = along + float(np.vdot(change, M - low[path])), across + float(np.vdot(change, change))
    share = along / across if across > 0 else -1.0
    return share if 0.0 < share < 1.0 else None


def _kinked(at: Setting) -> list[tuple[Activation, Array]]:
    return [(layer.activation, Z) for layer, Z in zip(at.net.layers, at.run.Z) if layer.activation.kinked]


def _is_near(Z: Array) -> bool:
    size = np.abs(Z)
    return bool((size <= NEAR * float(size.max(initial=0.0))).any())


def _with_slope(activation: Activation, share: float) -> Activation:
    """The activation with that slope at its kink."""
    assert isinstance(activation, Elementwise)
    below = float(activation.df(np.array([-1.0]), np.array([0.0]))[0])
    at_kink, df = below + share * (1.0 - below), activation.df
    return replace(activation, df=lambda Z, A: np.where(Z == 0, Z.dtype.type(at_kink), df(Z, A)))
