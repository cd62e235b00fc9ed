"""Arrays on their way out (checked, as nested lists) and in (lists that NumPy takes as they are).

Nothing here needs NumPy: whatever offers `tolist` (NumPy, PyTorch, array) or `__array__` (pandas) is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from backproof.errors import InvalidValue, Where

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class AsList(Protocol):
    """The type for arrays that know themselves as nested lists."""

    def tolist(self) -> object:
        """The entries as nested lists."""


class AsArray(Protocol):
    """The type for tables that NumPy can read."""

    def __array__(self) -> NDArray[np.float64]:
        """The entries as a NumPy array."""


Rows = AsList | AsArray | Sequence[Sequence[float]] | Sequence[AsList]
Entries = AsList | AsArray | Sequence[float]
JsonRows = list[list[float]]


class Vector(list[float]):
    """A list of numbers, with `numpy()` for those who have NumPy."""

    @property
    def shape(self) -> tuple[int]:
        """(entries,)."""
        return (len(self),)

    def numpy(self) -> NDArray[np.float64]:
        """The same entries as a float64 array, bit for bit."""
        import numpy as np

        return np.array(self, dtype=np.float64)


class Matrix(list[list[float]]):
    """A nested list, row-major, with `shape`, and `numpy()` for those who have NumPy."""

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return (len(self), len(self[0]) if self else 0)

    def numpy(self) -> NDArray[np.float64]:
        """The same entries as a float64 array, bit for bit."""
        import numpy as np

        return np.array(self, dtype=np.float64).reshape(self.shape)


def received_vector(value: object) -> Vector:
    """The numbers of an answer; float() also reads the strings "NaN", "Infinity" and "-Infinity"."""
    return Vector(map(float, entries(value)))


def received_matrix(value: object) -> Matrix:
    """The rows of an answer, as floats."""
    return Matrix(list(map(float, entries(row))) for row in entries(value))


def entries(value: object) -> list[str | float]:
    """The value itself, which has to be a list."""
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {value!r:.60}")
    return value


def plain(value: object) -> object:
    """The value as nested lists of Python numbers where it is an array, else unchanged."""
    if not hasattr(value, "tolist") and hasattr(value, "__array__"):
        value = value.__array__()
    return value.tolist() if hasattr(value, "tolist") else value


def sendable_matrix(value: object, *where: str | int) -> JsonRows:
    """The rows as nested lists, every entry finite. Raises InvalidValue, which names the first entry that is not.

    Shapes are left to the service, which knows what they have to fit.
    """
    rows = plain(value)
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise InvalidValue(f"{path(where)} has to be a list of rows or a 2-D array, not {rows!r:.60}.", where)
    return [sendable_vector(row, *where, index) for index, row in enumerate(rows)]


def sendable_vector(value: object, *where: str | int) -> list[float]:
    """The numbers as a list, each finite. Raises InvalidValue, which names the first entry that is not."""
    row = plain(value)
    if not isinstance(row, Sequence) or isinstance(row, str | bytes):
        raise InvalidValue(f"{path(where)} has to be a list of numbers, not {row!r:.60}.", where)
    found: list[Any] = list(row) if set(map(type, row)) <= {float, int} else [plain(entry) for entry in row]
    try:
        if all(map(math.isfinite, found)):
            return found
    except (TypeError, OverflowError):
        pass
    raise next(faults(found, where))


def faults(row: Iterable[object], where: Where) -> Iterator[InvalidValue]:
    """An error for each entry that is not a finite number."""
    for index, entry in enumerate(row):
        here = (*where, index)
        if not isinstance(entry, int | float):
            yield InvalidValue(f"{path(here)} is {entry!r:.60}, which is not a number.", here)
        elif isinstance(entry, int) and abs(entry) > 2**53:
            yield InvalidValue(f"{path(here)} is {entry!r:.60}, an integer beyond 2^53 that no float64 holds.", here)
        elif not math.isfinite(entry):
            yield InvalidValue(f"{path(here)} is {entry}; every number that is sent has to be finite.", here)


def path(where: Where) -> str:
    """A place in words, as x[3][1] or layers[1].weights[0][2]."""
    first, *rest = where
    return str(first) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
