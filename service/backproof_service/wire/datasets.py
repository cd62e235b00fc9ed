"""Data sets as they are described and listed."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, RootModel, Tag, model_validator
from pydantic.json_schema import SkipJsonSchema

from backproof_service.wire.answers import Time
from backproof_service.wire.base import Answer, by_field
from backproof_service.wire.data import EXAMPLE_ID, DataLabels, DatasetId, DataTargets, check_rows
from backproof_service.wire.layout import OURS
from backproof_service.wire.numbers import NumberRows

Uploaded = Annotated[
    Annotated[DataTargets, Tag("branch:DataTargets")] | Annotated[DataLabels, Tag("branch:DataLabels")],
    Discriminator(
        by_field(DataTargets="y", DataLabels="labels"),
        custom_error_type="fault",
        custom_error_message='A data set is {"x", "y"} or {"x", "labels"}; give y or labels with x.',
    ),
]


class DatasetUpload(RootModel[Uploaded]):
    """A data set as JSON: x with y, or x with labels. An instance is a row, whatever the layout it is used with."""

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        check_rows(self.root, OURS)
        return self


class Dataset(Answer):
    """A stored data set: what it is, and its numbers where they were asked for."""

    object: Literal["dataset"] = Field(description="What this is.")
    id: DatasetId = Field(description="SHA-256 of the bytes uploaded.", examples=[EXAMPLE_ID])
    rows: int = Field(description="Instances.", examples=[4])
    features: int = Field(description="Columns of x.", examples=[2])
    targets: int | None = Field(description="Columns of y; null where it has labels.", examples=[1])
    classes: int | None = Field(description="Largest label + 1; null where it has y.")
    bytes: int = Field(description="Size of what was uploaded.", examples=[57])
    created_at: Time = Field(description="When it was first uploaded.")
    x: SkipJsonSchema[None] | NumberRows = Field(None, description="X, with ?include=data.")
    y: SkipJsonSchema[None] | NumberRows = Field(None, description="Y, with ?include=data.")
    labels: SkipJsonSchema[None] | list[Annotated[int, Field(ge=0)]] = Field(
        None, description="The class of each row, with ?include=data."
    )


class DatasetList(Answer):
    """Data sets, newest first."""

    object: Literal["list"] = Field(description="What this is.")
    data: list[Dataset] = Field(description="The data sets of this page.")
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")
