"""Jobs and what belongs to them: progress, results, weights, curves."""

from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType

from backproof_service.wire.answers import Time
from backproof_service.wire.base import Answer, Request, by_field, fault
from backproof_service.wire.data import DatasetId, RowRange
from backproof_service.wire.gradients import GradientsAnswer
from backproof_service.wire.layout import Layout
from backproof_service.wire.network import LayerAnswer
from backproof_service.wire.numbers import Matrix, Number, NumberRows, as_integer, shown
from backproof_service.wire.problems import Problem

JobKind = TypeAliasType("JobKind", Literal["train", "gradients"])
JobState = TypeAliasType(
    "JobState",
    Literal["queued", "running", "pausing", "paused", "cancelling", "succeeded", "failed", "cancelled", "interrupted"],
)
ListedState: TypeAlias = Literal[  # the states that jobs are in today; answers may have more one day
    "queued", "running", "cancelling", "succeeded", "failed", "cancelled", "interrupted"
]


class Progress(Answer):
    """How far a job is."""

    epoch: int = Field(description="Epochs finished.")
    epochs: int = Field(description="Epochs asked for.")
    step: int = Field(description="Updates finished.")
    steps: int = Field(description="Updates of the whole run.")
    fraction: float = Field(description="Finished part, 0 to 1.")
    eta_seconds: float | None = Field(
        description="Seconds to the end at the present speed; null when unknown, null or 0 when the job does not run."
    )


class LatestMetrics(Answer):
    """The last measured numbers of a run."""

    loss: Number | None = Field(description="Loss of the last epoch; null before the first.")
    accuracy: Number | None = Field(description="Accuracy of the last epoch; null where the loss has none.")
    validation_loss: SkipJsonSchema[None] | Number = Field(None, description="Loss on the validation rows.")
    validation_accuracy: SkipJsonSchema[None] | Number = Field(None, description="Accuracy on the validation rows.")


class TrainResult(Answer):
    """What a finished run ended with."""

    final_loss: Number = Field(description="Loss of the last weights on all training rows.")
    weights_sha256: str = Field(description="SHA-256 of the bytes of W₁, b₁, W₂, … of the latest weights.")
    twin_distance: Number | None = Field(description="How far apart the twins ever were; null without twins.")
    best_epoch: int | None = Field(description="The epoch with the best weights.")
    stopped_early: bool = Field(default=False, description="Whether early stopping ended the run.")


JobResult = TypeAliasType(
    "JobResult",
    Annotated[
        Annotated[TrainResult, Tag("branch:TrainResult")] | Annotated[GradientsAnswer, Tag("branch:GradientsAnswer")],
        Discriminator(by_field(TrainResult="final_loss", GradientsAnswer="object")),
        Field(description="What a job found."),
    ],
)


class Environment(Answer):
    """What the bits of a result depend on."""

    numpy: str = Field(description="Version of NumPy.")
    blas: str = Field(description="The BLAS library and its version.")
    blas_core: str = Field(description="The processor kernel that the BLAS chose.")
    threads: int = Field(description="BLAS threads.")


class JobLinks(Answer):
    """Where to go from a job; only links that work are there."""

    self: str = Field(description="This job.")
    events: SkipJsonSchema[None] | str = Field(None, description="Its events.")
    weights: SkipJsonSchema[None] | str = Field(None, description="Its weights.")
    metrics: SkipJsonSchema[None] | str = Field(None, description="Its curves.")
    gradients: SkipJsonSchema[None] | str = Field(None, description="The comparison of the forms along the run.")
    predict: SkipJsonSchema[None] | str = Field(None, description="Outputs of its network.")
    cancel: SkipJsonSchema[None] | str = Field(None, description="Cancels it.")


class Job(Answer):
    """A job: a training run, or gradients too large to be answered at once."""

    object: Literal["job"] = Field(description="What this is.")
    id: str = Field(description="The job's id.", examples=["job_01J8Z6Q4T7WZ1V5KJ3M9N2C8RB"])
    kind: JobKind = Field(description="What it does.")
    state: JobState = Field(description="Where it is; succeeded, failed and cancelled never change.")
    attempt: int = Field(description="How many times it was started.")
    created_at: Time = Field(description="When it came.")
    started_at: Time | None = Field(description="When it was last started; null before.")
    finished_at: Time | None = Field(description="When it ended; null before.")
    progress: Progress | None = Field(description="How far it is; null before it starts.")
    metrics: LatestMetrics | None = Field(description="The last measured numbers; null where there are none.")
    result: JobResult | None = Field(description="What it found; null before it succeeded.")
    error: Problem | None = Field(description="Why it failed; null otherwise.")
    config: dict[str, Any] = Field(
        description="The request with defaults resolved; large arrays stand as their size and hash."
    )
    environment: Environment | None = Field(description="What its bits depend on; null before it starts.")
    labels: dict[str, str] = Field(description="Your own words about it.")
    links: JobLinks = Field(description="Where to go from here.")


