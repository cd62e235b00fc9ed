"""The verdict in one sentence."""

from collections.abc import Sequence

from backproof_core.judgement.report import CANNOT_JUDGE, RIGHT, Block, Explanation
from backproof_core.network import subscript

LETTERS = {"pre_activations": "Z", "activations": "A", "deltas": "δ", "weights": "W", "bias": "b"}
NOUNS = {"gradients": "the gradient of ", "updated_weights": "the updated "}


def name_of(block: Block) -> str:
    """A block in words: "the gradient of W₂ (layers.1.weights)", "Z₁ (pre_activations, layer 0)", "the loss value"."""
    if block.layer is None:
        return "the loss value"
    if block.quantity in NOUNS:
        letter = LETTERS[block.parameter.rsplit(".", 1)[-1]]
        return f"{NOUNS[block.quantity]}{letter}{subscript(block.layer + 1)} ({block.parameter})"
    return f"{LETTERS[block.quantity]}{subscript(block.layer + 1)} ({block.quantity}, layer {block.layer})"


def sentence(
    verdict: str,
    blocks: Sequence[Block],
    first: Block | None,
    diagnosis: Sequence[Explanation],
    dtype: str,
    divided: Sequence[str],
    hidden: int,
) -> str:
    """The verdict in one sentence: what agrees, or where it first goes wrong and why."""
    if divided:
        which = ", ".join(divided)
        return f"Cannot judge: our own ways to compute the gradient do not agree here ({which} against matched)."
    if verdict == RIGHT:
        blind = f"; {_count(hidden)} would not have shown at this point" if hidden else ""
        return f"Right: {_all(blocks)} within what rounding explains in {dtype}{blind}."
    if verdict == CANNOT_JUDGE or first is None:
        unclear = [block for block in blocks if block.verdict == CANNOT_JUDGE]
        worst = max(unclear, key=lambda block: block.tolerance)
        what = "slopes at a kink, where any is legal," if worst.flips else f"in {dtype}, rounding alone"
        return (
            f"Cannot judge {name_of(worst)}: {what} may change it by "
            f"{_share(worst.tolerance)} of its largest entry at this point."
        )
    where = f"Wrong, first in {name_of(first)}"
    if diagnosis:
        causes = " and ".join(one.title for one in diagnosis[0].mistakes)
        return f"{where}: {causes}."
    return f"{where}: {first.pattern}; no known mistake explains it."


def _all(blocks: Sequence[Block]) -> str:
    count = len(blocks)
    return "what was sent agrees" if count == 1 else f"all {count} blocks that were sent agree"


def _count(hidden: int) -> str:
    return "one mistake" if hidden == 1 else f"{hidden} mistakes"


def _share(tolerance: float) -> str:
    return f"{tolerance:.1%}" if tolerance < 1 else f"{tolerance:.3g} times the size"
