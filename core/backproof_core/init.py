"""Initial weights: distributions as values, drawn from a numpy Generator in C order."""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from backproof_core.errors import InvalidValue
from backproof_core.vec import Array


class Init(Protocol):
    """The type for a distribution of initial weights."""

    name: ClassVar[str]

    def draw(self, rng: np.random.Generator, d_in: int, d_out: int) -> Array:
        """A d_in×d_out matrix of float64, drawn in C order."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """U(low, high)."""

    name: ClassVar[str] = "uniform"
    low: float
    high: float

    def __post_init__(self) -> None:
        if not -math.inf < self.low <= self.high < math.inf:
            raise InvalidValue(
                f"uniform needs finite low ≤ high, not {self.low} and {self.high}", where=("init", "low")
            )

    def draw(self, rng: np.random.Generator, d_in: int, d_out: int) -> Array:
        return rng.uniform(self.low, self.high, size=(d_in, d_out))


@dataclass(frozen=True, slots=True)
class Normal:
    """N(mean, std²)."""

    name: ClassVar[str] = "normal"
    mean: float
    std: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and 0 <= self.std < math.inf):
            raise InvalidValue(
                f"normal needs a finite mean and a finite std ≥ 0, not {self.mean} and {self.std}",
                where=("init", "std"),
            )

    def draw(self, rng: np.random.Generator, d_in: int, d_out: int) -> Array:
        return rng.normal(self.mean, self.std, size=(d_in, d_out))


@dataclass(frozen=True, slots=True)
class GlorotUniform:
    """U(−a, a) with a = √(6/(d_in + d_out)).  Glorot and Bengio 2010."""

    name: ClassVar[str] = "glorot_uniform"

    def draw(self, rng: np.random.Generator, d_in: int, d_out: int) -> Array:
        a = math.sqrt(6 / (d_in + d_out))
        return rng.uniform(-a, a, size=(d_in, d_out))


@dataclass(frozen=True, slots=True)
class HeNormal:
    """N(0, 2/d_in).  He et al. 2015."""

    name: ClassVar[str] = "he_normal"

    def draw(self, rng: np.random.Generator, d_in: int, d_out: int) -> Array:
        return rng.normal(0.0, math.sqrt(2 / d_in), size=(d_in, d_out))


@dataclass(frozen=True, slots=True)
class Zeros:
    """All zero; draws nothing."""

    name: ClassVar[str] = "zeros"

    def draw(self, rng: np.random.Generator, d_in: int, d_out: int) -> Array:
        return np.zeros((d_in, d_out))


INITS: dict[str, type[Init]] = {i.name: i for i in (Uniform, Normal, GlorotUniform, HeNormal, Zeros)}
