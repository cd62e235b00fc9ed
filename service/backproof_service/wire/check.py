"""POST /gradients/check: the numbers that a caller's own code computed, sent to be judged."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from backproof_service.wire.base import Request, fault
from backproof_service.wire.data import Data, DataLabels, DataTargets, check_rows
from backproof_service.wire.judged import JudgedLayer, JudgedNumber, Layered, Matrices
from backproof_service.wire.laid import Laid
from backproof_service.wire.names import Dtype, LossName
from backproof_service.wire.network import Network, NetworkLayers, NetworkSizes, blackboard
from backproof_service.wire.numbers import Array

MATRICES = ("pre_activations", "activations", "deltas")
LAYERED = ("gradients", "updated_weights")
JUDGED = ("loss_value", *MATRICES, *LAYERED)
NOTHING = (
    "There is nothing to judge; send at least one number of yours in loss_value, pre_activations, activations, deltas, "
    "gradients or updated_weights."
)


class PreviousStep(Request):
    """The step before this one, as far as it bears on the numbers. It is not judged, so it has to be as it should."""

    data: Data | None = Field(None, description="The rows that it saw, where they were others.")
    gradients: Layered | None = Field(None, description="Its gradients, finite and in the shapes of the parameters.")
    velocity: Layered | None = Field(None, description="The optimizer's velocity after it, likewise.")


class CheckRequest(Laid):
    """A network, a loss, data, and whatever your own code computed there. At least one number of yours is needed."""

    network: Network = Field(description="The network, with the weights before the step.")
    loss: LossName = Field(description="The loss.", examples=["half_sse"])
    data: Data = Field(description="The rows, all in one batch.")
    dtype: Dtype | None = Field(
        None,
        description="The floating-point type that your code computed in. When absent it is float32 if every number of "
        "your lists is one exactly, else float64; the report says which.",
    )
    loss_value: JudgedNumber | None = Field(None, description="Your loss on these rows.", examples=[0.69])
    pre_activations: Matrices | None = Field(None, description="Your Z_1 … Z_L.")
    activations: Matrices | None = Field(None, description="Your A_1 … A_L; A_0 is x and not sent.")
    deltas: Matrices | None = Field(None, description="Your δ_1 … δ_L, δ_l = ∂loss/∂Z_l.")
    gradients: Layered | None = Field(None, description="Your ∂loss/∂W and ∂loss/∂b, layer by layer.")
    updated_weights: Layered | None = Field(None, description="Your parameters after the step, layer by layer.")
    learning_rate: float | None = Field(None, gt=0, description="The rate of the step.", examples=[0.1])
    weight_decay: float | None = Field(None, ge=0, description="λ of the step; g ← g + λW, weights only.")
    momentum: float | None = Field(None, ge=0, lt=1, description="μ of the step.")
    previous: PreviousStep | None = Field(None, description="The step before this one, where it bears on the numbers.")

    @field_validator("previous")
    @classmethod
    def _previous_rows_fit(cls, previous: PreviousStep | None, info: ValidationInfo) -> PreviousStep | None:
        if previous is not None and isinstance(previous.data, DataTargets | DataLabels) and "layout" in info.data:
            try:
                check_rows(previous.data, info.data["layout"])
            except PydanticCustomError as error:
                context = error.context or {}
                raise fault(context["sentence"], "data", *context["where"]) from None
        return previous

    @model_validator(mode="after")
    def _one_entry_for_each_layer(self) -> Self:
        biased = _biased(self.network)
        for name in (*MATRICES, *LAYERED):
            _check_layers(getattr(self, name), biased, name)
        if self.previous is not None:
            for name in ("gradients", "velocity"):
                _check_layers(getattr(self.previous, name), biased, "previous", name)
        if self.loss_value is None and not any(self.numbers()):
            raise fault(NOTHING)
        return self

    def numbers(self) -> Iterator[bool]:
        """True for each block that was sent to be judged."""
        for name in (*MATRICES, *LAYERED):
            for entry in getattr(self, name) or ():
                for block in (entry.weights, entry.bias) if isinstance(entry, JudgedLayer) else (entry,):
                    if block is not None:
                        yield True


def _biased(network: NetworkLayers | NetworkSizes) -> list[bool]:
    """For each layer, whether it has a bias."""
    if isinstance(network, NetworkLayers):
        return [layer.bias is not None for layer in network.layers]
    return [network.bias] * (len(network.sizes) - 1)


def _check_layers(sent: list[JudgedLayer | Array | None] | None, biased: list[bool], *where: str) -> None:
    """Refuses another number of entries than of layers, and a bias of a layer that has none."""
    if sent is None:
        return
    name, layers = where[-1], len(biased)
    if len(sent) != layers:
        need = f"the network has {layers} {'layer' if layers == 1 else 'layers'}: give one entry for each"
        if name == "activations" and len(sent) == layers + 1:
            need = "A_0 is x, which is not sent: give A_1 … A_L, one for each layer"
        given = f"{len(sent)} {'entry' if len(sent) == 1 else 'entries'}"
        raise fault(f"{name} has {given}; {need}, null for one that is not sent.", *where)
    for l, entry in enumerate(sent):
        if isinstance(entry, JudgedLayer) and entry.bias is not None and not biased[l]:
            need = "is none: the layer has no bias. Leave it out, or send null"
            raise fault(f"{blackboard(l, 'bias')} {need}.", *where, l, "bias")
