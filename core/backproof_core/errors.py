"""The errors of the core.

    BackproofError          where: the path of the input at fault, as ("layers", 1, "weights")
    ├── ShapeMismatch       sizes that do not chain, matrices that do not conform
    ├── UnknownName         an activation, loss, init, optimiser, schedule, form or route that does not exist
    ├── InadmissiblePair    a loss that is not defined on the outputs of the last activation
    ├── InvalidValue        a number outside its range, a target that is no distribution
    ├── TooLargeForForm     an evaluation that is predicted to exceed the memory budget
    └── NonFiniteLoss       training that ran away

Every message says what was given, what was needed and where.
"""

import difflib
from collections.abc import Iterable, Sequence

Where = tuple[str | int, ...]


class BackproofError(Exception):
    """The root of all errors that the core raises on purpose."""

    def __init__(self, message: str, *, where: Where = ()) -> None:
        super().__init__(message)
        self.where = where


class ShapeMismatch(BackproofError):
    """Two shapes that had to fit together and do not."""


class InvalidValue(BackproofError):
    """A value outside what its place admits."""


class InadmissiblePair(BackproofError):
    """A loss whose logarithms are not defined on the outputs of the last activation."""


class UnknownName(BackproofError):
    """A name that is in no registry; the message lists the valid ones and the nearest."""

    def __init__(self, kind: str, name: str, valid: Iterable[str], *, where: Where = ()) -> None:
        self.kind, self.name, self.valid = kind, name, tuple(valid)
        super().__init__(
            f"unknown {kind} {name!r}; valid: {', '.join(self.valid)}{suggestion(name, self.valid)}", where=where
        )


class TooLargeForForm(BackproofError):
    """An evaluation that is refused before it allocates, with the bytes it would take and what would fit."""

    def __init__(
        self,
        form: str,
        route: str,
        *,
        predicted_bytes: int,
        budget_bytes: int,
        fits: Sequence[str],
        where: Where = ("forms",),
    ) -> None:
        self.form, self.route, self.fits = form, route, tuple(fits)
        self.predicted_bytes, self.budget_bytes = predicted_bytes, budget_bytes
        instead = f" What fits: {'; '.join(self.fits)}." if self.fits else " Nothing smaller fits: raise the budget."
        super().__init__(
            f"the {form} form by route {route!r} would need {in_bytes(predicted_bytes)} at its peak, "
            f"the budget is {in_bytes(budget_bytes)}.{instead}",
            where=where,
        )


class NonFiniteLoss(BackproofError):
    """A training run whose loss or weights stopped being finite numbers, with the epoch and what to try."""

    def __init__(self, loss_value: float, *, epoch: int, hint: str) -> None:
        self.epoch, self.hint = epoch, hint
        super().__init__(f"the loss became {loss_value} in epoch {epoch}; {hint}", where=("optimizer", "learning_rate"))


def suggestion(name: str, valid: Iterable[str]) -> str:
    """The words "; did you mean …?" where a valid name is near, else nothing."""
    near = difflib.get_close_matches(name, list(valid), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def in_bytes(count: int) -> str:
    """A number of bytes for people: exact, with its size in binary units, as "3560000000 bytes (3.3 GiB)"."""
    size, units = float(count), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while size >= 1024 and len(units) > 1:
        size, units = size / 1024, units[1:]
    return f"{count} bytes" if units[0] == "bytes" else f"{count} bytes ({size:.3g} {units[0]})"
