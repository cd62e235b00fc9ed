"""What a derivation rests on besides algebra: facts about the values of functions and about targets.

A rule holds for all matrices; a fact for these. Each is checked on the caller's data, and values drawn at random for
the proof modulo p are drawn so that it holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backproof_core.algebra.meaning import Env, dense
from backproof_core.algebra.rules import TIDY, Rule
from backproof_core.algebra.terms import Fn, Hadamard, Ones, Sub, Sym, Term, product
from backproof_core.backprop.architecture import Architecture, N
from backproof_core.vec import Array

TOLERANCE = 1e-12  # of an equation between numbers of the size of 1


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """An equation between two terms, or that a term has no zero entry."""

    name: str
    left: Term
    right: Term | None  # None: left has no zero entry
    measure: str = "nodes"

    def holds(self, env: Env[Array]) -> bool:
        """Whether it does for these values."""
        left = dense(self.left, env)
        if self.right is None:
            return bool((left != 0).all())
        return bool((np.abs(left - dense(self.right, env)) <= TOLERANCE).all())

    @property
    def rule(self) -> Rule | None:
        """The equation as a rule about these very terms."""
        if self.right is None:
            return None
        return Rule("fact", self.left, self.right, self.name, TIDY, self.measure, ground=True)


def facts_of(form: Architecture) -> tuple[Fact, ...]:
    """The facts that hold for an architecture."""
    found: list[Fact] = []
    H, Y, ones = form.H, form.Y, Ones(N, form.width(form.depth))
    if form.loss.name == "cross_entropy":
        found += [_rows_sum_to_1(form, Y, form.depth), Fact("H ≠ 0", H, None)]
    if form.loss.name == "binary_cross_entropy":
        found += [Fact("H ∉ {0,1}", Hadamard(H, Sub(ones, H)), None)]
        if form.folded:
            found += [Fact("S = H∘(1−H)", form.S(form.depth), Hadamard(H, Sub(ones, H)), "slopes")]
    softmaxes = [l for l in range(1, form.depth + 1) if not form.elementwise(l)]
    return (*found, *(_rows_sum_to_1(form, form.outputs(l), l) for l in softmaxes))


def without_zero(facts: tuple[Fact, ...]) -> Mapping[Term, Fact]:
    """The terms that have no zero entry, each with the fact that says so; of a product, both factors."""
    found: dict[Term, Fact] = {}
    for fact in facts:
        if fact.right is None:
            found |= dict.fromkeys(fact.left.children if isinstance(fact.left, Hadamard) else (fact.left,), fact)
    return found


def _rows_sum_to_1(form: Architecture, M: Sym | Fn, l: int) -> Fact:
    """M 1ₖ1ₖᵀ = 1_N 1ₖᵀ."""
    k = form.width(l)
    return Fact(f"rows of {M.name} sum to 1", product(M, Ones(k, k)), Ones(N, k))
