"""The caller's layout: how matrices of weights and of samples lie in a request and in what answers it.

Inside, weights are inputs × outputs and a sample is a row. Turning a matrix is its own inverse, so the same method
brings what was sent into the core's convention and what was found into the caller's.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Request

Scalar = TypeVar("Scalar", bound=np.generic)
Place: TypeAlias = tuple[str | int, ...]

WEIGHTS = ("in_out", "out_in")
SAMPLES = ("rows", "columns")
OTHER = {"row": "column", "rows": "columns", "column": "row", "columns": "rows"}
LINES = re.compile(r"\b(rows?|columns?)\b")

WeightsLie = TypeAliasType(
    "WeightsLie",
    Annotated[
        Literal["in_out", "out_in"],
        Field(description="in_out: W is inputs × outputs, a column is a neuron. out_in: outputs × inputs, a row is."),
    ],
)
SamplesLie = TypeAliasType(
    "SamplesLie",
    Annotated[
        Literal["rows", "columns"],
        Field(description="rows: an instance is a row of x, y and all that follows from them. columns: a column."),
    ],
)


class Layout(Request):
    """How your matrices lie; the answer speaks the same layout. Biases, labels and stored data sets are as ever.

    A Jacobian's rows and columns are in vec order whatever the layout.
    """

    weights: WeightsLie = Field("in_out", description="How weights lie, and what has their shape, such as gradients.")
    samples: SamplesLie = Field(
        "rows", description="How instances lie in x and y, and in outputs, activations, pre-activations and deltas."
    )

    def turn_weights(self, M: NDArray[Scalar]) -> NDArray[Scalar]:
        """Weights, or what has their shape, from the caller's layout into the core's or back: a view, not a copy."""
        return M.T if self.weights == "out_in" else M

    def turn_samples(self, M: NDArray[Scalar]) -> NDArray[Scalar]:
        """A matrix with one line for each instance, from the caller's layout into the core's or back: a view."""
        return M.T if self.samples == "columns" else M

    def turn_each(self, found: Sequence[NDArray[Scalar]]) -> list[NDArray[Scalar]]:
        """A list of such matrices, such as A_1 … A_L."""
        return [self.turn_samples(M) for M in found]

    def sizes(self, weights: NDArray[Any]) -> tuple[int, int]:
        """The inputs and the outputs of a layer with these weights, as they were sent."""
        d_in, d_out = self.turn_weights(weights).shape
        return d_in, d_out

    def instances(self, samples: NDArray[Any]) -> int:
        """How many instances these samples are, as they were sent."""
        return len(self.turn_samples(samples))

    def words(self, sentence: str) -> str:
        """What is said of samples in rows, said of samples that lie so: "x has 3 rows" for "x has 3 columns"."""
        return LINES.sub(lambda found: OTHER[found[0]], sentence) if self.samples == "columns" else sentence

    def place(self, where: Place) -> Place:
        """Where a row of x or y stands in what was sent: a column is no place in JSON, so it is the whole matrix.

        An entry, ("x", i, j), is counted as it was sent.
        """
        return where[:1] if self.samples == "columns" and len(where) == 2 else where


OURS = Layout()  # the core's convention, and what is meant where no layout is sent
