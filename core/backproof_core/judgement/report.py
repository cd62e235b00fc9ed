"""What the judge says: a verdict, where the numbers first go wrong, why, and what this point could not have shown."""

from dataclasses import dataclass

from backproof_core.network import Network
from backproof_core.vec import Array

RIGHT, WRONG, CANNOT_JUDGE = VERDICTS = ("right", "wrong", "cannot_judge")
Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Worst:
    """The entry that is furthest off, both values."""

    index: Index
    yours: float
    ours: float


@dataclass(frozen=True, slots=True)
class Block:
    """One judged block: a gradient of a parameter, Z, A or δ of a layer, updated weights, or the loss value.

    quantity is the list that it was sent in, parameter its path there, as layers.0.weights (layers.0 for Z, A and δ,
    empty for the loss value). relative_error is the largest difference over the largest entry of either, NaN where an
    entry is not finite, None where the shapes differ. tolerance is the running bound of rounding errors over the same.
    ratio is yours/ours where that is the same everywhere. follows names the wrong block from which all that is wrong
    here follows by a right computation.
    """

    quantity: str
    parameter: str
    layer: int | None
    verdict: str
    relative_error: float | None
    tolerance: float
    worst: Worst | None = None
    ratio: float | None = None
    cosine: float | None = None
    pattern: str | None = None
    follows: str | None = None
    flips: bool = False  # whether the tolerance is that of slopes which may flip at a kink


@dataclass(frozen=True, slots=True)
class FirstWrong:
    """The first quantity, in the order in which they are computed, that does not agree."""

    layer: int | None
    quantity: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Mend:
    """The right code, in both languages."""

    numpy: str
    ocaml: str


@dataclass(frozen=True, slots=True)
class Named:
    """A mistake of the table where it was made.

    layers are those in which it is made, from the output down, and layer the first of them; both say nothing for a
    mistake that belongs to no layer. detail says which factor, loss or activation it is, or what was fitted; value is
    that number, if it is one.
    """

    id: str
    layer: int | None
    layers: tuple[int, ...]
    cause: str
    question: str
    mend: Mend
    detail: str = ""
    value: float | None = None
    title: str = ""  # what is wrong, in a clause


@dataclass(frozen=True, slots=True)
class Explanation:
    """Mistakes that together give the caller's numbers; residual is the largest relative difference that they leave."""

    mistakes: tuple[Named, ...]
    residual: float


@dataclass(frozen=True, slots=True)
class Hidden:
    """A mistake that a point cannot show, and why."""

    id: str
    layer: int | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class BetterPoint:
    """A point of the same architecture that shows every mistake that there can be, but those listed."""

    net: Network
    X: Array
    Y: Array
    unshowable: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Testimony:
    """One of our own ways to compute the gradient, and how far it is from the matched form."""

    name: str
    relative_error: float
    agrees: bool


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The whole report. blocks holds every judged block, parameters those of the gradients only."""

    verdict: str
    summary: str
    dtype: str
    dtype_inferred: bool
    blocks: tuple[Block, ...]
    first_wrong: FirstWrong | None
    diagnosis: tuple[Explanation, ...]
    blindness: tuple[Hidden, ...]
    better_point: BetterPoint | None
    witnesses: tuple[Testimony, ...]
    notes: tuple[str, ...]

    @property
    def parameters(self) -> tuple[Block, ...]:
        """The blocks of the gradients."""
        return tuple(block for block in self.blocks if block.quantity == "gradients")
