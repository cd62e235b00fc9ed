"""What a caller's own code computed, as it is to be judged: any part of it, with whatever bears on the numbers.

Everything is in the core's convention, instances in rows and W_l as d_{l−1}×d_l, and float64, whatever it was computed
in. Blocks may have any shape and hold anything: that a gradient is transposed, or not finite, is for the judge to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from backproof_core.vec import Array

Matrices = tuple[Array | None, ...]  # over the layers, None for one that was not sent


@dataclass(frozen=True, slots=True, eq=False)
class LayerClaim:
    """What was sent for the parameters of one layer; None for a block that was not."""

    W: Array | None = None
    b: Array | None = None

    def blocks(self) -> list[tuple[str, Array]]:
        """The blocks that were sent, by name: weights, bias."""
        return [(name, M) for name, M in (("weights", self.W), ("bias", self.b)) if M is not None]


Layers = tuple[LayerClaim, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Previous:
    """The step before this one: the rows it saw (X and Y, or neither), its gradients, the optimiser's velocity."""

    X: Array | None = None
    Y: Array | None = None
    gradients: Layers | None = None
    velocity: Layers | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Numbers to be judged. dtype is the precision they were computed in, None if the caller does not say."""

    loss_value: float | None = None
    pre_activations: Matrices | None = None  # Z_1 … Z_L
    activations: Matrices | None = None  # A_1 … A_L
    deltas: Matrices | None = None  # δ_1 … δ_L
    gradients: Layers | None = None
    updated_weights: Layers | None = None  # the parameters after the step
    learning_rate: float | None = None
    weight_decay: float | None = None
    momentum: float | None = None
    previous: Previous | None = None
    dtype: str | None = None

    @property
    def sent(self) -> tuple[str, ...]:
        """The names of the judged quantities that are there at all, in the order in which they are computed."""
        return tuple(name for name in JUDGED if getattr(self, name) is not None)

    def matrices(self, quantity: str) -> Sequence[Array | None]:
        """Z, A or δ by its name over the layers, empty where none was sent."""
        found: Matrices | None = getattr(self, quantity)
        return () if found is None else found

    def layers(self, quantity: str) -> Layers:
        """The gradients or updated weights by that name over the layers, empty where none were sent."""
        found: Layers | None = getattr(self, quantity)
        return () if found is None else found

    def numbers(self) -> list[Array]:
        """Every array of the judged lists."""
        found = [M for name in MATRICES for M in self.matrices(name) if M is not None]
        return found + [M for name in LAYERED for layer in self.layers(name) for _, M in layer.blocks()]


MATRICES = ("pre_activations", "activations", "deltas")
LAYERED = ("gradients", "updated_weights")
JUDGED = tuple(f.name for f in fields(Claim))[:6]
