"""The front: a caller's numbers at a point, judged."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.backprop import matched
from backproof_core.backprop.cost import DEFAULT_BUDGET
from backproof_core.backprop.gradients import Backward, Gradients, LayerGradient
from backproof_core.errors import InvalidValue, ShapeMismatch
from backproof_core.judgement import causes, forward, summary, updating
from backproof_core.judgement.blindness import better_point, blindness
from backproof_core.judgement.blocks import blocks
from backproof_core.judgement.claim import JUDGED, Claim
from backproof_core.judgement.following import with_following
from backproof_core.judgement.kinks import Limits, conventions
from backproof_core.judgement.layouts import in_rows
from backproof_core.judgement.report import (
    CANNOT_JUDGE,
    RIGHT,
    WRONG,
    Block,
    Explanation,
    FirstWrong,
    Report,
    Testimony,
)
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.witnesses import testify
from backproof_core.loss import Loss
from backproof_core.network import Network


def judge(
    net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str, claim: Claim, budget: int = DEFAULT_BUDGET
) -> Report:
    """The report on a caller's numbers for a network on rows X (N×d_0) with targets Y (N×d_L).

    Raises ShapeMismatch, InadmissiblePair, InvalidValue and UnknownName for what is no point, and InvalidValue or
    ShapeMismatch for a claim that holds nothing to judge, or not one entry for each layer.
    """
    at, notes = setting(net, X, Y, loss=loss, claim=claim)
    with np.errstate(all="ignore"):
        return _report(at, notes, budget)


def setting(
    net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str, claim: Claim
) -> tuple[Setting, list[str]]:
    """The point in float64 with what is claimed there, and notes on its targets; raises what judge raises."""
    known = losses.named(loss) if isinstance(loss, str) else loss
    known.check_last(net.last)
    exact = net.astype("float64")
    rows = exact.rows_of(X)
    targets, notes = known.prepare_targets(exact.targets_of(Y, len(rows)))
    _check(exact, claim)
    return Setting(exact, exact.forward(rows), targets, known, claim), notes


def _check(net: Network, claim: Claim) -> None:
    if not claim.sent:
        raise InvalidValue(f"there is nothing to judge; send at least one of {', '.join(JUDGED)}")
    for name in claim.sent:
        given = net.layers if name == "loss_value" else getattr(claim, name)
        if len(given) != len(net.layers):
            raise ShapeMismatch(
                f"{name} has {len(given)} entries and the network {len(net.layers)} layers; "
                "send one for each, null for a layer that is left out",
                where=(name,),
            )
    for name in ("gradients", "updated_weights"):
        for l, sent in enumerate(claim.layers(name)):
            if sent.b is not None and net.layers[l].b is None:
                raise InvalidValue(
                    f"layer {l} of the network has no bias, so there is no {name} of one to compare with; "
                    "give the network its bias, or leave this one out",
                    where=(name, l, "bias"),
                )
    updating.check_rate(claim)


def _report(at: Setting, notes: list[str], budget: int) -> Report:
    dtype = at.claim.dtype or precision(at.claim)
    unit = float(np.finfo(dtype).eps) / 2
    at, right, limits, judged, of_kinks = _judged(at, dtype, unit)
    witnesses, of_witnesses = _testimonies(at, right.gradients, judged, budget)
    divided = [one.name for one in witnesses if not one.agrees]
    diagnosis: tuple[Explanation, ...] = ()
    if any(block.verdict == WRONG for block in judged) and not divided:
        there, turned = in_rows(at, right.deltas)
        path = forward.follow(there, limits.sure)
        diagnosis, uses = causes.explained(there, turned, path, limits.sure, unit)
        judged = with_following(judged, there, path, uses, right, limits.sure)
    first = next((block for block in judged if block.verdict == WRONG), None)
    verdict = _verdict(judged, divided)
    hidden = blindness(at, right, limits.sure)
    return Report(
        verdict=verdict,
        summary=summary.sentence(verdict, judged, first, diagnosis, dtype, divided, len({one.id for one in hidden})),
        dtype=dtype,
        dtype_inferred=at.claim.dtype is None,
        blocks=judged,
        first_wrong=None if first is None else FirstWrong(first.layer, first.quantity, first.parameter),
        diagnosis=diagnosis,
        blindness=hidden,
        better_point=better_point(at.net, loss=at.loss) if hidden or verdict == CANNOT_JUDGE else None,
        witnesses=witnesses,
        notes=(*notes, *_not_sent(at), *_rounded(at, verdict, diagnosis, dtype), *of_kinks, *of_witnesses),
    )


def _rounded(at: Setting, verdict: str, diagnosis: Sequence[Explanation], dtype: str) -> list[str]:
    """That the numbers would be right in single precision, where nothing else explains them."""
    if verdict != WRONG or diagnosis or dtype == "float32" or at.claim.dtype is not None:
        return []
    *_, judged, _ = _by(at, "float32", 2.0**-24, [])
    if not all(block.verdict == RIGHT for block in judged):
        return []
    return [
        "every difference is one that single precision explains: if that is what you compute in, or your numbers were "
        'printed with few digits, send "dtype": "float32", or all 17 digits'
    ]


def _not_sent(at: Setting) -> list[str]:
    """What of the gradients was not sent, if any of them were."""
    sent = {f"layers.{l}.{name}" for l, layer in enumerate(at.claim.layers("gradients")) for name, _ in layer.blocks()}
    left = [path for path, _ in at.net.blocks() if path not in sent]
    return [f"not sent, so not judged: the gradient of {', '.join(left)}"] if sent and left else []


def _verdict(judged: Sequence[Block], divided: Sequence[str]) -> str:
    verdicts = {block.verdict for block in judged}
    if divided:
        return CANNOT_JUDGE
    return WRONG if WRONG in verdicts else CANNOT_JUDGE if CANNOT_JUDGE in verdicts else RIGHT


Judged = tuple[Setting, Backward, Limits, tuple[Block, ...], list[str]]


def _judged(at: Setting, dtype: str, unit: float) -> Judged:
    """Every block judged, by the caller's slopes at kinks if these make more of them right; notes on that."""
    best = _by(at, dtype, unit, [])
    if all(block.verdict == RIGHT for block in best[3]):
        return best
    for note, there in conventions(at, _complete(at)):
        found = _by(there, dtype, unit, [note])
        if _rights(found) > _rights(best):
            best = found
    return best


