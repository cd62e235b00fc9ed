"""Numbers on the wire: matrices as nested lists, vectors, labels, integers within 2^53 - 1."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from backproof_service.wire.base import fault

Array: TypeAlias = NDArray[np.float64]

LARGEST_INTEGER = 2**53 - 1
NUMBERS = frozenset({int, float})
WORDS = {
    bool: "a boolean",
    str: "a string",
    type(None): "null",
    list: "a list",
    dict: "an object",
    int: "a number",
    float: "a number",
}


def kind(value: object) -> str:
    """What JSON calls a value, for sentences: "a string", "null"."""
    return WORDS.get(type(value), f"a {type(value).__name__}")


def shown(value: object) -> str:
    """A value as it stands in a sentence: what it is and, when short, itself as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'the string "{value}"' if len(value) <= 40 else f"a string of {len(value)} characters"
    if isinstance(value, int | float):
        return f"{value!r}"
    return kind(value)


def _one_number(value: object, place: str, *where: int) -> None:
    if type(value) not in NUMBERS:
        raise fault(f"{place} is {shown(value)}; it must be a finite number.", *where)


def _row(row: list[Any], place: str, *where: int) -> None:
    if not NUMBERS.issuperset(map(type, row)):
        column = next(j for j, value in enumerate(row) if type(value) not in NUMBERS)
        _one_number(row[column], f"{place}, column {column}," if place else f"Entry {column}", *where, column)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def as_matrix(sent: object) -> Array:
    """A nested list as a read-only float64 matrix; every fault names its row."""
    if isinstance(sent, np.ndarray):
        return _frozen(np.array(sent, dtype=np.float64, ndmin=2, copy=True)) if sent.flags.writeable else sent
    if not isinstance(sent, list):
        raise fault(
            f"This is {shown(sent)}; a matrix is a list of rows, each a list of numbers, such as [[0, 1], [1, 0]]."
        )
    if not sent:
        raise fault("The matrix has no rows; give at least one row of numbers.")
    for i, row in enumerate(sent):
        if type(row) is not list:
            raise fault(f"Row {i} is {shown(row)}; each row must be a list of numbers, such as [[0, 1], [1, 0]].", i)
        if not row:
            raise fault(f"Row {i} is empty; each row needs at least one number.", i)
        if len(row) != len(sent[0]):
            raise fault(f"Row {i} has {len(row)} numbers, row 0 has {len(sent[0])}; all rows need the same length.", i)
        _row(row, f"Row {i}", i)
    array = np.empty((len(sent), len(sent[0])))  # after the loop: now known to be no larger than what was sent
    for i, row in enumerate(sent):
        array[i] = row
    return _frozen(array)


def as_vector(sent: object) -> Array:
    """A list of numbers as a read-only float64 vector."""
    if isinstance(sent, np.ndarray):
        return _frozen(np.array(sent, dtype=np.float64, copy=True)) if sent.flags.writeable else sent
    if not isinstance(sent, list):
        raise fault(f"This is {shown(sent)}; it must be a list of numbers.")
    _row(sent, "")
    return _frozen(np.array(sent, dtype=np.float64))


def as_labels(sent: object) -> NDArray[np.int64]:
    """A list of class numbers, counted from 0, as a read-only int64 vector."""
    if isinstance(sent, np.ndarray):
        return _frozen(np.array(sent, dtype=np.int64, copy=True)) if sent.flags.writeable else sent
    if not isinstance(sent, list):
        raise fault(f"This is {shown(sent)}; labels are a list of integers from 0, one for each row of x.")
    if not sent:
        raise fault("The list of labels is empty; give one integer for each row of x.")
    found = [_label(value, i) for i, value in enumerate(sent)]
    return _frozen(np.array(found, dtype=np.int64))


def _label(value: object, i: int) -> int:
    whole = as_integer(value)
    if type(whole) is not int or not 0 <= whole <= LARGEST_INTEGER:
        raise fault(f"Label {i} is {shown(value)}; it must be an integer from 0 to the number of classes - 1.", i)
    return whole


def as_integer(value: object) -> object:
    """2.0 as 2, as JSON Schema counts integers; anything else as it came."""
    return int(value) if type(value) is float and value.is_integer() else value


class Listed:
    """The pydantic side of an array: how it is read from lists, and what its JSON Schema says."""

    def __init__(self, read: Callable[[object], NDArray[Any]], schema: JsonSchemaValue) -> None:
        self.read, self.schema = read, schema

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return dict(self.schema)


NUMBER = 'A float64; what JSON has no number for is "NaN", "Infinity" or "-Infinity".'
_ROW = {"type": "array", "minItems": 1, "items": {"type": "number"}}

Matrix = TypeAliasType(
    "Matrix",
    Annotated[
        Array,
        Listed(
            as_matrix,
            {"type": "array", "minItems": 1, "items": _ROW, "description": "Rows of equal length, row-major."},
        ),
    ],
)
Vector = TypeAliasType(
    "Vector",
    Annotated[
        Array, Listed(as_vector, {"type": "array", "items": {"type": "number"}, "description": "Finite numbers."})
    ],
)
Labels = TypeAliasType(
    "Labels",
    Annotated[
        NDArray[np.int64],
        Listed(
            as_labels,
            {
                "type": "array",
                "minItems": 1,
                "items": {"type": "integer", "minimum": 0, "maximum": LARGEST_INTEGER},
                "description": "The class of each row, counted from 0.",
            },
        ),
    ],
)

Natural = Annotated[int, Field(ge=0, le=LARGEST_INTEGER), BeforeValidator(as_integer)]
Positive = Annotated[int, Field(ge=1, le=LARGEST_INTEGER), BeforeValidator(as_integer)]

NonFinite = TypeAliasType("NonFinite", Literal["NaN", "Infinity", "-Infinity"])
Number = TypeAliasType("Number", Annotated[float | NonFinite, Field(description=NUMBER)])
Numbers: TypeAlias = list[Number]
NumberRows: TypeAlias = list[list[Number]]
