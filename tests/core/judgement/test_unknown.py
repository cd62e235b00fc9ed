"""Mistakes that are not in the table are located and measured, and never named as something that they are not."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from backproof_core.judgement.judge import judge
from backproof_core.judgement.report import WRONG, Report
from claimed import case_at, claim, gives
from naive import Case, Found, Recipe, change, compute, right
from planted import Variant
from specimens import SWEEP
from strange import STRANGE, Strange

COUNT = 30 if SWEEP else 1  # for each precision
LEAST = {"float64": 1e-5, "float32": 5e-3}
ONLY = {"half precision": ("float64",)}  # in float32 too little of it is left
SEEN = {"float64": 1e-9, "float32": 1e-4}  # within which a gradient is right


@dataclass(frozen=True)
class Told:
    """A strange mistake as it was judged."""

    number: int
    name: str
    case: Case
    strange: Strange
    everything: bool
    found: Found
    report: Report

    @property
    def layer(self) -> int:
        """Where everything is sent the layer it was made in, else the last one whose gradients are wrong."""
        if self.everything:
            return self.strange.layer
        pairs = list(zip(self.found.gradients, right(self.case).gradients))
        least = SEEN[self.case.dtype.name]
        return max(l for l, (g, r) in enumerate(pairs) if change(_sent(g), _sent(r)) > least)

    def complaints(self) -> list[str]:
        """What the report says that is not so."""
        return [*self.misnamed(), *self.misplaced(), *self.patterns()]

    def misnamed(self) -> Iterator[str]:
        for e in self.report.diagnosis:
            if not gives(self.case, e, self.found):
                yield "named " + " + ".join(f"{m.id}@{m.layers} {m.detail}" for m in e.mistakes)

    def misplaced(self) -> Iterator[str]:
        if self.report.verdict != WRONG:
            yield f"verdict {self.report.verdict}"
        quantity = self.strange.quantity if self.everything else "gradients"
        first = self.report.first_wrong
        if first is None or (first.layer, first.quantity) != (self.layer, quantity):
            yield f"first wrong {first}, not {quantity} of layer {self.layer}"
        elif self.strange.block and first.parameter != f"layers.{self.layer}.{self.strange.block}":
            yield f"first wrong {first.parameter}, not {self.strange.block}"

    def patterns(self) -> Iterator[str]:
        wrong = [b for b in self.report.blocks if b.verdict == WRONG and b.follows is None]
        if not any(b.pattern for b in wrong):
            yield "no pattern"
        for b in wrong:
            words = self.strange.pattern
            if words and b.pattern is not None and not any(word in b.pattern for word in words):
                yield f"pattern {b.pattern!r} without any of {words}"

    def __str__(self) -> str:
        sent = "all sent" if self.everything else "gradients"
        said = "; ".join(self.complaints())
        return f"#{self.number} {self.name!r} at layer {self.strange.layer} | {self.case} | {sent} | {said}"


def _sent(pair: tuple[np.ndarray, np.ndarray | None]) -> list[np.ndarray]:
    return [M for M in pair if M is not None]


def told(name: str, dtype: str, start: int = 0) -> Iterator[Told]:
    """Cases in which the mistake can be made and shows, as they are judged."""
    for number in itertools.count(start):
        case = case_at(number, dtype)
        strange = STRANGE[name](case, np.random.default_rng([number, 9]))
        if strange is None:
            continue
        recipe = Recipe(case)
        strange.edit(recipe)
        found = compute(recipe, dtype)
        least = 5e-4 if "1e-3" in name else LEAST[dtype]
        finite = all(np.isfinite(M).all() for M in found.blocks()) or "not-a-number" in name
        if not finite or change(found.blocks(), right(case).blocks()) < least:
            continue
        sends = frozenset({"velocity"}) if "momentum" in name else frozenset()
        sent = claim(case, found, (Variant(name, "", None, strange.edit, sends),), everything=bool(number % 2))
        report = judge(case.point.net, case.point.X, case.point.Y, loss=case.point.loss, claim=sent)
        yield Told(number, name, case, strange, bool(number % 2), found, report)


@pytest.mark.parametrize("name", STRANGE)
def test_a_mistake_of_no_table_is_located_and_not_misnamed(name: str) -> None:
    dtypes = ("float64", "float32") if SWEEP else (("float64", "float32")[len(name) % 2],)
    judged = [one for dtype in ONLY.get(name, dtypes) for one in itertools.islice(told(name, dtype), COUNT)]
    complained = [str(one) for one in judged if one.complaints()]
    assert not complained, f"{len(complained)} of {len(judged)}\n" + "\n".join(complained[:5])
