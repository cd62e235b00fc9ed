"""Numbers that are to be judged: of any shape, finite or not, for that they are wrong is for the judge to say."""

from typing import Annotated, Any

import numpy as np
from pydantic import Discriminator, Field, Tag, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request, fault
from backproof_service.wire.numbers import NUMBERS, Array, Listed, shown

DEEPEST = 4
FROM_WORDS = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
NEED = 'it must be a number, or "NaN", "Infinity" or "-Infinity" where yours is not finite'


def as_block(sent: object) -> Array:
    """Nested lists as a read-only float64 array of whatever shape they have; every fault names its place."""
    if isinstance(sent, np.ndarray):
        return sent
    if not isinstance(sent, list):
        raise fault(f"This is {shown(sent)}; it must be a list of numbers or of rows of them, or null if not sent.")
    shape = _shape(sent)
    if len(shape) > DEEPEST:
        raise fault(
            f"These lists are nested {len(shape)} deep; a block is a matrix or a vector, {DEEPEST} is the most."
        )
    found = np.array(_read(sent, shape, ()), dtype=np.float64)
    found.flags.writeable = False
    return found


def as_bias(sent: object) -> Array:
    """A vector, also where it was sent as one row or one column; anything else as it is."""
    found = as_block(sent)
    return found.reshape(-1) if found.ndim == 2 and 1 in found.shape else found


def as_scalar(sent: object) -> float:
    """One number, finite or not."""
    if type(sent) in NUMBERS:
        return float(sent)  # type: ignore[arg-type]
    if isinstance(sent, str) and sent in FROM_WORDS:
        return FROM_WORDS[sent]
    raise fault(f"This is {shown(sent)}; {NEED}.")


def _shape(sent: list[Any]) -> tuple[int, ...]:
    """The shape, read along the first entries."""
    shape: list[int] = []
    inner: Any = sent
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    return tuple(shape)


def _read(sent: list[Any], shape: tuple[int, ...], where: tuple[int, ...]) -> list[Any]:
    """The entries, with numbers for words. Refuses what is empty, ragged or no number."""
    if not sent:
        raise fault("This list is empty; give at least one number, or null for what is not sent.", *where)
    if len(sent) != shape[0]:
        given = f"This row has {len(sent)} {'entry' if len(sent) == 1 else 'entries'}, the first has {shape[0]}"
        raise fault(f"{given}; all rows of a matrix need the same length.", *where)
    if len(shape) == 1:
        return sent if NUMBERS.issuperset(map(type, sent)) else [_number(x, *where, j) for j, x in enumerate(sent)]
    for i, row in enumerate(sent):
        if not isinstance(row, list):
            raise fault(f"This is {shown(row)}, where entry 0 is a list; all entries have to be lists.", *where, i)
    return [_read(row, shape[1:], (*where, i)) for i, row in enumerate(sent)]


def _number(value: object, *where: int) -> float:
    if type(value) in NUMBERS:
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, str) and value in FROM_WORDS:
        return FROM_WORDS[value]
    words = f"{shown(value)}, where entry 0 is a number" if isinstance(value, list) else shown(value)
    raise fault(f"This is {words}; {NEED}.", *where)


SHAPE = "It may have any shape: a wrong one is judged, not refused."
WORDS = 'What is not finite stands as "NaN", "Infinity" or "-Infinity".'


JudgedNumber = TypeAliasType(
    "JudgedNumber",
    Annotated[
        float,
        Listed(
            as_scalar,
            {
                "anyOf": [{"type": "number"}, {"type": "string", "enum": list(FROM_WORDS)}],
                "description": "A number, finite or not.",
            },
        ),
    ],
)
# Generators of clients trip over entries that are a number or a word, so only the description tells of the words.
_LINE: JsonSchemaValue = {"type": "array", "minItems": 1, "items": {"type": "number"}}
_ROWS: JsonSchemaValue = {"type": "array", "minItems": 1, "items": _LINE}
JudgedMatrix = TypeAliasType(
    "JudgedMatrix",
    Annotated[Array, Listed(as_block, {**_ROWS, "description": f"A matrix of yours. {SHAPE} {WORDS}"})],
)
JudgedBias = TypeAliasType(
    "JudgedBias",
    Annotated[
        Array,
        Listed(as_bias, {**_LINE, "description": f"A vector of yours, also as one row or one column. {SHAPE} {WORDS}"}),
    ],
)


class JudgedLayer(Request):
    """What your code computed for the parameters of one layer; null or absent for what is not sent."""

    weights: JudgedMatrix | None = Field(None, description="What has the shape of W.", examples=[[[0.1], [-0.2]]])
    bias: JudgedBias | None = Field(None, description="What has the shape of b.", examples=[[0.05]])


def _tag(sent: object) -> str | None:
    if isinstance(sent, list | np.ndarray):
        return "branch:matrix"
    return "branch:layer" if isinstance(sent, dict | JudgedLayer) else None


LayerOrWeights = TypeAliasType(
    "LayerOrWeights",
    Annotated[
        Annotated[JudgedLayer, Tag("branch:layer")] | Annotated[JudgedMatrix, Tag("branch:matrix")],
        Discriminator(
            _tag,
            custom_error_type="fault",
            custom_error_message='A layer is {"weights": …, "bias": …}, a matrix for its weights alone, or null.',
        ),
        Field(description="What your code computed for one layer: weights and bias, or the weights alone."),
    ],
)
Matrices = TypeAliasType(
    "Matrices",
    Annotated[
        list[JudgedMatrix | None],
        WithJsonSchema(
            {
                "type": "array",
                "items": {**_ROWS, "type": ["array", "null"]},
                "description": f"One matrix a layer, null for one not sent. {SHAPE} {WORDS}",
            }
        ),
    ],
)
Layered = TypeAliasType(
    "Layered",
    Annotated[list[LayerOrWeights | None], Field(description="One entry for each layer, null for one not sent.")],
)
