"""The caller's blocks as targets: how near a hypothesis has to come to one to explain it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backproof_core.backprop.gradients import Gradients
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.claim import Claim, LayerClaim
from backproof_core.vec import Array

SHARE = 0.05  # of what is off, that an explanation may leave
SLACK = 4.0  # a wrong computation may round more than the right one
UNITS = 128  # of the last digit
COARSEST = 1e-3  # of a block: rounding beyond it explains nothing


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """One block of the caller's with ours, and what rounding explains between them.

    limit is that bound, absolute, and share the same over our largest entry.
    """

    yours: Array
    ours: Array
    limit: float
    share: float
    off: float  # the largest difference, infinite where shapes differ or a number is not finite
    slack: float  # a squared norm: what an explanation leaves is no more

    @classmethod
    def of(cls, yours: Array, ours: Array, limit: float) -> "Target":
        """The target, for a bound of rounding errors."""
        largest = float(np.abs(ours).max(initial=0.0))
        share = limit / largest if largest > 0 else _of_precision(yours)
        return cls.made(yours, ours, limit, min(max(share, 1e-14), COARSEST))

    @classmethod
    def made(cls, yours: Array, ours: Array, limit: float, share: float) -> "Target":
        """The target, for that bound and its share in the whole block, of which these are perhaps some rows."""
        largest = float(np.abs(yours).max(initial=0.0))
        allowed = 1.1 * SLACK * share * largest + limit
        if yours.shape != ours.shape or not np.isfinite(yours).all():
            off = float("inf")
        else:
            off = float(np.abs(yours - ours).max(initial=0.0))
        return cls(yours, ours, limit, share, off, yours.size * allowed * allowed)

    @property
    def is_right(self) -> bool:
        """Whether rounding explains the difference."""
        return self.off <= self.limit

    def residual(self, M: Array) -> float | None:
        """What a hypothesis leaves, over the largest entry; None where it does not explain the block."""
        if M.shape != self.yours.shape:
            return None
        left = float(np.abs(self.yours - M).max(initial=0.0))
        largest = float(np.abs(M).max(initial=0.0))
        allowed = self.limit if self.is_right else min(SLACK * self.share * largest + self.limit, SHARE * self.off)
        if not left <= allowed:
            return None
        return left / largest if largest > 0 else 0.0


def _of_precision(yours: Array) -> float:
    """What numbers of that precision may be off by where ours say nothing, since they are zero."""
    single = np.array_equal(yours, yours.astype(np.float32), equal_nan=True)
    return UNITS * float(np.finfo(np.float32 if single else np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """The targets of a backward pass, by layer; None for what was not sent."""

    weights: tuple[Target | None, ...]
    biases: tuple[Target | None, ...]
    deltas: tuple[Target | None, ...]

    @classmethod
    def of(cls, claim: Claim, ours: Gradients, deltas: tuple[Array, ...], bounds: Bounds) -> "Targets":
        depth = len(ours.layers)
        sent = claim.gradients or (LayerClaim(),) * depth
        limits = bounds.gradients.layers
        return cls(
            tuple(_target(c.W, g.W, b.W) for c, g, b in zip(sent, ours.layers, limits)),
            tuple(_target(c.b, g.b, b.b) for c, g, b in zip(sent, ours.layers, limits)),
            tuple(_target(M, D, b) for M, D, b in zip(claim.deltas or (None,) * depth, deltas, bounds.deltas)),
        )

    def fit_reversed(self) -> bool:
        """Whether all weights' gradients were sent, with shapes that the layers may give them in reverse order."""
        pairs = zip(self.weights, reversed(self.weights))
        return all(t is not None and o is not None and o.yours.shape in self._shapes(t) for t, o in pairs)

    def _shapes(self, target: Target) -> set[tuple[int, ...]]:
        """The shapes of a gradient made with its input, with the layer's own output or with X, as is or turned."""
        (d_in, d_out), first = target.ours.shape, self.weights[0]
        widths = {d_in, d_out} | (set() if first is None else {first.ours.shape[0]})
        return {(d, d_out) for d in widths} | {(d_out, d) for d in widths}

    def reversed(self) -> "Targets":
        """The gradients in the reverse order of the layers, against ours as they are."""
        return Targets(_swapped(self.weights), _swapped(self.biases), self.deltas)

    def named(self) -> Mapping[tuple[str, int], Target]:
        """All targets by list and layer."""
        lists = {"weights": self.weights, "bias": self.biases, "deltas": self.deltas}
        return {(name, l): t for name, targets in lists.items() for l, t in enumerate(targets) if t is not None}


def _target(yours: Array | None, ours: Array | None, limit: Array | None) -> Target | None:
    if yours is None or ours is None or limit is None:
        return None
    return Target.of(yours, ours, float(limit.max(initial=0.0)))


def _swapped(targets: tuple[Target | None, ...]) -> tuple[Target | None, ...]:
    pairs = zip(targets, reversed(targets))
    return tuple(None if t is None or o is None else Target.of(o.yours, t.ours, t.limit) for t, o in pairs)