def _rights(judged: Judged) -> int:
    return sum(block.verdict == RIGHT for block in judged[3])


def _complete(at: Setting) -> Gradients | None:
    """The caller's gradients where all weights' are there."""
    sent = at.claim.layers("gradients")
    found = [LayerGradient(layer.W, layer.b) for layer in sent if layer.W is not None]
    return Gradients(tuple(found)) if found and len(found) == at.depth else None


def _by(at: Setting, dtype: str, unit: float, notes: list[str]) -> Judged:
    limits = Limits.of(at, dtype)
    right = matched.backward(at.net.layers, at.run, at.Y, at.loss)
    return at, right, limits, tuple(blocks(at, right, limits, unit)), notes


def _testimonies(
    at: Setting, ours: Gradients, judged: Sequence[Block], budget: int
) -> tuple[tuple[Testimony, ...], tuple[str, ...]]:
    """Our own ways to compute the gradient, asked before the caller's is judged by one of them."""
    worst = {block.parameter: block.worst.index for block in judged if block.quantity == "gradients" and block.worst}
    exact = Limits.of(at, "float64").most
    return testify(at.net, at.run.A[0], at.Y, at.run, ours, loss=at.loss, bounds=exact, worst=worst, budget=budget)


def precision(claim: Claim) -> str:
    """float32 if every number of the judged lists, or the loss value if it is alone, is exactly one, else float64."""
    lists = claim.numbers()
    if not lists and claim.loss_value is not None:
        lists = [np.array([claim.loss_value])]
    with np.errstate(all="ignore"):
        same = all(np.array_equal(M, M.astype(np.float32), equal_nan=True) for M in lists)
    return "float32" if lists and same else "float64"
