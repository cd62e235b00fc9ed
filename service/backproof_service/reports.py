"""What the judge says, as it is sent: in the caller's layout."""

import re
from collections.abc import Sequence
from typing import Any

from backproof_core.judgement import Report
from backproof_core.judgement.report import BetterPoint, Block, Explanation, Hidden, Mend, Named, Worst
from backproof_service import convert
from backproof_service.wire.check import LAYERED, MATRICES
from backproof_service.wire.layout import LINES, OTHER, Layout

SHAPE = re.compile(r"\b(\d+)×(\d+)\b")
INDEX = re.compile(r"\[(\d+), (\d+)\]")


def report(found: Report, layout: Layout) -> dict[str, Any]:
    """A report as it is sent, in the caller's layout."""
    others = [block for block in found.blocks if block.quantity != "gradients"]
    first = found.first_wrong
    return {
        "object": "gradient_report",
        "verdict": found.verdict,
        "summary": _summary(found, layout),
        "dtype": found.dtype,
        "dtype_inferred": found.dtype_inferred,
        "parameters": [_block(block, layout) for block in found.parameters],
        "blocks": [_block(block, layout) for block in others],
        "first_wrong": first and {"layer": first.layer, "quantity": first.quantity, "parameter": first.parameter},
        "diagnosis": [_explanation(each) for each in found.diagnosis],
        "blindness": hidden(found.blindness),
        "better_point": None if found.better_point is None else better(found.better_point, layout),
        "witnesses": [
            {"name": one.name, "relative_error": one.relative_error, "agrees": one.agrees} for one in found.witnesses
        ],
        "notes": list(found.notes),
    }


def better(found: BetterPoint, layout: Layout) -> dict[str, Any]:
    """A point as it is sent."""
    return {
        "network": {"layers": convert.layers(found.net, layout)},
        "data": {"x": layout.turn_samples(found.X), "y": layout.turn_samples(found.Y)},
        "layout": layout.model_dump(),
        "unshowable": hidden(found.unshowable),
    }


def hidden(found: Sequence[Hidden]) -> list[dict[str, Any]]:
    """Mistakes that a point cannot show, as they are sent."""
    return [{"id": one.id, "layer": one.layer, "reason": one.reason} for one in found]


def mend(found: Mend) -> dict[str, str]:
    """The right code, as it is sent."""
    return {"numpy": found.numpy, "ocaml": found.ocaml}


def _block(block: Block, layout: Layout) -> dict[str, Any]:
    worst = block.worst
    return {
        "quantity": block.quantity,
        "parameter": block.parameter,
        "layer": block.layer,
        "verdict": block.verdict,
        "relative_error": block.relative_error,
        "tolerance": block.tolerance,
        "worst": worst and {"index": _index(block, worst, layout), "yours": worst.yours, "ours": worst.ours},
        "ratio": block.ratio,
        "cosine": block.cosine,
        "pattern": block.pattern and _turned_words(block.pattern, block, layout),
        "follows": block.follows,
    }


def _index(block: Block, worst: Worst, layout: Layout) -> list[int]:
    """Where an entry stands in what was sent; the loss value is a number and has no entries."""
    if block.quantity == "loss_value":
        return []
    return list(worst.index[::-1] if _lies_otherwise(block, layout) else worst.index)


def _summary(found: Report, layout: Layout) -> str:
    """The summary, which may repeat the pattern of what goes wrong first."""
    first, words = found.first_wrong, found.summary
    for block in found.blocks:
        is_first = first and (block.quantity, block.parameter) == (first.quantity, first.parameter)
        if is_first and block.pattern:
            words = words.replace(block.pattern, _turned_words(block.pattern, block, layout))
    return words


def _lies_otherwise(block: Block, layout: Layout) -> bool:
    """Whether the caller's matrix is the transposed of the judged one."""
    if block.quantity in LAYERED:
        return block.parameter.endswith(".weights") and layout.weights == "out_in"
    return block.quantity in MATRICES and layout.samples == "columns"


def _turned_words(pattern: str, block: Block, layout: Layout) -> str:
    """What is said of a judged matrix, said of the caller's: rows may be columns, 2×3 is 3×2, [0, 1] is [1, 0]."""
    if not _lies_otherwise(block, layout):
        return pattern
    swapped = LINES.sub(lambda found: OTHER[found[0]], pattern)
    return INDEX.sub(r"[\2, \1]", SHAPE.sub(r"\2×\1", swapped))


def _explanation(found: Explanation) -> dict[str, Any]:
    return {"mistakes": [_named(each) for each in found.mistakes], "residual": found.residual}


def _named(found: Named) -> dict[str, Any]:
    return {
        "id": found.id,
        "layer": found.layer,
        "layers": list(found.layers),
        "cause": found.cause,
        "question": found.question,
        "mend": mend(found.mend),
        "detail": found.detail,
        "value": found.value,
    }
