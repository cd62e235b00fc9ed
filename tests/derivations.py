"""Random architectures: losses, depths 1 to 6, admissible mixes of activations, which parameter: by number, seeded."""

from dataclasses import dataclass

import numpy as np

from backproof_core import ACTIVATIONS, LOSSES
from backproof_core.backprop.architecture import Architecture, architecture
from backproof_core.loss import admissible_pairs
from specimens import OnAKink, Point, build

CHUNK = 20  # cases of one test


@dataclass(frozen=True)
class Case:
    """An architecture with a number of its own, from which everything random about it follows."""

    number: int
    form: Architecture
    layer: int
    block: str

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.number)

    @property
    def parameter(self) -> str:
        return f"layers.{self.layer - 1}.{self.block}"

    def point(self) -> Point | None:
        """A network of that architecture on distinct small sizes with data; None where none is off the kinks."""
        rng = self.rng
        sizes = [int(n) for n in rng.permutation(np.arange(2, 9))[: self.form.depth + 1]]
        names = [σ.name for σ in self.form.activations]
        try:
            return build(sizes, names, self.form.loss, int(rng.integers(1, 6)), self.number)
        except OnAKink:
            return None


def case(number: int) -> Case:
    """The case of that number: every loss, last activation and depth comes again each 6·pairs numbers."""
    rng = np.random.default_rng(number)
    pairs = admissible_pairs()
    loss, last = pairs[number % len(pairs)]
    depth = number // len(pairs) % 6 + 1
    hidden = [str(rng.choice(sorted(ACTIVATIONS))) for _ in range(depth - 1)]
    form = architecture(tuple(ACTIVATIONS[name] for name in [*hidden, last]), (True,) * depth, LOSSES[loss])
    return Case(number, form, int(rng.integers(1, depth + 1)), str(rng.choice(["weights", "bias"])))


def cases(chunk: int) -> list[Case]:
    """The cases of one test."""
    return [case(number) for number in range(chunk * CHUNK, (chunk + 1) * CHUNK)]
