"""The names that the service knows: activations, losses, and ways to draw initial weights.

Activations and losses are strings, so a name that only a newer service knows can be given as a plain string.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Activation(StrEnum):
    """An activation, by its name on the wire."""

    identity = "identity"
    sigmoid = "sigmoid"
    tanh = "tanh"
    relu = "relu"
    leaky_relu = "leaky_relu"
    softplus = "softplus"
    softmax = "softmax"


class Loss(StrEnum):
    """A loss, by its name on the wire."""

    half_sse = "half_sse"
    sse = "sse"
    mse = "mse"
    binary_cross_entropy = "binary_cross_entropy"
    cross_entropy = "cross_entropy"


@dataclass(frozen=True)
class Init:
    """A way to draw initial weights: its name on the wire and its parameters."""

    type: str
    parameters: tuple[tuple[str, float], ...] = ()

    @classmethod
    def uniform(cls, low: float, high: float) -> Init:
        """U(low, high)."""
        return cls("uniform", (("low", low), ("high", high)))

    @classmethod
    def normal(cls, mean: float, std: float) -> Init:
        """N(mean, std²)."""
        return cls("normal", (("mean", mean), ("std", std)))

    @classmethod
    def glorot_uniform(cls) -> Init:
        """U(−a, a), a = √(6/(d_{l−1}+d_l))."""
        return cls("glorot_uniform")

    @classmethod
    def he_normal(cls) -> Init:
        """N(0, 2/d_{l−1})."""
        return cls("he_normal")

    @classmethod
    def zeros(cls) -> Init:
        """All weights 0."""
        return cls("zeros")

    def to_wire(self) -> dict[str, object]:
        """The object that the service reads."""
        return {"type": self.type, **dict(self.parameters)}
