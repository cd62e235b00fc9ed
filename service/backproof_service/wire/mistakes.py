"""GET /mistakes: the mistakes that a report may name."""

from typing import Literal

from pydantic import Field

from backproof_service.wire.base import Answer
from backproof_service.wire.report import Mend


class Mistake(Answer):
    """A mistake of the table, in words. Rows are instances: Z = A_in W + b, A = σ(Z), δ = M∘σ′(Z)."""

    id: str = Field(description="Its name, as reports give it.", examples=["transposed_gradient"])
    title: str = Field(description="What is wrong.", examples=["the weight gradient is transposed"])
    cause: str = Field(description="What was written instead of what, in one sentence.")
    question: str = Field(description="A hint that does not tell.")
    mend: Mend = Field(description="How to mend it.")
    looks: str = Field(description="What it looks like in the numbers.")
    hides: str = Field(description="How training still works, and at which points it shows nothing.")
    convention: bool = Field(description="Whether it is another way to write the same, and no mistake.")


class MistakeList(Answer):
    """The whole table, the likeliest first."""

    object: Literal["list"] = Field(description="What this is.")
    data: list[Mistake] = Field(description="The mistakes.")
    next: str | None = Field(description="Always null: there is one page.")
