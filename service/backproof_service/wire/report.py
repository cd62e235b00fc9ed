"""The report on a caller's own numbers, as POST /gradients/check answers it."""

from typing import Literal

from pydantic import Field

from backproof_service.wire.base import Answer
from backproof_service.wire.layout import Layout
from backproof_service.wire.names import Dtype
from backproof_service.wire.network import LayerAnswer
from backproof_service.wire.numbers import Number, NumberRows

Verdict = Literal["right", "wrong", "cannot_judge"]


class WorstEntry(Answer):
    """The entry that is furthest off."""

    index: list[int] = Field(description="Where it stands in your block, counted from 0; empty for the loss value.")
    yours: Number = Field(description="Your number.")
    ours: Number = Field(description="Ours.")


class JudgedBlock(Answer):
    """One judged block."""

    quantity: str = Field(description="The list that it was sent in.", examples=["gradients"])
    parameter: str = Field(
        description="Its path there: layers.0.weights, layers.0 of a matrix for a layer, empty for the loss value.",
        examples=["layers.0.weights"],
    )
    layer: int | None = Field(description="Its layer, counted from 0; null for the loss value.")
    verdict: Verdict = Field(description="Whether it is right.")
    relative_error: Number | None = Field(
        description="Largest difference / largest entry of either; NaN where an entry is not finite, null where the "
        "shapes differ."
    )
    tolerance: Number = Field(description="What rounding explains, over the same entry.")
    worst: WorstEntry | None = Field(description="The entry that is furthest off; null where the shapes differ.")
    ratio: Number | None = Field(description="yours / ours, where that is the same everywhere.")
    cosine: Number | None = Field(description="The cosine between yours and ours, where there is one.")
    pattern: str | None = Field(description="What the wrong entries have in common, in words.")
    follows: str | None = Field(
        description="The wrong block from which everything wrong here follows by a right computation."
    )


class FirstWrong(Answer):
    """The first quantity, in the order in which they are computed, that does not agree."""

    layer: int | None = Field(description="Its layer, counted from 0; null for the loss value.")
    quantity: str = Field(description="The list that it was sent in.", examples=["deltas"])
    parameter: str = Field(description="Its path there.", examples=["layers.1"])


class Mend(Answer):
    """The right code."""

    numpy: str = Field(description="In NumPy.")
    ocaml: str = Field(description="In OCaml.")


class NamedMistake(Answer):
    """A mistake where it was made."""

    id: str = Field(description="Its name.", examples=["transposed_gradient"])
    layer: int | None = Field(description="The first layer from the output down in which it is made; null for none.")
    layers: list[int] = Field(description="All layers in which it is made, from the output down.")
    cause: str = Field(description="What was done, in one sentence.")
    question: str = Field(description="A hint that does not tell.")
    mend: Mend = Field(description="How to mend it.")
    detail: str = Field(description="Which factor, loss or activation it is, or what was fitted; may be empty.")
    value: Number | None = Field(description="That number, if it is one.")


class Explanation(Answer):
    """Mistakes that together give your numbers."""

    mistakes: list[NamedMistake] = Field(description="The mistakes, from the output down.")
    residual: Number = Field(description="The largest relative difference that they leave.")


class HiddenMistake(Answer):
    """A mistake that a point cannot show."""

    id: str = Field(description="Its name.", examples=["transposed_gradient"])
    layer: int | None = Field(description="The layer in which it would not show; null for none.")
    reason: str = Field(description="Why.")


class PointNetwork(Answer):
    """A network layer by layer."""

    layers: list[LayerAnswer] = Field(description="The layers, from the input up.")


class PointData(Answer):
    """Rows and targets."""

    x: NumberRows = Field(description="X.")
    y: NumberRows = Field(description="Y.")


class BetterPoint(Answer):
    """A point of the same architecture that shows every mistake but those listed."""

    network: PointNetwork = Field(description="The network.")
    data: PointData = Field(description="The rows and targets.")
    layout: Layout = Field(description="How they lie: as was asked.")
    unshowable: list[HiddenMistake] = Field(description="What no point of this architecture and loss can show.")


class WitnessReport(Answer):
    """One of our own ways to compute the gradient."""

    name: str = Field(description="Its name.", examples=["complex_step"])
    relative_error: Number = Field(description="How far it is from the matched form.")
    agrees: bool = Field(description="Whether that is near enough to judge by.")


class GradientReport(Answer):
    """The report on your numbers: right, or where they first go wrong, why, and what this point cannot show."""

    object: Literal["gradient_report"] = Field(description="What this is.")
    verdict: Verdict = Field(description="right, wrong, or cannot_judge where ours do not agree or rounding hides all.")
    summary: str = Field(description="The verdict in one sentence.")
    dtype: Dtype = Field(description="The floating-point type that your numbers were judged in.")
    dtype_inferred: bool = Field(description="Whether that was inferred from your numbers.")
    parameters: list[JudgedBlock] = Field(description="Your gradients.")
    blocks: list[JudgedBlock] = Field(description="What else you sent, in the order in which it is computed.")
    first_wrong: FirstWrong | None = Field(description="What goes wrong first; null where nothing does.")
    diagnosis: list[Explanation] = Field(description="Every explanation that fits, fewest and likeliest first.")
    blindness: list[HiddenMistake] = Field(description="The mistakes that this very point could not have shown.")
    better_point: BetterPoint | None = Field(description="A point that shows more; null where this one shows all.")
    witnesses: list[WitnessReport] = Field(description="Our own ways to compute the gradient.")
    notes: list[str] = Field(description="What is worth knowing about these numbers, in words.")