class JobList(Answer):
    """Jobs, newest first."""

    object: Literal["list"] = Field(description="What this is.")
    data: list[Job] = Field(description="The jobs of this page.")
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")


class Weights(Answer):
    """The weights of a run at one time, in the layout that the job was submitted in."""

    job: str = Field(description="The job's id.")
    at: str = Field(description="latest, best, or an epoch.")
    epoch: int = Field(description="The epochs finished by then.")
    layout: Layout = Field(description="How they lie: as in the request that made the job.")
    layers: list[LayerAnswer] = Field(description="The layers, from the input up.")


class Metrics(Answer):
    """The curves of a run, one row for each recorded epoch."""

    object: Literal["metrics"] = Field(description="What this is.")
    columns: list[str] = Field(description="Names of the columns.")
    rows: list[list[Number | None]] = Field(description="Rows in the columns' order; null where nothing was measured.")


class TwinGradient(Answer):
    """Both forms' gradients compared at one epoch."""

    epoch: int = Field(description="The epoch.")
    max_abs: Number = Field(description="Largest difference.")
    max_rel: Number = Field(description="Largest difference / largest entry of its block.")
    agree: bool = Field(description="Whether they agree.")


class GradientsAlongRun(Answer):
    """The comparison of the two forms along a run."""

    object: Literal["list"] = Field(description="What this is.")
    data: list[TwinGradient] = Field(description="One entry for each recorded epoch.")
    next: str | None = Field(description="Always null: it is one page.")


AT = ("latest", "best", "0")


def as_at(sent: object) -> object:
    """Which weights, 0 as a number or as a string; raises for any others."""
    whole = as_integer(sent)
    found = str(whole) if type(whole) is int else sent
    if found in AT:
        return found
    raise fault(f'This is {shown(sent)}; it must be "latest", "best" or 0, the initial weights.')


PredictAt = TypeAliasType(
    "PredictAt",
    Annotated[
        str,
        BeforeValidator(as_at),
        WithJsonSchema(
            {
                "anyOf": [{"type": "string", "enum": list(AT)}, {"type": "integer", "enum": [0]}],
                "description": "Which weights: latest, best or 0 (the initial), as a number or as a string.",
            }
        ),
    ],
)


class JobPredictRequest(Request):
    """Rows for the network of a job: x, or a data set."""

    layout: Layout | None = Field(
        None, description="How x lies, and the outputs; null or absent for the layout that the job was submitted in."
    )
    x: Matrix | None = Field(
        None, description="X, one instance a row; a column where the layout says so.", examples=[[[0, 1], [1, 1]]]
    )
    dataset: DatasetId | None = Field(None, description="A data set whose rows are the input, in place of x.")
    rows: RowRange | None = Field(None, description="Half-open range [from, to] of the data set's rows.")
    at: PredictAt = Field("latest", description="Which weights: latest, best or 0 (the initial).")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.x is None) == (self.dataset is None):
            given = "neither x nor dataset was" if self.x is None else "both x and dataset were"
            raise fault(f"{given} given; give the rows as x or name a data set, one of the two.".capitalize())
        if self.rows is not None and self.dataset is None:
            raise fault("rows chooses rows of a data set; with x, send just the rows that are meant.", "rows")
        if self.rows is not None and self.rows[0] >= self.rows[1]:
            start, stop = self.rows
            raise fault(f"rows is [{start}, {stop}], which holds no row; from must be below to.", "rows")
        return self


class Predictions(Answer):
    """Outputs, one row for each row of x; columns for columns, where the layout says so."""

    object: Literal["predictions"] = Field(description="What this is.")
    at: SkipJsonSchema[None] | str = Field(None, description="Which weights, where a job's were used.")
    outputs: NumberRows = Field(description="H = A_L.", examples=[[[0.03], [0.97]]])
    pre_activations: SkipJsonSchema[None] | list[NumberRows] = Field(None, description="Z_1 … Z_L, where asked for.")
    activations: SkipJsonSchema[None] | list[NumberRows] = Field(None, description="A_1 … A_L, where asked for.")
