"""Data on the wire: rows in the request, or a data set that was uploaded."""

from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request, by_field, fault
from backproof_service.wire.numbers import Labels, Matrix, Natural

DATASET_ID = r"^sha256:[0-9a-f]{64}$"
EXAMPLE_ID = "sha256:" + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

DatasetId = TypeAliasType(
    "DatasetId",
    Annotated[str, Field(pattern=DATASET_ID, description="SHA-256 of the bytes uploaded.", examples=[EXAMPLE_ID])],
)
RowRange = TypeAliasType(
    "RowRange",
    Annotated[
        list[Natural],
        Field(min_length=2, max_length=2, description="Half-open range [from, to] of rows.", examples=[[0, 8]]),
    ],
)


class DataTargets(Request):
    """Rows and what the network should answer to each."""

    in_place_of = MappingProxyType({"labels": "y"})

    x: Matrix = Field(description="X, one instance a row.", examples=[[[0, 0], [0, 1], [1, 0], [1, 1]]])
    y: Matrix = Field(description="Y, one target a row, as many rows as x.", examples=[[[0], [1], [1], [0]]])

    @model_validator(mode="after")
    def _same_rows(self) -> Self:
        if len(self.x) != len(self.y):
            raise fault(f"x has {len(self.x)} rows and y has {len(self.y)}; give one target for each row of x.", "y")
        return self


class DataLabels(Request):
    """Rows and the class of each, which becomes a one-hot target."""

    in_place_of = MappingProxyType({"y": "labels"})

    x: Matrix = Field(description="X, one instance a row.", examples=[[[0.5, 1.0], [1.5, 0.0]]])
    labels: Labels = Field(description="One class number for each row of x, counted from 0.", examples=[[0, 1]])

    @model_validator(mode="after")
    def _same_rows(self) -> Self:
        if len(self.x) != len(self.labels):
            given = f"x has {len(self.x)} rows and there are {len(self.labels)} labels"
            raise fault(f"{given}; give one label for each row of x.", "labels")
        return self


class DataReference(Request):
    """A data set uploaded to /datasets, or some of its rows."""

    in_place_of = MappingProxyType({"x": "dataset"})

    dataset: DatasetId = Field(description="The id that /datasets answered.")
    rows: RowRange | None = Field(None, description="Half-open range [from, to] of rows; all when absent.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.rows is not None and self.rows[0] >= self.rows[1]:
            start, stop = self.rows
            raise fault(f"rows is [{start}, {stop}], which holds no row; from must be below to.", "rows")
        return self


NEITHER = 'Data is {"x", "y"}, {"x", "labels"} or {"dataset": "sha256:…"}; give y or labels with x, or dataset.'

Data = TypeAliasType(
    "Data",
    Annotated[
        Annotated[DataReference, Tag("branch:DataReference")]
        | Annotated[DataTargets, Tag("branch:DataTargets")]
        | Annotated[DataLabels, Tag("branch:DataLabels")],
        Discriminator(
            by_field(DataReference="dataset", DataTargets="y", DataLabels="labels"),
            custom_error_type="fault",
            custom_error_message=NEITHER,
        ),
        Field(description="Rows with targets, rows with labels, or a data set uploaded before."),
    ],
)
