"""Data on the wire: rows in the request, or a data set that was uploaded."""

from types import MappingProxyType
from typing import Annotated, Self, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request, by_field, fault
from backproof_service.wire.layout import Layout
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

    x: Matrix = Field(
        description="X, one instance a row; a column where the layout says so.",
        examples=[[[0, 0], [0, 1], [1, 0], [1, 1]]],
    )
    y: Matrix = Field(
        description="Y, one target a row, as many rows as x; columns where the layout says so.",
        examples=[[[0], [1], [1], [0]]],
    )


class DataLabels(Request):
    """Rows and the class of each, which becomes a one-hot target."""

    in_place_of = MappingProxyType({"y": "labels"})

    x: Matrix = Field(
        description="X, one instance a row; a column where the layout says so.", examples=[[[0.5, 1.0], [1.5, 0.0]]]
    )
    labels: Labels = Field(description="One class number for each instance, counted from 0.", examples=[[0, 1]])


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


WireData: TypeAlias = DataTargets | DataLabels | DataReference


def check_rows(data: WireData, layout: Layout, *place: str) -> None:
    """Refuses another number of targets than of instances, in the layout's words; the fault stands in data's place."""
    if isinstance(data, DataReference):
        return
    rows = layout.instances(data.x)
    if isinstance(data, DataLabels):
        if len(data.labels) != rows:
            given = f"{layout.words(f'x has {rows} rows')} and there are {len(data.labels)} labels"
            raise fault(f"{given}; give one label for each {layout.words('row')} of x.", *place, "labels")
    elif (targets := layout.instances(data.y)) != rows:
        told = f"x has {rows} rows and y has {targets}; give one target for each row of x."
        raise fault(layout.words(told), *place, "y")


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
