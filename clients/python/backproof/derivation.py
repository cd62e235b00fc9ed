"""A derivation as the service tells it, as frozen values, and how its JSON is read.

∇W = unvec((1ᵀ J)ᵀ) = … = Aᵀ δ        one line for each application of a rule, each with its reason
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backproof.parse import Json, known, number


@dataclass(frozen=True)
class Term:
    """A matrix expression as a tree: `op` is the kind of node, `shape` in numbers with data, else such as N·o."""

    id: int
    op: str
    shape: tuple[int | str, ...]
    name: str | None = None
    factor: str | None = None
    args: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Printed:
    """A matrix expression in three notations, and as a tree."""

    text: str
    latex: str
    mathml: str
    term: Term


@dataclass(frozen=True)
class DerivationStep:
    """One function of the composition: a factor of the chain rule. `id` is its node in the start's term."""

    step: int
    differentiates: str
    formula: str
    factor: str
    shape: tuple[int | str, ...]
    latex: str = ""
    id: int | None = None


@dataclass(frozen=True)
class Definition:
    """What a symbol stands for."""

    name: str
    text: str


@dataclass(frozen=True)
class DerivationStart(Printed):
    """The vectorised gradient, its factors, and what each symbol stands for."""

    steps: tuple[DerivationStep, ...]
    definitions: tuple[Definition, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a line changed: nodes of the line before, nodes of this one, and the line with the change set off."""

    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    text_before: str = ""
    text_after: str = ""
    latex_before: str = ""
    latex_after: str = ""
    text: str = ""
    latex: str = ""


@dataclass(frozen=True)
class DerivationLine(Printed):
    """One application of a rule. `layer` counts from 0; `residual` is None without data."""

    rule: str
    reason: str
    phase: str
    lemma: str | None
    layer: int
    mismatches_mod_p: int
    residual: float | None = None
    stage: str = "chain"
    group: int = 0
    changed: Change = field(default_factory=Change)
    moved: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Fact:
    """What a derivation rests on besides algebra; `holds` is None without data."""

    name: str
    holds: bool | None = None


@dataclass(frozen=True)
class Derivation:
    """The proof that the vectorised gradient of a parameter is the matched one."""

    parameter: str
    equal: bool
    rows_used: int | None
    start: DerivationStart
    lines: tuple[DerivationLine, ...]
    facts: tuple[Fact, ...]
    result: Printed
    sizes: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- reading


def derivation(told: Json) -> Derivation:
    """A derivation, as POST /derivations answers it."""
    return Derivation(
        parameter=told["parameter"],
        equal=told["equal"],
        rows_used=told.get("rows_used"),
        start=_start(told["start"]),
        lines=tuple(map(_line, told["lines"])),
        facts=tuple(Fact(**known(Fact, fact)) for fact in told.get("facts") or ()),
        result=Printed(**_printed(told["result"])),
        sizes=told.get("sizes"),
        notes=tuple(told.get("notes") or ()),
    )


def _start(told: Json) -> DerivationStart:
    steps = tuple(DerivationStep(**_tuples(known(DerivationStep, step))) for step in told["steps"])
    definitions = tuple(Definition(**known(Definition, each)) for each in told.get("definitions") or ())
    return DerivationStart(**_printed(told), steps=steps, definitions=definitions)


def _line(told: Json) -> DerivationLine:
    about = known(DerivationLine, told) | _printed(told)
    about["residual"] = number(told.get("residual"))
    about["changed"] = Change(**_tuples(known(Change, told.get("changed") or {})))
    about["moved"] = tuple((old, new) for old, new in told.get("moved") or ())
    return DerivationLine(**about)


def _printed(told: Json) -> dict[str, Any]:
    return known(Printed, told) | {"term": _term(told["term"])}


def _term(told: Json) -> Term:
    about = known(Term, told) | {"args": tuple(map(_term, told.get("args") or ()))}
    return Term(**_tuples(about))


def _tuples(told: Mapping[str, object]) -> dict[str, Any]:
    """The members, lists among them as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
