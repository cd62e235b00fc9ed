"""What the judge says, as it is sent: in the caller's layout."""

import re
from collections.abc import Sequence
from typing import Any

from backproof_core.judgement import Report
from backproof_core.judgement.report import BetterPoint, Block, Explanation, Hidden, Named, Worst
from backproof_service import convert
from backproof_service.wire.check import LAYERED, MATRICES
from backproof_service.wire.layout import LINES, OTHER, Layout

SHAPE = re.compile(r"\b(\d+)×(\d+)\b")


def report(found: Report, layout: Layout) -> dict[str, Any]:
    """A report as it is sent, in the caller's layout."""
    others = [block for block in found.blocks if block.quantity != "gradients"]
    first = found.first_wrong
    return {
        "object": "gradient_report",
        "verdict": found.verdict,
        "summary": found.summary,
        "dtype": found.dtype,
        "dtype_inferred": found.dtype_inferred,
        "parameters": [_block(block, layout) for block in found.parameters],
        "blocks": [_block(block, layout) for block in others],
        "first_wrong": None
        if first is None
        else {"layer": first.layer, "quantity": first.quantity, "parameter": first.parameter},
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
        "unshowable": hidden(found.unshowable),
    }


def hidden(found: Sequence[Hidden]) -> list[dict[str, Any]]:
    """Mistakes that a point cannot show, as they are sent."""
    return [{"id": one.id, "layer": one.layer, "reason": one.reason} for one in found]


def _block(block: Block, layout: Layout) -> dict[str, Any]:
    turn = _lies_otherwise(block, layout)
    return {
        "quantity": block.quantity,
        "parameter": block.parameter,
        "layer": block.layer,
        "verdict": block.verdict,
        "relative_error": block.relative_error,
        "tolerance": block.tolerance,
        "worst": None if block.worst is None else _worst(block.worst, turn=turn),
        "ratio": block.ratio,
        "cosine": block.cosine,
        "pattern": _turned_words(block.pattern) if turn and block.pattern else block.pattern,
        "follows": block.follows,
    }


def _lies_otherwise(block: Block, layout: Layout) -> bool:
    """Whether the caller's matrix is the transposed of the judged one."""
    if block.quantity in LAYERED:
        return block.parameter.endswith(".weights") and layout.weights == "out_in"
    return block.quantity in MATRICES and layout.samples == "columns"


def _worst(found: Worst, *, turn: bool) -> dict[str, Any]:
    index = list(found.index)
    return {"index": index[::-1] if turn else index, "yours": found.yours, "ours": found.ours}


def _turned_words(pattern: str) -> str:
    """What is said of a matrix, said of its transposed: rows are columns, 2×3 is 3×2."""
    return SHAPE.sub(r"\2×\1", LINES.sub(lambda found: OTHER[found[0]], pattern))


def _explanation(found: Explanation) -> dict[str, Any]:
    return {"mistakes": [_named(each) for each in found.mistakes], "residual": found.residual}


def _named(found: Named) -> dict[str, Any]:
    return {
        "id": found.id,
        "layer": found.layer,
        "layers": list(found.layers),
        "cause": found.cause,
        "question": found.question,
        "mend": {"numpy": found.mend.numpy, "ocaml": found.mend.ocaml},
        "detail": found.detail,
        "value": found.value,
    }
