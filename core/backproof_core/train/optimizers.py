"""Optimisers: how a gradient g moves the parameters W, which here are one flat vector.

Each is a value; its memory is a list of vectors beside the parameters, zero at the start. Updates write in place.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, Protocol

import numpy as np

from backproof_core.errors import InvalidValue
from backproof_core.train.schedules import CONSTANT, Schedule
from backproof_core.vec import Array


class Optimizer(Protocol):
    """The type for an optimiser: how many vectors it remembers, and its update."""

    name: ClassVar[str]
    memories: ClassVar[int]

    @property
    def learning_rate(self) -> float:
        """r, before the schedule."""

    @property
    def weight_decay(self) -> float:
        """λ: g ← g + λW first, weights only."""

    @property
    def schedule(self) -> Schedule:
        """How the rate changes from epoch to epoch."""

    def update(self, W: Array, g: Array, memory: list[Array], rate: float, t: int) -> None:
        """Moves W in place, at step t = 1, 2, …; g may be overwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sgd:
    """W ← W − r·g."""

    name: ClassVar[str] = "sgd"
    memories: ClassVar[int] = 0
    learning_rate: float
    weight_decay: float = 0.0
    schedule: Schedule = CONSTANT

    def __post_init__(self) -> None:
        check_ranges(self)

    def update(self, W: Array, g: Array, memory: list[Array], rate: float, t: int) -> None:
        g *= rate
        W -= g


@dataclass(frozen=True, slots=True, kw_only=True)
class Momentum:
    """v ← μv + g,  W ← W − r·v.  Polyak 1964."""

    name: ClassVar[str] = "momentum"
    memories: ClassVar[int] = 1
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: Schedule = CONSTANT

    def __post_init__(self) -> None:
        check_ranges(self)

    def update(self, W: Array, g: Array, memory: list[Array], rate: float, t: int) -> None:
        (v,) = memory
        v *= self.momentum
        v += g
        W -= np.multiply(v, rate, out=g)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nesterov:
    """v ← μv + g,  W ← W − r(g + μv).  Nesterov 1983, in the form of Sutskever et al. 2013."""

    name: ClassVar[str] = "nesterov"
    memories: ClassVar[int] = 1
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: Schedule = CONSTANT

    def __post_init__(self) -> None:
        check_ranges(self)

    def update(self, W: Array, g: Array, memory: list[Array], rate: float, t: int) -> None:
        (v,) = memory
        v *= self.momentum
        v += g
        g += self.momentum * v
        g *= rate
        W -= g


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  W ← W − r·m̂/(√v̂ + ε),  m̂ = m/(1−β₁ᵗ),  v̂ = v/(1−β₂ᵗ).

    Kingma and Ba 2015.
    """

    name: ClassVar[str] = "adam"
    memories: ClassVar[int] = 2
    learning_rate: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    schedule: Schedule = CONSTANT

    def __post_init__(self) -> None:
        check_ranges(self)

    def update(self, W: Array, g: Array, memory: list[Array], rate: float, t: int) -> None:
        m, v = memory
        m *= self.beta1
        m += (1 - self.beta1) * g
        np.square(g, out=g)
        g *= 1 - self.beta2
        v *= self.beta2
        v += g
        root = np.sqrt(np.divide(v, 1 - self.beta2**t, out=g), out=g)  # √v̂
        root += self.epsilon
        W -= rate * (m / (1 - self.beta1**t) / root)


OPTIMIZERS: dict[str, type[Optimizer]] = {o.name: o for o in (Sgd, Momentum, Nesterov, Adam)}

_RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "learning_rate": (lambda x: 0 < x < math.inf, "a finite number > 0"),
    "weight_decay": (lambda x: 0 <= x < math.inf, "a finite number ≥ 0"),
    "momentum": (lambda x: 0 <= x < 1, "within [0, 1)"),
    "beta1": (lambda x: 0 <= x < 1, "within [0, 1)"),
    "beta2": (lambda x: 0 <= x < 1, "within [0, 1)"),
    "epsilon": (lambda x: 0 < x < math.inf, "a finite number > 0"),
}


def check_ranges(optimizer: Sgd | Momentum | Nesterov | Adam) -> None:
    """Nothing; raises InvalidValue for a hyper-parameter outside its range."""
    for field in fields(optimizer):
        if field.name in _RANGES:
            fits, needed = _RANGES[field.name]
            given = getattr(optimizer, field.name)
            if not fits(given):
                raise InvalidValue(
                    f"{optimizer.name} needs {field.name} to be {needed}, not {given}", where=("optimizer", field.name)
                )
