"""The front: a caller's numbers at a point, judged."""

import numpy as np
import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.backprop.evaluation import evaluate
from backproof_core.errors import InvalidValue, ShapeMismatch
from backproof_core.judgement.bounds import bounds
from backproof_core.judgement.claim import Claim
from backproof_core.judgement.report import RIGHT, WRONG, Block, FirstWrong, Report, Worst
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.vec import Array

DEFAULT_BUDGET = 1 << 31


def judge(
    net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str, claim: Claim, budget: int = DEFAULT_BUDGET
) -> Report:
    """The report on a caller's numbers for a network on rows X (N×d_0) with targets Y (N×d_L).

    Raises what evaluate raises, and InvalidValue for a claim that holds nothing or not one entry for each layer.
    """
    _check(net, claim)
    known = losses.named(loss) if isinstance(loss, str) else loss
    exact = net.astype("float64")
    found = evaluate(exact, X, Y, loss=known, budget=budget)
    rows = exact.rows_of(X)
    targets, notes = known.prepare_targets(exact.targets_of(Y, len(rows)))
    dtype = claim.dtype or _precision(claim)
    allowed = bounds(exact, found.run, targets, loss=known, dtype=dtype)
    blocks = []
    ours, limit = dict(found.gradients.blocks()), dict(allowed.gradients.blocks())
    for l, layer in enumerate(claim.layers("gradients")):
        for name, M in layer.blocks():
            path = f"layers.{l}.{name}"
            blocks.append(_block(path, l, M, ours[path], limit[path]))
    wrong = [block for block in blocks if block.verdict == WRONG]
    first = FirstWrong(wrong[-1].layer, "gradients", wrong[-1].parameter) if wrong else None
    verdict = WRONG if wrong else RIGHT
    return Report(
        verdict,
        f"{len(wrong)} of {len(blocks)} gradients are wrong.",
        dtype,
        claim.dtype is None,
        tuple(blocks),
        first,
        (),
        (),
        None,
        (),
        tuple(notes),
    )


def _check(net: Network, claim: Claim) -> None:
    if not claim.sent:
        raise InvalidValue("there is nothing to judge", where=())
    for name in claim.sent[1 if claim.loss_value is not None else 0 :]:
        given = len(getattr(claim, name))
        if given != len(net.layers):
            raise ShapeMismatch(f"{name} has {given} entries and the network {len(net.layers)} layers", where=(name,))


def _precision(claim: Claim) -> str:
    """float32 if every number of the judged lists is exactly one, else float64."""
    lists = claim.numbers()
    with np.errstate(all="ignore"):
        same = all(np.array_equal(M, M.astype(np.float32), equal_nan=True) for M in lists)
    return "float32" if lists and same else "float64"


def _block(path: str, l: int, yours: Array, ours: Array, limit: Array) -> Block:
    if yours.shape != ours.shape:
        return Block("gradients", path, l, WRONG, None, 0.0, pattern="it has another shape")
    off = np.abs(yours - ours)
    largest = max(float(np.abs(yours).max()), float(np.abs(ours).max())) or 1.0
    worst = tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    verdict = RIGHT if off.max() <= limit.max() else WRONG
    return Block(
        "gradients",
        path,
        l,
        verdict,
        float(off.max()) / largest,
        float(limit.max()) / largest,
        Worst(worst, float(yours[worst]), float(ours[worst])),
    )
