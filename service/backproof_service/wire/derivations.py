"""POST /derivations: the proof that the vectorised gradient of one parameter is the matched one."""

from typing import Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from backproof_service.wire.base import Answer
from backproof_service.wire.data import Data
from backproof_service.wire.laid import Laid
from backproof_service.wire.names import LossName
from backproof_service.wire.network import Network
from backproof_service.wire.numbers import Number

PARAMETER = "The parameter whose gradient is derived: layers.K.weights or layers.K.bias, layers counted from 0."
ID = "The number of a node; no two nodes of one derivation share one."


class DerivationRequest(Laid):
    """A network, a loss and a parameter; with data, every line is evaluated on it, always in float64."""

    network: Network = Field(description="The network; its shapes, activations and biases make the derivation.")
    loss: LossName = Field(description="The loss.", examples=["half_sse"])
    parameter: str = Field(description=PARAMETER, examples=["layers.0.weights"])
    data: Data | None = Field(
        None, description="Rows on which every line is evaluated in float64; the first that fit are used."
    )


class Term(Answer):
    """A matrix expression, as a tree. Elements of its MathML carry the same ids as `data-term`."""

    id: int = Field(description=ID)
    op: str = Field(
        description="The kind of node: Sym, Eye, Ones, Fn, Scale, Transpose, MatMul, Add, Sub, Hadamard, Quotient, "
        "Kron, Diag, Vec or Unvec.",
        examples=["Kron"],
    )
    shape: list[int | str] = Field(
        min_length=2,
        max_length=2,
        description="[rows, columns]: numbers with data, else such as N·o.",
        examples=[[4, 1]],
    )
    name: str | None = Field(description="The name of a matrix (Sym) or of a function's value (Fn).", examples=["W₂"])
    factor: SkipJsonSchema[None] | str = Field(None, description="The number of a Scale.", examples=["1/N"])
    args: list["Term"] = Field(
        description="The nodes that it is made of; those within a function's value are left out."
    )


class Printed(Answer):
    """A matrix expression in three notations, and as a tree."""

    text: str = Field(description="Plain Unicode.", examples=["Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)"])
    latex: str = Field(description="The body of a formula, for LaTeX with amsmath and amssymb.")
    mathml: str = Field(description="One math element.")
    term: Term = Field(description="The tree.")


class Step(Answer):
    """One function of the composition: a factor of the chain rule."""

    step: int = Field(description="Its number, from 1.")
    differentiates: str = Field(description="What by what.", examples=["Z₂ = A₁ W₂ by A₁"])
    formula: str = Field(description="The formula of matrix calculus that is used.")
    factor: str = Field(description="Its Jacobian.", examples=["W₂ᵀ ⊗ I_N"])
    latex: str = Field(description="The same as LaTeX.")
    shape: list[int | str] = Field(min_length=2, max_length=2, description="The factor's shape.")
    id: int = Field(description="The number of the factor's node in the term of the start.")


class Definition(Answer):
    """What a symbol stands for."""

    name: str = Field(description="The symbol.", examples=["Z₂"])
    text: str = Field(description="What it is.", examples=["A₁ W₂"])


class Start(Printed):
    """The vectorised gradient, by the chain rule from the loss down to the parameter."""

    steps: list[Step] = Field(description="The factors after the row of ones, from left to right.")
    definitions: list[Definition] = Field(description="What each symbol stands for.")


class Changed(Answer):
    """What one line changed."""

    before: list[int] = Field(description="Nodes of the line before that were replaced.")
    after: list[int] = Field(description="Nodes of this line that stand in their place.")
    text_before: str = Field(description="The part that was replaced.", examples=["Diag(vec S₂)ᵀ"])
    text_after: str = Field(description="What stands in its place.", examples=["Diag(vec S₂)"])
    latex_before: str = Field(description="The part that was replaced, as LaTeX.")
    latex_after: str = Field(description="What stands in its place, as LaTeX.")
    text: str = Field(description="The whole line with the changed part within ⟦ ⟧.")
    latex: str = Field(description="The whole line as LaTeX with the changed part in a box.")


class Line(Printed):
    """One application of a rule, and what it made of the line before."""

    rule: str = Field(description="The name of the rule.", examples=["diag-acts-on-vec"])
    reason: str = Field(description="The equation that allows it.", examples=["Diag(vec A) vec B = vec(A∘B)"])
    phase: str = Field(description="What kind of rule it is: transpose, act or tidy.", examples=["act"])
    stage: str = Field(description="seed: the stable seed of a named pair; chain: the row moves through the factors.")
    lemma: Literal["D", "K"] | None = Field(
        description="The lemma it belongs to: a diagonal factor (D), a Kronecker product (K), or neither."
    )
    layer: int = Field(description="The layer it belongs to, counted from 0.")
    group: int = Field(
        description="Lines of one use of a lemma have one number, from 0; so have those before, between and after."
    )
    changed: Changed = Field(description="What was changed.")
    moved: list[list[int]] = Field(
        description="Parts that the rule moved or copied, each as [node in the line before, node in this line]."
    )
    residual: Number | None = Field(
        description="max|line − start| / largest |entry| on the data, in float64; null without data."
    )
    mismatches_mod_p: int = Field(
        description="Entries that differ from the start's modulo 2^61 − 1, for random matrices; 0 in a proof."
    )


class Fact(Answer):
    """What the derivation rests on besides algebra."""

    name: str = Field(description="The fact.", examples=["rows of Y sum to 1"])
    holds: bool | None = Field(description="Whether it does on the data; null without data.")


class DerivationAnswer(Answer):
    """The derivation: from the vectorised gradient to the matched one, one rule at a time."""

    object: Literal["derivation"] = Field(description="What this is.")
    parameter: str = Field(description="The parameter.", examples=["layers.0.weights"])
    equal: bool = Field(
        description="Whether the last line is the matched form node by node and no line differs from the start modulo "
        "2^61 − 1; with data also whether every fact holds there and every line is within 1e-12 of the start, or "
        "within what rounding explains."
    )
    rows_used: int | None = Field(description="How many of the first rows were used; null without data.")
    sizes: dict[str, int] | None = Field(
        description="What the names of sizes stand for; null without data.", examples=[{"N": 4, "d": 2, "h": 2, "o": 1}]
    )
    start: Start = Field(description="The vectorised gradient.")
    lines: list[Line] = Field(description="The lines after it; the last is the matched gradient.")
    facts: list[Fact] = Field(description="What the derivation rests on besides algebra.")
    result: Printed = Field(description="The last line: the matched gradient.")
    notes: list[str] = Field([], description="What is worth knowing about this derivation, in words.")
