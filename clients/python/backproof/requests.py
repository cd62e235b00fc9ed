"""The objects that requests hold, built from what callers have at hand: networks, data, optimisers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from backproof.arrays import Entries, Rows, plain, sendable_matrix, sendable_vector
from backproof.call import body
from backproof.errors import InvalidValue

if TYPE_CHECKING:
    from os import PathLike

Json = Mapping[str, object]


@runtime_checkable
class Wire(Protocol):
    """The type for values that know the object the service reads, as Network, Init and Dataset do."""

    def to_wire(self) -> Mapping[str, object]:
        """The object that the service reads."""


Layout = Mapping[str, str]  # weights: in_out or out_in; samples: rows or columns
Object = Wire | Mapping[str, object]
Pair = tuple[Rows, Rows]  # x and y
Data = Object | Pair

MEDIA = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".npz": "application/x-npz",
    ".npy": "application/x-npy",
    ".safetensors": "application/vnd.safetensors",
}


def given(**fields: object) -> dict[str, object]:
    """The fields that have a value; the others are left to the service's defaults."""
    return {name: value for name, value in fields.items() if value is not None}


def object_of(value: Object) -> Json:
    """The wire's object for a value that knows it, or a mapping as it is."""
    return value if isinstance(value, Mapping) else value.to_wire()


def network(value: Object) -> Json:
    """A network. Raises InvalidValue where a weight or bias is not a finite number."""
    told = object_of(value)
    layers = told.get("layers")
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        return told
    return {**told, "layers": [layer(each, number) for number, each in enumerate(layers)]}


def layer(value: object, number: int) -> object:
    """One layer of a network that is given as a mapping, checked; what is no layer is left to the service."""
    if not isinstance(value, Mapping):
        return value
    place = ("network", "layers", number)
    held = {"weights": sendable_matrix(value["weights"], *place, "weights")} if "weights" in value else {}
    bias = value.get("bias")
    return {**value, **held, **({} if bias is None else {"bias": sendable_vector(bias, *place, "bias")})}


def data(value: Data, place: str = "data") -> Json:
    """Data: a pair (x, y), a Dataset, or the wire's object. Raises InvalidValue for an entry that is not finite."""
    if isinstance(value, tuple):
        x, y = value
        return data({"x": x, "y": y}, place)
    told = dict(object_of(value))
    for name in ("x", "y"):
        if name in told:
            told[name] = sendable_matrix(told[name], place, name)
    return told | given(labels=plain(told.get("labels")))


def validation(value: Object | None) -> Json | None:
    """How a run is validated: {"share": 0.2} or {"data": …}."""
    if value is None:
        return None
    told = dict(object_of(value))
    return told | {"data": data(told["data"], "validation.data")} if "data" in told else told  # type: ignore[arg-type]


def dataset_file(path: str | PathLike[str]) -> tuple[bytes, str]:
    """The bytes of a file and their media type, by its name. Raises InvalidValue where it is no such file."""
    file = Path(path)
    media = MEDIA.get(file.suffix.lower())
    if media is None:
        raise InvalidValue(f"{file} cannot be uploaded: its name has to end in one of {', '.join(MEDIA)}.", ("path",))
    try:
        return file.read_bytes(), media
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read: {error.strerror or error}.", ("path",)) from error


def dataset_rows(x: Rows | Json, y: Rows | None, labels: Entries | None) -> bytes:
    """Rows as the JSON body of a data set; the same numbers give the same bytes, and so the same id."""
    told = dict(x) if isinstance(x, Mapping) else {"x": x} | given(y=y, labels=labels)
    return body(data(told, "dataset"))


def from_json(text: str | bytes) -> Json:
    """The object in a JSON text. Raises InvalidValue where there is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise InvalidValue(f"a JSON object was expected, not {told!r:.40}")
    return told
