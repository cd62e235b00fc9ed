"""POST /train: what is trained, on what, how, and for how long."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request, by_field, by_type, fault, limit
from backproof_service.wire.data import Data
from backproof_service.wire.names import Dtype, LossName, Route, TrainForm
from backproof_service.wire.network import Network, count
from backproof_service.wire.numbers import Natural, Positive

RATE = "Learning rate r, above 0."
DECAY = "Weight decay λ: g ← g + λW before the update, for weights only."


class Constant(Request):
    """The learning rate stays as it is."""

    type: Literal["constant"] = Field(description="The name of this schedule.")


class Step(Request):
    """The learning rate is multiplied by factor after every so many epochs."""

    type: Literal["step"] = Field(description="The name of this schedule.")
    every: Positive = Field(description="Epochs between two changes.", examples=[10])
    factor: float = Field(gt=0, description="What the rate is multiplied by.", examples=[0.5])


class Cosine(Request):
    """The learning rate falls along half a cosine to floor at the last epoch."""

    type: Literal["cosine"] = Field(description="The name of this schedule.")
    floor: float = Field(0.0, ge=0, description="The rate at the end.")


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


class ValidationShare(Request):
    """A share of the rows, drawn by seed, held out of training."""

    share: float = Field(gt=0, lt=1, description="Share of the rows, between 0 and 1.", examples=[0.2])


class ValidationData(Request):
    """Rows of their own that are never trained on."""

    data: Data = Field(description="The rows that validate.")


Validation = TypeAliasType(
    "Validation",
    Annotated[
        Annotated[ValidationShare, Tag("branch:ValidationShare")]
        | Annotated[ValidationData, Tag("branch:ValidationData")],
        Discriminator(
            by_field(ValidationShare="share", ValidationData="data"),
            custom_error_type="fault",
            custom_error_message='Validation is {"share": 0.2} or {"data": …}.',
        ),
        Field(description="Rows that measure the network after each epoch."),
    ],
)


class EarlyStopping(Request):
    """Stops when the best loss is that many epochs old."""

    patience: Positive = Field(description="Epochs without a better loss.", examples=[20])


JobLabels = TypeAliasType(
    "JobLabels",
    Annotated[
        dict[
            Annotated[str, Field(min_length=1, max_length=64)],
            Annotated[str, Field(max_length=256)],
        ],
        Field(max_length=16, description="Your own words about a job, to find it by: at most 16, strings to strings."),
    ],
)


class TrainRequest(Request):
    """A training run."""

    network: Network = Field(description="The network before training.")
    loss: LossName = Field(description="What is made small.", examples=["half_sse"])
    optimizer: Optimizer = Field(description="How.", examples=[{"type": "sgd", "learning_rate": 1.0}])
    data: Data = Field(description="The rows to train on.")
    epochs: Positive = Field(description="How many times every row is seen.", examples=[10000])
    batch_size: Positive | None = Field(None, description="Rows a step; null for all rows, in order.")
    seed: Natural = Field(0, description="Seed of the order of rows and of the validation split.")
    form: TrainForm = Field("matched", description='The form that trains; "both" trains one twin by each.')
    route: Route = Field("dense", description="How the vectorised form is evaluated.")
    dtype: Dtype = Field("float64", description="The floating-point type of the whole run.")
    validation: Validation | None = Field(None, description="Rows held out, or null.")
    early_stopping: EarlyStopping | None = Field(None, description="When to stop early, or null.")
    labels: JobLabels = Field(
        default_factory=dict, description="Your own words about this job.", examples=[{"exp": "a"}]
    )

    @field_validator("epochs")
    @classmethod
    def _within_limits(cls, epochs: int, info: ValidationInfo) -> int:
        most = limit(info, "max_epochs")
        if most is not None and epochs > most:
            asked = f"{count(epochs)} epochs were asked for"
            raise fault(f"{asked}; the limit max_epochs is {count(most)}.", code="limit_exceeded")
        return epochs
