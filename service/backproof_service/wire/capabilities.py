"""What the service can do, and whether it is up."""

from typing import Literal

from pydantic import Field

from backproof_service.wire.base import Answer


class AdmissiblePair(Answer):
    """A loss and a last activation that go together."""

    loss: str = Field(description="The loss.", examples=["cross_entropy"])
    activation: str = Field(description="The activation of the last layer.", examples=["softmax"])


class Layouts(Answer):
    """How matrices may lie; the first of each is meant where nothing is said."""

    weights: list[str] = Field(description="How weights may lie.", examples=[["in_out", "out_in"]])
    samples: list[str] = Field(description="How instances may lie.", examples=[["rows", "columns"]])


class Capabilities(Answer):
    """Names and limits."""

    activations: list[str] = Field(description="Activations.")
    losses: list[str] = Field(description="Losses.")
    admissible_pairs: list[AdmissiblePair] = Field(
        description="Every loss with every last activation it is defined for."
    )
    optimizers: list[str] = Field(description="Optimizers.")
    schedules: list[str] = Field(description="Schedules of the learning rate.")
    inits: list[str] = Field(description="Initialisations of weights.")
    forms: list[str] = Field(description="Forms of backpropagation.")
    routes: list[str] = Field(description="Ways to evaluate the vectorised form.")
    layouts: Layouts = Field(description="The values of layout, in every request that holds a network or data.")
    limits: dict[str, int] = Field(
        description="Limits by name; max_wait_seconds is the longest wait that Prefer may ask for."
    )
    versions: dict[str, str] = Field(description="Versions of the service and of what it computes with.")


class Health(Answer):
    """That the service is alive, or ready."""

    status: Literal["ok", "ready"] = Field(description="In a word.")
