"""Every block that was sent, beside ours: its verdict, its worst entry, its pattern."""

from collections.abc import Iterator

import numpy as np

from backproof_core.backprop.gradients import Backward
from backproof_core.judgement.kinks import Limits
from backproof_core.judgement.patterns import cosine_of, pattern_of, ratio_of
from backproof_core.judgement.report import CANNOT_JUDGE, RIGHT, WRONG, Block, Worst
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.updating import steps
from backproof_core.vec import Array

COARSEST = 1e-3  # of a block: a bound above it cannot vouch for the block
CLEARLY = 3.0  # times such a bound: more than rounding can explain


def blocks(at: Setting, right: Backward, limits: Limits, unit: float) -> Iterator[Block]:
    """The blocks in the order in which they are computed: Z_1, A_1 … A_L, the loss, δ_L, ∇W_L, ∇b_L, … the step."""
    sure, most = limits.sure, limits.most
    for l in range(at.depth):
        yield from _matrix(at, "pre_activations", l, at.run.Z[l], sure.Z[l], most.Z[l])
        yield from _matrix(at, "activations", l, at.run.A[l + 1], sure.A[l], most.A[l])
    if at.claim.loss_value is not None:
        ours = np.array([float(at.loss.value(at.net.last, at.run.Z[-1], at.run.H, at.Y))])
        yield block("loss_value", "", None, np.array([at.claim.loss_value]), ours, sure.loss_value)
    gradients = at.claim.layers("gradients")
    for l in reversed(range(at.depth)):
        yield from _matrix(at, "deltas", l, right.deltas[l], sure.deltas[l], most.deltas[l])
        if gradients:
            ours_l = dict(right.gradients.layers[l].blocks())
            within, flipped = (dict(b.gradients.layers[l].blocks()) for b in (sure, most))
            for name, yours in gradients[l].blocks():
                made_of = (at.run.A[l], right.deltas[l])
                limit, flip = (float(found[name].max(initial=0.0)) for found in (within, flipped))
                yield block("gradients", f"layers.{l}.{name}", l, yours, ours_l[name], limit, made_of, flip)
    for step in steps(at, right.gradients, sure, unit):
        yield block("updated_weights", step.path, step.layer, step.yours, step.ours, step.limit)


def _matrix(at: Setting, quantity: str, l: int, ours: Array, limit: Array, flip: Array) -> Iterator[Block]:
    sent = at.claim.matrices(quantity)
    yours = sent[l] if sent else None
    if yours is not None:
        most = float(flip.max(initial=0.0))
        yield block(quantity, f"layers.{l}", l, yours, ours, float(limit.max(initial=0.0)), flipped=most)


def block(
    quantity: str,
    parameter: str,
    l: int | None,
    yours: Array,
    ours: Array,
    limit: float,
    made_of: tuple[Array, Array] | None = None,
    flipped: float | None = None,
) -> Block:
    """One block judged by the bound of rounding errors, absolute; flipped is that if slopes at a kink may flip."""
    largest = float(np.abs(ours).max(initial=0.0))
    if yours.shape != ours.shape:
        pattern = pattern_of(yours, ours, limit, made_of)
        return Block(quantity, parameter, l, WRONG, None, _over(limit, largest), pattern=pattern)
    off = np.abs(yours - ours)
    finite = bool(np.isfinite(yours).all())
    at = _worst(off, finite, yours)
    worst = Worst(at, float(yours[at]), float(ours[at])) if off.size else None
    scale = largest if largest > 0 or not finite else float(np.abs(yours).max(initial=0.0))
    error = _over(float(off.max(initial=0.0)), scale) if finite else float("nan")
    tolerance = _over(limit, scale)
    flips = flipped is not None and flipped > 2 * limit and error > tolerance
    if flipped is not None and error > tolerance:
        tolerance = _over(flipped, scale)
    if not finite:
        verdict = WRONG if np.isfinite(limit) else CANNOT_JUDGE
    else:
        verdict = WRONG if flips and error > tolerance else _verdict(error, tolerance)
    wrong = verdict == WRONG
    return Block(
        quantity,
        parameter,
        l,
        verdict,
        error,
        tolerance,
        worst,
        ratio_of(yours, ours, min(tolerance, 1e-4)) if wrong else None,
        cosine_of(yours, ours),
        pattern_of(yours, ours, limit, made_of) if wrong else None,
        flips=flips,
    )


def _worst(off: Array, finite: bool, yours: Array) -> tuple[int, ...]:  # noqa: FBT001
    place = int(off.argmax()) if finite else int(np.argmin(np.isfinite(yours)))
    return tuple(int(i) for i in np.unravel_index(place, off.shape))


def _over(value: float, scale: float) -> float:
    if value == 0.0:
        return 0.0
    return value / scale if scale > 0 else float("inf")


def _verdict(error: float, tolerance: float) -> str:
    """Where rounding may be more than a thousandth of the block nothing is said of what it might explain."""
    if error == 0.0:
        return RIGHT
    if tolerance <= COARSEST:
        return RIGHT if error <= tolerance else WRONG
    return WRONG if error > CLEARLY * tolerance else CANNOT_JUDGE
