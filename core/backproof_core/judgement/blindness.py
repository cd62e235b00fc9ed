"""What a point cannot show: mistakes that change nothing there, and a better point, at which they do."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from backproof_core.backprop.gradients import Backward
from backproof_core.judgement import points
from backproof_core.judgement.bounds import Bounds
from backproof_core.judgement.claim import Claim
from backproof_core.judgement.planting import Changed, Field, plantings
from backproof_core.judgement.reasons import never, reason
from backproof_core.judgement.report import BetterPoint, Hidden
from backproof_core.judgement.setting import Setting
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.vec import Array

SHOWN = 1e-3  # of a block: what a better point changes at least
SMALL = "some way to make it changes no gradient by a thousandth at the points that were tried"
SEEDS = 6  # tried for one at which everything shows

Key = tuple[str, int | None]


def blindness(at: Setting, right: Backward, limits: Bounds) -> tuple[Hidden, ...]:
    """The mistakes that change nothing beyond rounding in what was sent, and that another point would show."""
    seen = _Seen.beyond_rounding(at, right, limits)
    hidden = [key for key in _keys(at, seen.shows) if never(at, *key) is None]
    return tuple(Hidden(id_, l, reason(at, right, id_, l)) for id_, l in hidden)


def better_point(net: Network, *, loss: Loss, seed: int = 0) -> BetterPoint:
    """A small point of that architecture that shows every mistake by at least a thousandth of a block.

    The same depth, activations, biases and, where no layer is wider than 8, sizes. What no point shows is listed, with
    why. Deterministic in the seed.
    """
    names = tuple(layer.activation.name for layer in net.layers)
    biased = tuple(layer.b is not None for layer in net.layers)
    return _better(points.small(net.sizes), names, biased, loss, seed)


@lru_cache(maxsize=128)
def _better(
    sizes: tuple[int, ...], names: tuple[str, ...], biased: tuple[bool, ...], loss: Loss, seed: int
) -> BetterPoint:
    best: BetterPoint | None = None
    for k in range(SEEDS):
        rows = points.rows_for(sizes)
        net, X, Y = points.draw(sizes, names, loss=loss, bias=biased, rows=rows, seed=seed + 1000 * k)
        found = BetterPoint(net, X, Y, unshown(net, X, Y, loss))
        if best is not None and len(found.unshowable) >= len(best.unshowable):
            continue
        best = found
        if all(never(_setting(net, X, Y, loss), one.id, one.layer) for one in best.unshowable):
            break
    assert best is not None
    return best


def unshown(net: Network, X: Array, Y: Array, loss: Loss) -> tuple[Hidden, ...]:
    """The mistakes that a point does not show by a thousandth of a block in the gradients, and why."""
    at = _setting(net, X, Y, loss)
    with np.errstate(all="ignore"):
        right = Field(at).right
        keys = _keys(at, _Seen.clearly(right).shows, every=True)
        return tuple(Hidden(id_, l, never(at, id_, l) or SMALL) for id_, l in keys)


def _setting(net: Network, X: Array, Y: Array, loss: Loss) -> Setting:
    return Setting(net, net.forward(X), loss.prepare_targets(Y)[0], loss, Claim())


def _keys(at: Setting, shows: Callable[[Changed], bool], *, every: bool = False) -> list[Key]:
    """The mistakes of which no way shows, or not every way does, each with its layer."""
    shown: dict[Key, list[bool]] = {}
    for one in plantings(at):
        seen = shown.setdefault((one.id, one.layer), [])
        if every or not any(seen):
            seen.append(any(shows(changed) for changed in one.changed()))
    return [key for key, seen in shown.items() if not (all(seen) if every else any(seen))]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """When a change shows: by more than that in a block that is looked at."""

    ours: dict[str, Array]
    limits: dict[str, float]

    @classmethod
    def beyond_rounding(cls, at: Setting, right: Backward, limits: Bounds) -> "_Seen":
        """In the gradients and in what was sent of δ, by more than rounding explains."""
        found = dict(right.gradients.blocks())
        most = {path: float(M.max(initial=0.0)) for path, M in limits.gradients.blocks()}
        for l, D in enumerate(at.claim.matrices("deltas")):
            if D is not None:
                found[f"deltas.{l}"] = right.deltas[l]
                most[f"deltas.{l}"] = float(limits.deltas[l].max(initial=0.0))
        return cls(found, most)

    @classmethod
    def clearly(cls, right: Backward) -> "_Seen":
        """In the gradients, by a thousandth of the block."""
        ours = dict(right.gradients.blocks())
        return cls(ours, {path: SHOWN * float(np.abs(M).max(initial=0.0)) for path, M in ours.items()})

    def shows(self, changed: Changed) -> bool:
        """Whether a changed block is another one."""
        path, M = changed
        ours = self.ours.get(path)
        if ours is None:
            return False
        if M.shape != ours.shape or not np.isfinite(M).all():
            return True
        return bool(np.abs(M - ours).max(initial=0.0) > self.limits[path])
