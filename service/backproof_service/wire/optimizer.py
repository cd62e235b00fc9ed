"""Optimizers and schedules on the wire: each type has its own fields, and no others."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request, by_type
from backproof_service.wire.numbers import Positive

RATE = "Learning rate r, above 0."
DECAY = "Weight decay λ: g ← g + λW before the update, for weights only."


class Constant(Request):
    """The learning rate stays as it is."""

    type: Literal["constant"] = Field(description="The name of this schedule.")


class Step(Request):
    """The learning rate is r·factor^⌊e/every⌋, e = finished epochs."""

    type: Literal["step"] = Field(description="The name of this schedule.")
    every: Positive = Field(description="Epochs between two changes.", examples=[10])
    factor: float = Field(gt=0, description="What the rate is multiplied by.", examples=[0.5])


class Cosine(Request):
    """The learning rate is floor + (r - floor)·(1 + cos(π·e/E))/2, e = finished epochs, E = `epochs`."""

    type: Literal["cosine"] = Field(description="The name of this schedule.")
    floor: float = Field(
        0.0, ge=0, description="What the rate falls towards; the last epoch, e = E - 1, is still a little above it."
    )


Schedule = TypeAliasType(
    "Schedule",
    Annotated[
        Annotated[Constant, Tag("branch:constant")]
        | Annotated[Step, Tag("branch:step")]
        | Annotated[Cosine, Tag("branch:cosine")],
        Discriminator(by_type),
        Field(description="How the learning rate changes with the epochs."),
    ],
)


def constant() -> Constant:
    """The schedule when none is given."""
    return Constant(type="constant")


class Sgd(Request):
    """W ← W - r·g."""

    type: Literal["sgd"] = Field(description="The name of this optimizer.")
    learning_rate: float = Field(gt=0, description=RATE, examples=[1.0])
    weight_decay: float = Field(0.0, ge=0, description=DECAY)
    schedule: Schedule = Field(default_factory=constant, description="How the rate changes; constant when absent.")


class Momentum(Request):
    """v ← μv + g, W ← W - r·v."""

    type: Literal["momentum"] = Field(description="The name of this optimizer.")
    learning_rate: float = Field(gt=0, description=RATE, examples=[0.1])
    momentum: float = Field(0.9, ge=0, lt=1, description="μ, from 0 to below 1.")
    weight_decay: float = Field(0.0, ge=0, description=DECAY)
    schedule: Schedule = Field(default_factory=constant, description="How the rate changes; constant when absent.")


class Nesterov(Request):
    """v ← μv + g, W ← W - r(g + μv)."""

    type: Literal["nesterov"] = Field(description="The name of this optimizer.")
    learning_rate: float = Field(gt=0, description=RATE, examples=[0.1])
    momentum: float = Field(0.9, ge=0, lt=1, description="μ, from 0 to below 1.")
    weight_decay: float = Field(0.0, ge=0, description=DECAY)
    schedule: Schedule = Field(default_factory=constant, description="How the rate changes; constant when absent.")


class Adam(Request):
    """Adam, bias-corrected, with epsilon outside the root."""

    type: Literal["adam"] = Field(description="The name of this optimizer.")
    learning_rate: float = Field(gt=0, description=RATE, examples=[0.01])
    beta1: float = Field(0.9, ge=0, lt=1, description="Decay of the mean of g.")
    beta2: float = Field(0.999, ge=0, lt=1, description="Decay of the mean of g².")
    epsilon: float = Field(1e-8, gt=0, description="Added to the root of the mean of g².")
    weight_decay: float = Field(0.0, ge=0, description=DECAY)
    schedule: Schedule = Field(default_factory=constant, description="How the rate changes; constant when absent.")


Optimizer = TypeAliasType(
    "Optimizer",
    Annotated[
        Annotated[Sgd, Tag("branch:sgd")]
        | Annotated[Momentum, Tag("branch:momentum")]
        | Annotated[Nesterov, Tag("branch:nesterov")]
        | Annotated[Adam, Tag("branch:adam")],
        Discriminator(by_type),
        Field(description="How a gradient changes the weights."),
    ],
)
