"""A caller's own numbers on their way out: lists over layers in whatever form they are at hand.

They may be wrong in any way, also in shape, and not finite: that is what is to be judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from backproof.arrays import AsArray, AsList, Rows, path, plain
from backproof.errors import InvalidValue
from backproof.requests import Json, data
from backproof.results import LayerGradient


class OfLayers(Protocol):
    """The type for gradients that hold a list of layers, as Gradients does."""

    @property
    def layers(self) -> Sequence[OfLayer]:
        """The layers, first to last."""


class OfLayer(Protocol):
    """The type for gradients of one layer, as LayerGradient is."""

    @property
    def W(self) -> object:
        """The gradient of the weights."""

    @property
    def b(self) -> object:
        """The gradient of the bias, or None."""


Numbers = AsList | AsArray | Sequence[object]
LayerClaim = LayerGradient | OfLayer | Mapping[str, object] | tuple[object, object] | Numbers | None
Layered = OfLayers | Sequence[LayerClaim]
Matrices = Sequence[Rows | None]

WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}


def layered(value: Layered | None, name: str) -> list[object] | None:
    """Gradients or weights over the layers: {"weights", "bias"}, a matrix for weights alone, None for none."""
    if value is None:
        return None
    held = value.layers if hasattr(value, "layers") else value
    return [_layer(each, name, l) for l, each in enumerate(_sequence(held, name))]


def matrices(value: Matrices | None, name: str) -> list[object] | None:
    """Z, A or δ over the layers, None for a layer that is not sent."""
    if value is None:
        return None
    return [None if each is None else numbers(each, name, l) for l, each in enumerate(_sequence(value, name))]


def previous(value: Mapping[str, object] | None) -> Json | None:
    """The step before this one: its data, gradients and velocity, each where it is known."""
    if value is None:
        return None
    told = dict(value)
    if told.get("data") is not None:
        told["data"] = data(told["data"], "previous.data")  # type: ignore[arg-type]
    for name in ("gradients", "velocity"):
        if told.get(name) is not None:
            told[name] = layered(told[name], f"previous.{name}")  # type: ignore[arg-type]
    return told


def scalar(value: float | None, name: str) -> object:
    """The loss value; the word for it where it is not finite."""
    return None if value is None else numbers(value, name)


def _layer(value: object, *where: str | int) -> object:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {
            name: numbers(each, *where, name) if name in ("weights", "bias") and each is not None else each
            for name, each in value.items()
        }
    pair = _pair(value)
    if pair is None:
        return numbers(value, *where)
    return {
        name: None if each is None else numbers(each, *where, name)
        for name, each in zip(("weights", "bias"), pair, strict=True)
    }


def _pair(value: object) -> tuple[object, object] | None:
    """W and b, either perhaps None; None where the value is W itself, whose rows are no matrices."""
    if hasattr(value, "W"):
        return value.W, getattr(value, "b", None)
    if isinstance(value, tuple | list) and len(value) == 2:
        W, b = value
        return (W, b) if W is None or b is None or _depth(W) >= 2 else None
    return None


def _depth(value: object) -> int:
    """How deeply lists are nested along their first entries."""
    value = plain(value)
    return 1 + (_depth(value[0]) if value else 0) if isinstance(value, list | tuple) else 0


def numbers(value: object, *where: str | int) -> object:
    """The numbers as nested lists, with words for those that are not finite. Raises InvalidValue for what is none."""
    found = plain(value)
    if isinstance(found, list | tuple):
        if set(map(type, found)) <= {float} and all(map(math.isfinite, found)):
            return list(found)
        return [numbers(entry, *where, i) for i, entry in enumerate(found)]
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise InvalidValue(f"{path(where)} is {found!r:.60}, which is not a number.", where)
    return found if isinstance(found, int) or math.isfinite(found) else WORDS.get(found, "NaN")


def _sequence(value: object, name: str) -> Sequence[object]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return value
    raise InvalidValue(
        f"{name} has to be a list over the layers, None for one that is not sent, not {value!r:.60}.", (name,)
    )
