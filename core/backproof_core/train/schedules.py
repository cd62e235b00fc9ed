"""Learning-rate schedules: the rate of an epoch from the base rate r, e finished epochs and E epochs in all."""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

from backproof_core.errors import InvalidValue


class Schedule(Protocol):
    """The type for a learning rate that may change from epoch to epoch."""

    name: ClassVar[str]

    def rate(self, base: float, finished: int, epochs: int) -> float:
        """The rate of the epoch after that many finished ones."""


@dataclass(frozen=True, slots=True)
class Constant:
    """r."""

    name: ClassVar[str] = "constant"

    def rate(self, base: float, finished: int, epochs: int) -> float:
        return base


@dataclass(frozen=True, slots=True)
class Step:
    """r·factor^⌊e/every⌋."""

    name: ClassVar[str] = "step"
    every: int
    factor: float

    def __post_init__(self) -> None:
        if self.every < 1 or not 0 < self.factor < math.inf:
            raise InvalidValue(
                f"the step schedule needs every ≥ 1 and a finite factor > 0, not {self.every} and {self.factor}",
                where=("optimizer", "schedule"),
            )

    def rate(self, base: float, finished: int, epochs: int) -> float:
        return base * self.factor ** (finished // self.every)


@dataclass(frozen=True, slots=True)
class Cosine:
    """floor + (r − floor)(1 + cos(πe/E))/2.  Loshchilov and Hutter 2017, without restarts."""

    name: ClassVar[str] = "cosine"
    floor: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.floor < math.inf:
            raise InvalidValue(
                f"the cosine schedule needs a finite floor ≥ 0, not {self.floor}",
                where=("optimizer", "schedule", "floor"),
            )

    def rate(self, base: float, finished: int, epochs: int) -> float:
        return self.floor + (base - self.floor) * (1 + math.cos(math.pi * finished / epochs)) / 2


CONSTANT = Constant()
SCHEDULES: dict[str, type[Schedule]] = {s.name: s for s in (Constant, Step, Cosine)}
