"""POST /train: what is trained, on what, how, and for how long."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request, by_field, fault, limit
from backproof_service.wire.data import Data, check_rows
from backproof_service.wire.laid import Laid
from backproof_service.wire.names import Dtype, LossName, Route, TrainForm
from backproof_service.wire.network import Network, count
from backproof_service.wire.numbers import Natural, Positive
from backproof_service.wire.optimizer import Optimizer


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


class TrainRequest(Laid):
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

    @field_validator("validation")
    @classmethod
    def _validation_rows_fit(cls, validation: Validation | None, info: ValidationInfo) -> Validation | None:
        if isinstance(validation, ValidationData) and "layout" in info.data:
            check_rows(validation.data, info.data["layout"], "data")
        return validation

    @field_validator("epochs")
    @classmethod
    def _within_limits(cls, epochs: int, info: ValidationInfo) -> int:
        most = limit(info, "max_epochs")
        if most is not None and epochs > most:
            asked = f"{count(epochs)} epochs were asked for"
            raise fault(f"{asked}; the limit max_epochs is {count(most)}.", code="limit_exceeded")
        return epochs
