"""The rows of an epoch: all in order, or a new permutation cut into batches; and the split for validation."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core.errors import InvalidValue
from backproof_core.vec import Array

Batch = tuple[Array, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """X and Y in batches of that many rows (None: all rows in order); the short last batch is kept."""

    X: Array
    Y: Array
    size: int | None
    shuffled: Batch  # where an epoch's order is written

    @classmethod
    def of(cls, X: Array, Y: Array, size: int | None) -> "Batches":
        if size is not None and not 1 <= size <= len(X):
            raise InvalidValue(
                f"batch_size must be null or within 1 … {len(X)}, the rows to train on, not {size}",
                where=("batch_size",),
            )
        return cls(X, Y, size, (X, Y) if size is None else (np.empty_like(X), np.empty_like(Y)))

    @property
    def per_epoch(self) -> int:
        """⌈N / size⌉."""
        return 1 if self.size is None else -(-len(self.X) // self.size)

    @property
    def largest(self) -> int:
        """The rows of the largest batch."""
        return len(self.X) if self.size is None else self.size

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]:
        """The batches of one epoch; a seeded permutation is drawn only where rows are cut into batches."""
        if self.size is None:
            yield self.X, self.Y
            return
        order = rng.permutation(len(self.X))
        X, Y = self.shuffled
        np.take(self.X, order, axis=0, out=X, mode="clip")
        np.take(self.Y, order, axis=0, out=Y, mode="clip")
        for start in range(0, len(X), self.size):
            yield X[start : start + self.size], Y[start : start + self.size]


def held_out(rows: int, share: float, rng: np.random.Generator) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """(training rows, validation rows), each in ascending order; at least one row on either side.

    Raises InvalidValue where the share is not within (0, 1) or there is only one row.
    """
    if not 0 < share < 1:
        raise InvalidValue(f"the validation share must lie within (0, 1), not {share}", where=("validation", "share"))
    if rows < 2:
        raise InvalidValue("one row cannot be shared with validation; send at least two", where=("validation", "share"))
    order = rng.permutation(rows)
    kept = min(max(round(rows * share), 1), rows - 1)
    return np.sort(order[kept:]), np.sort(order[:kept])
