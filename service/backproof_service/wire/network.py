"""Networks on the wire: drawn from sizes and a seed, or given layer by layer."""

from itertools import pairwise
from math import isfinite
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from typing_extensions import TypeAliasType

from backproof_core.activation import ACTIVATIONS
from backproof_service.wire.base import Answer, Request, by_field, by_type, fault, limit
from backproof_service.wire.names import ActivationName
from backproof_service.wire.numbers import Matrix, Natural, Number, NumberRows, Positive, Vector

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Uniform(Request):
    """Weights drawn from U(low, high)."""

    type: Literal["uniform"] = Field(description="The name of this initialisation.")
    low: float = Field(description="Smallest weight.", examples=[0])
    high: float = Field(description="Largest weight; not below low.", examples=[1])

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise fault(f"low is {self.low} and high is {self.high}; low must not exceed high.", "low")
        if not isfinite(self.high - self.low):
            raise fault(f"low is {self.low} and high is {self.high}; the range between them is beyond float64.", "low")
        return self


class Normal(Request):
    """Weights drawn from N(mean, std²)."""

    type: Literal["normal"] = Field(description="The name of this initialisation.")
    mean: float = Field(description="Mean of the weights.", examples=[0])
    std: float = Field(ge=0, description="Standard deviation of the weights.", examples=[0.5])


class GlorotUniform(Request):
    """Weights drawn from U(-a, a), a = √(6 / (inputs + outputs))."""

    type: Literal["glorot_uniform"] = Field(description="The name of this initialisation.")


class HeNormal(Request):
    """Weights drawn with mean 0 and standard deviation √(2 / inputs)."""

    type: Literal["he_normal"] = Field(description="The name of this initialisation.")


class Zeros(Request):
    """Weights that are all 0."""

    type: Literal["zeros"] = Field(description="The name of this initialisation.")


Init = TypeAliasType(
    "Init",
    Annotated[
        Annotated[Uniform, Tag("branch:uniform")]
        | Annotated[Normal, Tag("branch:normal")]
        | Annotated[GlorotUniform, Tag("branch:glorot_uniform")]
        | Annotated[HeNormal, Tag("branch:he_normal")]
        | Annotated[Zeros, Tag("branch:zeros")],
        Discriminator(by_type),
        Field(description="How the weights are drawn; biases start at 0."),
    ],
)
INITS = ("uniform", "normal", "glorot_uniform", "he_normal", "zeros")

_NAME = {"type": "string", "enum": list(ACTIVATIONS)}  # by value: generators of clients trip over a list of references
Activations = TypeAliasType(
    "Activations",
    Annotated[
        Annotated[ActivationName, Tag("branch:one")]
        | Annotated[list[ActivationName], Field(min_length=1), Tag("branch:each")],
        Discriminator(lambda sent: "branch:each" if isinstance(sent, list) else "branch:one"),
        WithJsonSchema(
            {
                "oneOf": [_NAME, {"type": "array", "minItems": 1, "items": _NAME}],
                "description": "One name for every layer, the last too, or a list of one name for each layer.",
            }
        ),
    ],
)


def count(number: int) -> str:
    """A number in words of a sentence: 50,000,000."""
    return f"{number:,}"


def check_shape(sizes: list[int], biases: int, info: ValidationInfo) -> None:
    """Refuses what exceeds the limits, before anything of that size is made."""
    layers, width, parameters = (limit(info, f"max_{name}") for name in ("layers", "layer_width", "parameters"))
    if layers is not None and len(sizes) - 1 > layers:
        asked = f"This network has {count(len(sizes) - 1)} layers"
        raise fault(f"{asked}; the limit max_layers is {count(layers)}.", code="limit_exceeded")
    for i, size in enumerate(sizes):
        if width is not None and size > width:
            asked = f"Size {i} is {count(size)}"
            raise fault(f"{asked}; the limit max_layer_width is {count(width)}.", code="limit_exceeded")
    total = sum(a * b for a, b in pairwise(sizes)) + biases
    if parameters is not None and total > parameters:
        asked = f"This network has {count(total)} parameters"
        raise fault(f"{asked}; the limit max_parameters is {count(parameters)}.", code="limit_exceeded")


