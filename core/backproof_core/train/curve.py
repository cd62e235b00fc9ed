"""Curves of a run: a row per epoch, thinned where there are too many to keep."""

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

KEPT_ROWS = 20_000


class Row(NamedTuple):
    """One epoch's metrics, in the order of COLUMNS."""

    epoch: int
    step: int
    loss: float
    validation_loss: float | None
    accuracy: float | None
    validation_accuracy: float | None
    learning_rate: float


COLUMNS = Row._fields


class TwinComparison(NamedTuple):
    """How far apart the gradients of the twins were at an epoch's last update, each at its own weights."""

    epoch: int
    max_abs: float
    max_rel: float
    agree: bool


class _HasEpoch(Protocol):
    @property
    def epoch(self) -> int: ...


T = TypeVar("T", bound=_HasEpoch)


@dataclass(slots=True)
class Curve(Generic[T]):
    """Rows by epoch: all of them up to 20,000, then every 2nd, 4th, …, always with the first and the last."""

    kept: list[T] = field(default_factory=list)
    last: T | None = None
    stride: int = 1

    def append(self, row: T) -> None:
        """Adds the row of the next epoch."""
        self.last = row
        if (row.epoch - 1) % self.stride == 0:
            self.kept.append(row)
            if len(self.kept) > KEPT_ROWS:
                self.stride *= 2
                self.kept = [kept for kept in self.kept if (kept.epoch - 1) % self.stride == 0]

    def rows(self) -> list[T]:
        """The kept rows in order, the last one included."""
        ends = self.kept and self.last is not None and self.kept[-1].epoch != self.last.epoch
        return [*self.kept, self.last] if ends and self.last is not None else list(self.kept)
