"""The words of a report: what its values say in a sentence or less."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backproof import blackboard
from backproof.report import (
    CANNOT_JUDGE,
    RIGHT,
    WRONG,
    Block,
    Explanation,
    FirstWrong,
    GradientReport,
    Hidden,
    Mistake,
    Witness,
)

UNKNOWN = "none that is known gives these numbers, alone or together with others; what was measured stands above"
OPEN_QUESTION = "which line of your code makes the first wrong quantity, and what does each factor in it stand for?"
DIGITS = (6, 9, 12)
HEADS = {RIGHT: ("✓", "Right"), WRONG: ("✗", "Wrong"), CANNOT_JUDGE: ("?", "Cannot judge")}


def symbol(block: Block) -> str:
    """The blackboard's name of a block."""
    return blackboard.quantity(block.quantity, block.parameter, block.layer)


def path(block: Block | FirstWrong) -> str:
    """Where a block stands: layers.1.weights of a parameter, deltas[1] of a matrix for a layer, loss_value."""
    if block.quantity in blackboard.LETTERS and block.layer is not None:
        return f"{block.quantity}[{block.layer}]"
    return block.parameter or block.quantity


def error(value: float | None) -> str:
    """A relative error: zero is worth seeing at once."""
    if value is None or math.isnan(value):
        return "–"
    return "0" if value == 0 else f"{value:.1e}"


def off(block: Block) -> str:
    """How far off a block is, or why that is no number."""
    if block.relative_error is None:
        return "shape"
    return "NaN" if math.isnan(block.relative_error) else error(block.relative_error)


def about(block: Block) -> str:
    """In a few words which entries are wrong, or from where the error comes; nothing for what is right."""
    if block.is_right:
        return ""
    return f"follows from {placed(block.follows)}" if block.follows else measured(block).removeprefix("it is ")


def measured(block: Block) -> str:
    """What the wrong entries of a block have in common."""
    if block.pattern or block.ratio is None:
        return block.pattern or ""
    return f"it is {block.ratio:.6g} times ours everywhere"


def placed(place: str) -> str:
    """The blackboard's name of a place in the request: ∇W₂ for gradients.1.weights, δ₂ for deltas.1."""
    name, _, rest = place.partition(".")
    layer = rest.partition(".")[0]
    return blackboard.quantity(name, f"layers.{rest}", int(layer)) if layer.isdecimal() else place.replace("_value", "")


def headline(report: GradientReport) -> str:
    """The verdict in one sentence, its mark before it; the summary says the verdict first, or it is added."""
    mark, word = HEADS.get(report.verdict, ("?", report.verdict))
    said = report.summary.strip()
    return f"{mark} {said}" if said.lower().startswith(word.lower()) else f"{mark} {word}: {said}"


def counted(report: GradientReport) -> str:
    """The verdict, and how many blocks are wrong; nothing of which mistake it may be."""
    if report.verdict != WRONG:
        return headline(report)
    wrong, judged = sum(block.verdict == WRONG for block in report.judged), len(report.judged)
    return f"✗ Wrong: {wrong} of {judged} blocks that were sent."


def first(report: GradientReport) -> Block | None:
    """The judged block that is the first wrong quantity."""
    sought = report.first_wrong
    for block in report.judged:
        if sought and (block.quantity, block.parameter, block.layer) == (
            sought.quantity,
            sought.parameter,
            sought.layer,
        ):
            return block
    same = (each for each in report.judged if sought and (each.quantity, each.layer) == (sought.quantity, sought.layer))
    return next((each for each in same if not each.is_right), None)


def where_it_starts(report: GradientReport, block: Block | None) -> str:
    """The first wrong quantity on the blackboard, its path, and which of its entries are wrong."""
    sought = report.first_wrong
    assert sought is not None
    name = blackboard.quantity(sought.quantity, sought.parameter, sought.layer)
    parts = [f"{name} ({path(sought)})"]
    if block is not None and measured(block):
        parts.append(measured(block))
    return ": ".join(parts)


def worst(block: Block) -> str:
    """The worst entry: its index, yours and ours, to as many digits as it takes to tell them apart."""
    assert block.worst is not None
    yours, ours = apart(block.worst.yours, block.worst.ours)
    place = "".join(f"[{i}]" for i in block.worst.index)
    return f"{symbol(block)}{place}: yours is {yours}, ours {ours}"