class NetworkSizes(Request):
    """A network whose weights the service draws: its sizes, activation, initialisation and seed."""

    sizes: list[Positive] = Field(
        min_length=2, description="Sizes d₀ … d_L: inputs, each hidden layer, outputs.", examples=[[2, 2, 1]]
    )
    activation: Activations = Field(description="One activation for all layers, or one for each.", examples=["sigmoid"])
    bias: bool = Field(default=True, description="Whether the layers have biases, which start at 0.")
    init: Init = Field(
        default_factory=lambda: GlorotUniform(type="glorot_uniform"),
        description='How the weights are drawn; {"type": "glorot_uniform"} when absent.',
        examples=[{"type": "uniform", "low": 0, "high": 1}],
    )
    seed: Natural = Field(0, description="Seed of the weights: the same seed, the same weights.", examples=[7])

    @field_validator("sizes")
    @classmethod
    def _within_limits(cls, sizes: list[int], info: ValidationInfo) -> list[int]:
        check_shape(sizes, sum(sizes[1:]), info)
        return sizes

    @model_validator(mode="after")
    def _one_activation_for_each_layer(self) -> Self:
        layers = len(self.sizes) - 1
        if isinstance(self.activation, list) and len(self.activation) != layers:
            given = f"{len(self.activation)} activations for {layers} layers (sizes {self.sizes})"
            raise fault(f"There are {given}; give one name for all, or a list of {layers}.", "activation")
        return self


class Layer(Request):
    """One layer, A ↦ σ(A·W + 1·bᵀ)."""

    weights: Matrix = Field(
        description="W, inputs × outputs: a column is a neuron; outputs × inputs where the layout is out_in.",
        examples=[[[0.1, 0.2], [0.3, 0.4]]],
    )
    bias: Vector | None = Field(None, description="b, one number for each output; null or absent for none.")
    activation: ActivationName = Field(description="The activation of this layer.", examples=["sigmoid"])


class NetworkLayers(Request):
    """A network given layer by layer."""

    in_place_of = MappingProxyType({"sizes": "layers"})

    layers: list[Layer] = Field(min_length=1, description="The layers, from the input up.")


def subscript(letter: str, layer: int) -> str:
    """The blackboard's name of a layer's parameter; layer counts from 0: subscript("W", 1) is W₂."""
    return letter + str(layer + 1).translate(SUBSCRIPTS)


def blackboard(layer: int, field: str) -> str:
    """A parameter in words: "W₂ (layers.1.weights)"."""
    return f"{subscript('W' if field == 'weights' else 'b', layer)} (layers.{layer}.{field})"


NEITHER = 'A network is either {"sizes": [2, 2, 1], "activation": …} or {"layers": [{"weights": …, "activation": …}]}.'

Network = TypeAliasType(
    "Network",
    Annotated[
        Annotated[NetworkLayers, Tag("branch:NetworkLayers")] | Annotated[NetworkSizes, Tag("branch:NetworkSizes")],
        Discriminator(
            by_field(NetworkLayers="layers", NetworkSizes="sizes"),
            custom_error_type="fault",
            custom_error_message=NEITHER,
        ),
        Field(description="A network, drawn from sizes and a seed or given layer by layer."),
    ],
)


class LayerAnswer(Answer):
    """One layer's weights, bias and activation."""

    weights: NumberRows = Field(
        description="W, inputs × outputs; outputs × inputs where the layout is out_in.", examples=[[[0.1], [0.2]]]
    )
    bias: list[Number] | None = Field(description="b, one number for each output; null where there is none.")
    activation: ActivationName = Field(description="The activation of this layer.")
