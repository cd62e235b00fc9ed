"""Comparing two gradients block by block, without an absolute scale."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.backprop.gradients import Gradients
from backproof_core.backprop.numeric import Witness
from backproof_core.check.rounding import rounding_scale
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.vec import Array

TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
DIFFERENCE_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far apart two gradients of one parameter are.

    max_rel is the largest difference over the block's largest entry, 0 if both are zero. rounding says that only what
    rounding explains makes them agree.
    """

    parameter: str
    between: tuple[str, str]
    max_abs: float
    max_rel: float
    identical: bool
    agree: bool
    rounding: bool


def compare(
    net: Network,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: Loss | str,
    first: tuple[str, Gradients],
    second: tuple[str, Gradients] | Witness,
) -> list[Comparison]:
    """The two gradients of a network compared per parameter.

    They agree where max_rel is at most 1e-9 (float64), 1e-4 (float32) or 1e-6 (central differences), or where max_abs
    is within (64 + N)·u·S plus, for differences, u·|loss|/h; entries that a witness marks unreliable are passed over.
    A block with a number that is not finite never agrees.
    """
    known = losses.named(loss) if isinstance(loss, str) else loss
    name, other = (second.name, second.gradients) if isinstance(second, Witness) else second
    skip = (
        second.unreliable.blocks()
        if isinstance(second, Witness)
        else [(p, np.zeros_like(g)) for p, g in other.blocks()]
    )
    step = second.step if isinstance(second, Witness) else None
    allowed = _Allowance.of(net, X, Y, known, step)
    return [
        _compare_block(path, (first[0], name), g, h, mask > 0, allowed.blocks[path], allowed.relative)
        for (path, g), (_, h), (_, mask) in zip(first[1].blocks(), other.blocks(), skip)
    ]


@dataclass(frozen=True, slots=True)
class _Allowance:
    """What two right gradients may differ by: relative to the block, and absolutely for each block."""

    relative: float
    blocks: dict[str, float]

    @classmethod
    def of(cls, net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, loss: Loss, step: float | None) -> "_Allowance":
        rows = net.rows_of(X)
        targets = loss.prepare_targets(net.targets_of(Y, len(rows)))[0].astype(net.dtype)
        run = net.forward(rows)
        u = float(np.finfo(net.dtype).eps) / 2
        of_difference = 0.0
        if step is not None:
            with np.errstate(all="ignore"):
                of_difference = u * abs(float(loss.value(net.last, run.Z[-1], run.H, targets))) / step
        scales = rounding_scale(net, run, targets, loss=loss)
        blocks = {path: (64 + len(rows)) * u * float(S.max()) + of_difference for path, S in scales.blocks()}
        of_type = TOLERANCES[str(net.dtype)]
        return cls(of_type if step is None else max(of_type, DIFFERENCE_TOLERANCE), blocks)


def distance(one: Array, two: Array) -> tuple[float, float]:
    """(max_abs, max_rel): the largest difference, and that over the largest entry of either; 0 if both are zero.

    Both are NaN where an entry is not finite: nothing can be said about how far apart infinities are.
    """
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        return math.nan, math.nan
    with np.errstate(all="ignore"):
        max_abs = float(np.abs(np.subtract(one, two, dtype=np.float64)).max(initial=0.0))
    largest = max(float(np.abs(one).max(initial=0.0)), float(np.abs(two).max(initial=0.0)))
    return max_abs, max_abs / largest if largest > 0 else 0.0


def _compare_block(
    path: str,
    between: tuple[str, str],
    one: Array,
    two: Array,
    skip: npt.NDArray[np.bool_],
    absolute: float,
    relative: float,
) -> Comparison:
    identical = one.tobytes() == two.tobytes() if one.dtype == two.dtype else bool((one == two).all())
    max_abs, max_rel = distance(np.where(skip, 0, one), np.where(skip, 0, two))
    close = max_rel <= relative  # never where a number is not finite
    explained = not close and max_abs <= absolute < math.inf
    return Comparison(path, between, max_abs, max_rel, identical, close or explained, explained)
