"""What the service says of a caller's own numbers, as frozen values.

Indices and layers count from 0. Everything is in the layout that the request was in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from backproof.arrays import Matrix
from backproof.network import Network
from backproof.results import LayerGradient

RIGHT, WRONG, CANNOT_JUDGE = "right", "wrong", "cannot_judge"


@dataclass(frozen=True)
class Worst:
    """The entry that is furthest off: its index, the caller's number and the service's."""

    index: tuple[int, ...]
    yours: float
    ours: float


@dataclass(frozen=True)
class Block:
    """One judged block.

    `quantity` is the list that it was sent in, `parameter` its path there: layers.0.weights, layers.0 for what has one
    matrix a layer, empty for the loss value. `relative_error` is the largest difference over the largest entry of
    either, NaN where an entry is not finite, None where the shapes differ; `tolerance` is what rounding explains, over
    the same. `ratio` is yours/ours where that is the same everywhere. `follows` names the wrong block from which what
    is wrong here follows.
    """

    parameter: str
    verdict: str
    relative_error: float | None = None
    tolerance: float = math.nan
    quantity: str = "gradients"
    layer: int | None = None
    worst: Worst | None = None
    ratio: float | None = None
    cosine: float | None = None
    pattern: str | None = None
    follows: str | None = None

    @property
    def is_right(self) -> bool:
        """Whether it is right."""
        return self.verdict == RIGHT


@dataclass(frozen=True)
class FirstWrong:
    """The first quantity, in the order in which they are computed, that does not agree."""

    quantity: str
    layer: int | None = None
    parameter: str = ""


@dataclass(frozen=True)
class Mend:
    """The right code, in both languages."""

    numpy: str = ""
    ocaml: str = ""


@dataclass(frozen=True)
class Mistake:
    """A named mistake where it was made.

    `layers` are all those in which it is made, from the output down, `layer` the first of them. `detail` says which
    factor, loss or activation it is, or what was fitted; `value` is that number.
    """

    id: str
    layer: int | None = None
    layers: tuple[int, ...] = ()
    cause: str = ""
    question: str = ""
    mend: Mend = Mend()
    detail: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Explanation:
    """Mistakes that together give the caller's numbers, and the largest relative difference that they leave."""

    mistakes: tuple[Mistake, ...]
    residual: float = math.nan


@dataclass(frozen=True)
class Hidden:
    """A mistake that a point cannot show, and why."""

    id: str
    layer: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class BetterPoint:
    """A point of the same architecture that shows every mistake but those in `unshowable`; data holds x and y.

    What the network's layers and data hold lies as `layout` says, which is the one that was asked in.
    """

    network: Network
    data: Mapping[str, Matrix]
    unshowable: tuple[Hidden, ...] = ()
    layout: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Witness:
    """One of the service's own ways to compute the gradient, and how far it is from the matched form."""

    name: str
    relative_error: float = math.nan
    agrees: bool = True


@dataclass(frozen=True)
class GradientReport:
    """The report on a caller's own numbers.

    `verdict` is "right", "wrong" or "cannot_judge"; `parameters` are the judged gradients, `blocks` what else was
    judged, in the order in which it is computed; `diagnosis` holds every explanation that fits, likeliest first.
    `dtype` is the precision that the numbers were judged in, as told or as inferred from them.
    """

    verdict: str
    summary: str
    parameters: tuple[Block, ...] = ()
    first_wrong: FirstWrong | None = None
    diagnosis: tuple[Explanation, ...] = ()
    blindness: tuple[Hidden, ...] = ()
    better_point: BetterPoint | None = None
    witnesses: tuple[Witness, ...] = ()
    notes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    dtype: str = "float64"
    dtype_inferred: bool = False

    def __str__(self) -> str:
        """The report in words that fit a screen of 80 columns."""
        from backproof import reporttext  # which reads reports

        return reporttext.text(self)

    @property
    def is_right(self) -> bool:
        """Whether everything that was sent is right."""
        return self.verdict == RIGHT

    @property
    def judged(self) -> tuple[Block, ...]:
        """Every judged block, in the order in which a computation makes them."""
        late = tuple(block for block in self.blocks if block.quantity == "updated_weights")
        early = tuple(block for block in self.blocks if block.quantity != "updated_weights")
        return (*early, *self.parameters, *late)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The ids of the mistakes of the likeliest explanation; empty where nothing explains the numbers."""
        return tuple(mistake.id for mistake in self.diagnosis[0].mistakes) if self.diagnosis else ()


@dataclass(frozen=True)
class Answers:
    """The right numbers at a point."""

    loss_value: float
    gradients: tuple[LayerGradient, ...] = ()
    deltas: tuple[Matrix, ...] = ()
    activations: tuple[Matrix, ...] = ()
    pre_activations: tuple[Matrix, ...] = ()


@dataclass(frozen=True)
class Point:
    """A point that shows every mistake but those in `unshowable`, with the right numbers; data holds x and y.

    Everything lies as `layout` says, which is the one that was asked in.
    """

    network: Network
    loss: str
    data: Mapping[str, Matrix]
    answers: Answers
    unshowable: tuple[Hidden, ...] = ()
    layout: Mapping[str, str] = field(default_factory=dict)
