"""The caller's gradient of weights as it may have been turned, and a few of its rows where it is large.

A row of ∇W_l belongs to one input of the layer and is made by itself, so a search may look at a few of them: those that
are furthest off, and some others. What it finds is then held against all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core.judgement import ways
from backproof_core.judgement.targets import Target
from backproof_core.judgement.ways import Rows, Way
from backproof_core.vec import Array

LARGE = 8192  # entries
FEW = 16  # rows that are furthest off, and as many others


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The block as it is and turned back from each way to lay it out wrongly, on those rows (None for all)."""

    forms: tuple[tuple[tuple[Way, ...], Target], ...]  # the block before it was turned, with how it was
    rows: Rows | None
    shape: tuple[int, ...]  # of the whole block as it should be

    @classmethod
    def of(cls, target: Target, *, thin: bool) -> "View":
        """The view of a block, thinned if it is large and that is wanted."""
        rows = _rows(target) if thin and target.ours.size > LARGE and len(target.ours) > 2 * FEW else None
        once = [*_turned_back(target)]
        both = [
            ((second, first), twice)
            for first, turned in once
            if first.id == "transposed_gradient"
            for second, twice in _turned_back(turned)
            if second.id != first.id and not np.array_equal(twice.yours, target.yours)  # which undo one another
        ]
        forms = [((), target), *(((way,), turned) for way, turned in once), *both]
        return cls(tuple((ways, _on(turned, rows)) for ways, turned in forms), rows, target.ours.shape)

    def of_inputs(self, A: Array) -> Array:
        """The columns of the layer's inputs whose rows are looked at; a matrix of another width as it is."""
        return A if self.rows is None or A.shape[1] != self.shape[0] else A[:, self.rows]

    def of_block(self, M: Array) -> Array:
        """The rows of a block that are looked at."""
        return M if self.rows is None else M[self.rows]


def _turned_back(target: Target) -> Iterator[tuple[Way, Target]]:
    for way, M in ways.turned_back(target.yours, target.ours.shape):
        if M.shape != target.yours.shape or not np.array_equal(M, target.yours):
            yield way, Target.of(M, target.ours, target.limit)


def _on(target: Target, rows: Rows | None) -> Target:
    if rows is None or target.yours.shape != target.ours.shape:
        return target
    return Target.made(target.yours[rows], target.ours[rows], target.limit, target.share)


def _rows(target: Target) -> Rows:
    count = len(target.ours)
    spread = np.linspace(0, count - 1, FEW).astype(np.intp)
    if target.yours.shape != target.ours.shape:
        return spread
    worst = np.argsort(np.abs(target.yours - target.ours).max(axis=1))[-FEW:]
    return np.unique(np.concatenate([spread, worst]))