def apart(yours: float, ours: float) -> tuple[str, str]:
    """Both numbers, to the fewest digits by which the reader sees that they differ."""
    for digits in DIGITS:
        pair = f"{yours:.{digits}g}", f"{ours:.{digits}g}"
        close = math.isclose(float(pair[0]), float(pair[1]), rel_tol=10.0 ** (2 - digits))
        if not close or not math.isfinite(yours):
            return readable(pair[0]), readable(pair[1])
    return repr(yours), repr(ours)


def readable(number: str) -> str:
    """The number, or the wire's word for one that is not finite."""
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(number, number)


def place(mistake: Mistake) -> str:
    """Where a mistake was made, on the blackboard and by path: in layer 2 (W₂, layers.1.weights)."""
    layers = mistake.layers or (() if mistake.layer is None else (mistake.layer,))
    paths = [f"layers.{l}.{'bias' if mistake.id.startswith('bias_') else 'weights'}" for l in layers]
    letters = ", ".join(map(blackboard.symbol, paths))
    if len(layers) == 1:
        return f"in layer {layers[0] + 1} ({letters}, {paths[0]})"
    return f"in layers {listed([str(l + 1) for l in layers])} ({letters})" if layers else ""


def which(found: Mistake) -> str:
    """A mistake's name, and which one it is where there are several."""
    return f"{found.id} ({found.detail})" if found.detail else found.id


def mistake(found: Mistake) -> str:
    """A mistake in a line: its name, which one it is, where."""
    return f"{which(found)} {place(found)}".strip()


def explanation(found: Explanation) -> str:
    """An explanation in a line: its mistakes, each with the layers that it was made in."""
    return listed([" ".join([which(each), layers(each)]).strip() for each in found.mistakes])


def layers(found: Mistake) -> str:
    """Where a mistake was made, as short as that can be said."""
    counts = [str(l + 1) for l in found.layers] or ([] if found.layer is None else [str(found.layer + 1)])
    return "" if not counts else f"in layer{'s' if len(counts) > 1 else ''} {listed(counts)}"


def hidden(blind: Sequence[Hidden]) -> str:
    """What a point could not have shown: how many mistakes, and by reason, that which hides most first, one or two."""
    reasons: dict[str, list[str]] = {}
    for each in blind:
        reasons.setdefault(each.reason, []).append(each.id)
    ranked = sorted(reasons.items(), key=lambda pair: -len(set(pair[1])))
    parts = [f"{why} ({among(list(dict.fromkeys(ids)))})" if why else among(ids) for why, ids in ranked]
    return f"{counted_as(len({each.id for each in blind}), 'mistake')}: {'; '.join(parts)}"


def among(ids: Sequence[str]) -> str:
    """One or two by name, and how many more there are."""
    shown = list(ids[: 2 if len(ids) == 2 else 1])
    return listed([*shown, f"{len(ids) - len(shown)} more"]) if len(ids) > len(shown) else listed(shown)


def precision(report: GradientReport) -> str:
    """The precision that was judged in."""
    told = 'as your numbers look; a "dtype" in the case says otherwise' if report.dtype_inferred else "as you say"
    return f"in {report.dtype}, {told}"


def witnesses(found: Sequence[Witness]) -> str:
    """How many of our own ways to compute the gradient agree and how far the furthest is off; others by name, first."""
    apart = [each for each in found if not each.agrees]
    agree = [each for each in found if each.agrees]
    parts = [f"{each.name} DISAGREES by {error(each.relative_error)}" for each in apart]
    if agree:
        furthest = max(agree, key=lambda each: 0.0 if math.isnan(each.relative_error) else each.relative_error)
        off = f"{error(furthest.relative_error)} ({furthest.name})"
        parts.append(f"{listed([each.name for each in agree])} agree" if apart else f"{len(agree)} agree to {off}")
    return "; ".join(parts)


def listed(parts: Sequence[str]) -> str:
    """The parts as a sentence lists them."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"


def counted_as(count: int, noun: str) -> str:
    """So many of something."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
