"""Case files (NAME.case.json): a point and a caller's own numbers there, as POST /gradients/check reads them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from backproof.arrays import plain
from backproof.errors import InvalidValue
from backproof.requests import Json, Wire, from_json

if TYPE_CHECKING:
    from os import PathLike

POINT = ("network", "loss", "data")
JUDGED = ("gradients", "loss_value", "pre_activations", "activations", "deltas", "updated_weights")
BEARING = ("learning_rate", "weight_decay", "momentum", "previous")  # on the numbers that are judged
FIELDS = (*POINT, "dtype", "layout", *JUDGED, *BEARING)
WHAT = "A case is a JSON object of network, loss, data and your own numbers, such as gradients"

# A string, or what languages print where JSON has no number: nan, NaN, -nan, -nan(ind), inf, -Inf, +Infinity
BARE = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<sign>[-+]?)\b(?:(?P<nan>nan)(?:\(\w*\))?|inf(?:inity)?)(?![\w"])', re.I)


def read_case(path: str | PathLike[str]) -> dict[str, object]:
    """The case in a file; see case_of. Raises InvalidValue where there is none, in one sentence that names the file."""
    try:
        return case_of(Path(path).read_bytes(), str(path))
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read: {error.strerror or error}.", ("path",)) from error


def case_of(text: bytes, name: str) -> dict[str, object]:
    """The case in a JSON text, which errors call by that name; numbers that are not finite are the wire's words.

    Those may stand as languages print them, without quotes: NaN, nan, -inf. Raises InvalidValue.
    """
    try:
        told = json_of(text)
    except InvalidValue as error:
        raise InvalidValue(f"{name} is no case: {error}. {WHAT}.") from error
    lacking = [field for field in POINT if field not in told]
    if lacking:
        raise InvalidValue(f"{name} is no case: it has no {' and no '.join(lacking)}. {WHAT}.")
    return told


def json_of(text: bytes) -> dict[str, object]:
    """The object in a JSON text, in which numbers that are not finite become the wire's words. Raises InvalidValue."""
    try:
        told = from_json(BARE.sub(_word, text.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise InvalidValue(f"not UTF-8: {error.reason} at byte {error.start}") from error
    return in_words(told)


def in_words(case: Json) -> dict[str, object]:
    """The case as JSON has it: arrays as lists, the wire's words for numbers that are not finite."""
    return {field: _in_words(value) for field, value in case.items()}


def judged(case: Json) -> list[str]:
    """The names of the numbers in the case that can be judged."""
    return [name for name in JUDGED if case.get(name) is not None]


def write_case(path: str | PathLike[str], case: Json) -> None:
    """Nothing; the file holds the case, one field a line. Raises InvalidValue where it cannot be written."""
    try:
        Path(path).write_text(written(case), encoding="utf-8")
    except OSError as error:
        raise InvalidValue(f"{path} cannot be written: {error.strerror or error}.", ("path",)) from error


def written(case: Json) -> str:
    """The case as JSON, one field a line, in the order of the wire; every float64 reads back bit for bit."""
    order = [*(name for name in FIELDS if name in case), *(name for name in case if name not in FIELDS)]
    fields = [f"{json.dumps(name)}: {json.dumps(_in_words(case[name]), allow_nan=False)}" for name in order]
    return "{" + ",\n ".join(fields) + "}\n"


def _word(found: re.Match[str]) -> str:
    """The wire's word for a number that JSON does not have; a string as it is."""
    if found["sign"] is None:
        return found[0]
    return '"NaN"' if found["nan"] else '"-Infinity"' if found["sign"] == "-" else '"Infinity"'


def _in_words(value: object) -> object:
    """The value as JSON has it: arrays as lists, the wire's words for floats that are not finite."""
    found = plain(value.to_wire() if isinstance(value, Wire) else value)
    if isinstance(found, float) and not math.isfinite(found):
        return "NaN" if math.isnan(found) else "Infinity" if found > 0 else "-Infinity"
    if isinstance(found, Mapping):
        return {name: _in_words(each) for name, each in found.items()}
    return [_in_words(each) for each in found] if isinstance(found, list | tuple) else found
