"""The names a request may use, read from the core's tables: what the core learns, the wire accepts."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from backproof_core import backprop
from backproof_core.activation import ACTIVATIONS
from backproof_core.loss import LOSSES
from backproof_service.http.words import listed, nearest
from backproof_service.wire.base import fault
from backproof_service.wire.numbers import shown


class OneOf:
    """The pydantic side of a name out of a table: anything else is answered with the nearest one and all valid ones."""

    def __init__(self, what: str, names: Iterable[str], description: str) -> None:
        self.what, self.names, self.description = what, tuple(names), description

    def read(self, sent: object) -> str:
        if isinstance(sent, str) and sent in self.names:
            return sent
        hint = nearest(sent, self.names)
        raise fault(f"{shown(sent)} is no {self.what}{hint}; valid are {listed(self.names)}.", code="unknown_name")

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": list(self.names), "description": self.description}


FORMS = backprop.FORMS
ROUTES = ("auto", *backprop.ROUTES)
WITNESSES = ("complex_step", "central_difference")
INCLUDES = ("gradients", "deltas", "activations", "pre_activations", "jacobian")
PREDICT_INCLUDES = ("pre_activations", "activations")
DTYPES = ("float64", "float32")

ActivationName = TypeAliasType(
    "ActivationName",
    Annotated[str, OneOf("activation", ACTIVATIONS, "An activation; softmax works on rows, the others on entries.")],
)
FORMULAS = {
    "half_sse": "Σ ½(h - y)²",
    "sse": "Σ (h - y)²",
    "mse": "Σ (h - y)² / (N·d_L)",
    "binary_cross_entropy": "-Σ (y ln h + (1 - y) ln(1 - h)) / N",
    "cross_entropy": "-Σ y ln h / N",
}
LOSS = "\n".join(
    [
        "A loss, with sums over all N rows and d_L outputs; not every one goes with every last activation (see "
        "/capabilities).",
        "",
        *(f"- `{name}`: {FORMULAS[name]}" for name in LOSSES if name in FORMULAS),
    ]
)
ROUTE = """\
How the vectorised form is evaluated.

- `auto`: dense while it fits 64 MiB, else row.
- `dense`: literally, with np.kron and np.diag; shares no backward code with the matched form.
- `row`: the row of ones is multiplied first; the matched form's bits, so no second opinion.
- `jacobian`: the full Jacobian of one layer at a time, by its structure; shares no backward code with the matched form.
"""
LossName = TypeAliasType("LossName", Annotated[str, OneOf("loss", LOSSES, LOSS)])
Dtype = TypeAliasType(
    "Dtype", Annotated[str, OneOf("dtype", DTYPES, "The floating-point type that everything is computed in.")]
)
Form = TypeAliasType("Form", Annotated[str, OneOf("form", FORMS, "One of the two forms of backpropagation.")])
TrainForm = TypeAliasType(
    "TrainForm",
    Annotated[str, OneOf("form", (*FORMS, "both"), 'The form that trains; "both" trains one twin by each.')],
)
Route = TypeAliasType(
    "Route",
    Annotated[str, OneOf("route", ROUTES, ROUTE)],
)
WitnessName = TypeAliasType(
    "WitnessName", Annotated[str, OneOf("witness", WITNESSES, "Gradients found without backpropagation.")]
)
Include = TypeAliasType("Include", Annotated[str, OneOf("part", INCLUDES, "A part of the answer for each form.")])
PredictInclude = TypeAliasType(
    "PredictInclude", Annotated[str, OneOf("part", PREDICT_INCLUDES, "A part of the answer beside the outputs.")]
)
