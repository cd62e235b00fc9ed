"""POST /points: a point that shows mistakes, with the right numbers."""

from typing import Literal

from pydantic import Field

from backproof_service.wire.base import Answer
from backproof_service.wire.gradients import LayerGradient
from backproof_service.wire.laid import Laid
from backproof_service.wire.layout import Layout
from backproof_service.wire.names import LossName
from backproof_service.wire.network import Network
from backproof_service.wire.numbers import Natural, Number, NumberRows
from backproof_service.wire.report import HiddenMistake, PointData, PointNetwork


class PointRequest(Laid):
    """An architecture and a loss, for which a point is wanted."""

    network: Network = Field(description="The architecture: only sizes, activations and biases count, weights do not.")
    loss: LossName = Field(description="The loss.", examples=["cross_entropy"])
    seed: Natural = Field(0, description="Seed of the point: the same seed, the same point.", examples=[1])


class PointAnswers(Answer):
    """What a right computation finds at the point, in float64."""

    loss_value: Number = Field(description="The loss.")
    gradients: list[LayerGradient] = Field(description="∂loss/∂W and ∂loss/∂b by layer.")
    deltas: list[NumberRows] = Field(description="δ_1 … δ_L.")
    activations: list[NumberRows] = Field(description="A_1 … A_L.")
    pre_activations: list[NumberRows] = Field(description="Z_1 … Z_L.")


class PointAnswer(Answer):
    """A small point off kinks that shows every mistake but those listed, with the right numbers."""

    object: Literal["point"] = Field(description="What this is.")
    network: PointNetwork = Field(description="The network; wide layers are made narrow.")
    loss: LossName = Field(description="The loss.")
    data: PointData = Field(description="The rows and targets.")
    layout: Layout = Field(description="How they lie, and the answers with them: as was asked.")
    unshowable: list[HiddenMistake] = Field(description="What no point of this architecture and loss can show.")
    answers: PointAnswers = Field(description="The right numbers there.")
