"""Case files: the request of POST /gradients and, beside it, the caller's own numbers at that point.

The service is asked without those numbers. The caller's gradients are then held against its matched form, by the
tolerance that the service has for its own comparison; what rounding explains beyond that only the service can tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backproof.arrays import path
from backproof.cli.ending import Usage
from backproof.requests import Json
from backproof.results import GradientsResult

OWN = (
    "gradients",
    "loss_value",
    "pre_activations",
    "activations",
    "deltas",
    "updated_weights",
    "learning_rate",
    "weight_decay",
    "momentum",
    "previous",
)
BLOCKS = ("weights", "bias")
TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

Index = tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """The shape of a matrix or vector, and its numbers row by row."""

    shape: tuple[int, ...]
    numbers: Sequence[float]

    @property
    def words(self) -> str:
        """The shape as people write it."""
        rows, *columns = self.shape
        return f"{rows} × {columns[0]}" if columns else f"a list of {rows}"

    def index(self, place: int) -> Index:
        """The index of the number at that place."""
        return divmod(place, self.shape[1]) if len(self.shape) == 2 else (place,)


Layer = Mapping[str, Block]  # its weights and bias, each where there is one


@dataclass(frozen=True)
class Pair:
    """The caller's number and ours at one index."""

    index: Index
    yours: float
    ours: float

    def to_json(self) -> dict[str, object]:
        """The object that --json prints."""
        return {"index": list(self.index), "yours": writable(self.yours), "ours": writable(self.ours)}


@dataclass(frozen=True)
class Yours:
    """How far the caller's gradient of one parameter is from the matched form's.

    relative_error is the largest difference over the largest entry of either, and NaN where an entry is not finite.
    worst is where that difference is, or the first entry that is not finite. Where the shapes differ both are None, and
    detail says how.
    """

    parameter: str
    tolerance: float
    relative_error: float | None = None
    worst: Pair | None = None
    detail: str | None = None

    @property
    def agree(self) -> bool:
        """Whether the two are the same within the tolerance; what is not finite never is."""
        return self.relative_error is not None and self.relative_error <= self.tolerance

    def to_json(self) -> dict[str, object]:
        """The object that --json prints."""
        return {
            "parameter": self.parameter,
            "agree": self.agree,
            "relative_error": writable(self.relative_error),
            "tolerance": self.tolerance,
            "worst": self.worst and self.worst.to_json(),
            "detail": self.detail,
        }


def point(request: Json) -> Json:
    """The request without the caller's own numbers, as POST /gradients reads it."""
    return {name: value for name, value in request.items() if name not in OWN}


def left_aside(request: Json) -> list[str]:
    """Those of the caller's own numbers that nothing is compared with."""
    return [name for name in request if name in OWN and name != "gradients"]


def claimed(request: Json) -> Sequence[Layer] | None:
    """The caller's gradients, layer by layer; None where the request holds none. Raises Usage where they are not."""
    given = request.get("gradients")
    if given is None:
        return None
    if not isinstance(given, list):
        raise Usage(f"gradients is {given!r:.60}; it has to be a list over layers, null for one that is left out.")
    found = [layer(each, l) for l, each in enumerate(given)]
    if not any(found):
        raise Usage("gradients leaves out every layer; give at least one, or no gradients.")
    return found


def layer(value: object, l: int) -> Layer:
    """The gradients of one layer; none for null. Raises Usage."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not set(value) <= set(BLOCKS):
        raise Usage(f"gradients[{l}] is {value!r:.60}; it has to be an object of weights and bias, or null.")
    return {name: block(value[name], "gradients", l, name) for name in BLOCKS if value.get(name) is not None}


def block(value: object, *where: str | int) -> Block:
    """The matrix in a list of rows that are equally long, or the vector in a list of numbers. Raises Usage."""
    if not isinstance(value, list):
        raise Usage(f"{path(where)} is {value!r:.60}; it has to be a list.")
    if not any(isinstance(row, list) for row in value):
        return Block((len(value),), [number(entry, *where, i) for i, entry in enumerate(value)])
    lengths = [len(row) if isinstance(row, list) else None for row in value]
    for i, length in enumerate(lengths):
        if length is None or length != lengths[0]:
            given = f"{value[i]!r:.60}" if length is None else f"a row of {length}"
            raise Usage(f"{path((*where, i))} is {given}; the rows of a matrix have to be lists of one length.")
    entries = [number(entry, *where, i, j) for i, row in enumerate(value) for j, entry in enumerate(row)]
    return Block((len(value), len(value[0])), entries)


def number(value: object, *where: str | int) -> float:
    """The number, also in the words "NaN", "Infinity" and "-Infinity". Raises Usage."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str):
            return WORDS[value]
    except (KeyError, OverflowError):
        pass
    need = 'a number, or "NaN", "Infinity" or "-Infinity" where it is not finite'
    raise Usage(f"{path(where)} is {value!r:.60}; it has to be {need}.")


def writable(value: float | None) -> float | str | None:
    """The number, or the word for it where JSON has none."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def judged(yours: Sequence[Layer], found: GradientsResult, dtype: object) -> list[Yours]:
    """How far each of the caller's gradients is from the matched form's. Raises Usage where that cannot be said."""
    matched = found.forms["matched"].gradients if "matched" in found.forms else ()
    if not matched:
        need = 'leave forms and include out, or let them name "matched" and "gradients"'
        raise Usage(f"There are no gradients of the matched form to hold yours against: {need}.")
    if len(yours) != len(matched):
        need = "give one entry for each layer, null for one that is left out"
        raise Usage(f"gradients has {len(yours)} entries, and the network has {len(matched)} layers; {need}.")
    tolerance = TOLERANCES.get(str(dtype), TOLERANCES["float64"])
    ours = [{name: block(rows, name) for name, rows in each.blocks()} for each in matched]
    return [
        compared(f"layers.{l}.{name}", mine, ours[l].get(name), tolerance)
        for l, each in enumerate(yours)
        for name, mine in each.items()
    ]


def compared(parameter: str, yours: Block, ours: Block | None, tolerance: float) -> Yours:
    """How far one of the caller's gradients is from ours, if there is one of ours."""
    if ours is None:
        return Yours(parameter, tolerance, detail="the layer has no bias, so yours has to be null")
    if yours.shape != ours.shape:
        return Yours(parameter, tolerance, detail=f"yours is {yours.words}, it has to be {ours.words}")
    differences = [abs(mine - right) for mine, right in zip(yours.numbers, ours.numbers)]
    finite = [*map(math.isfinite, yours.numbers), *map(math.isfinite, ours.numbers)]
    if all(finite):
        largest = max(map(abs, [*yours.numbers, *ours.numbers]))
        place = differences.index(max(differences))
        error = differences[place] / largest if largest else 0.0
    else:
        place, error = finite.index(False) % len(differences), math.nan
    return Yours(parameter, tolerance, error, Pair(yours.index(place), yours.numbers[place], ours.numbers[place]))
