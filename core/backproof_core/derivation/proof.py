"""The proof, for an architecture and a parameter: from the unfolded chain rule to the matched form, one rule at a time.

    unvec((1ᵀ J)ᵀ)   →   …   →   A_{l−1}ᵀ δ_l

Two stages. In `seed`, which only the folded pairs have, the factors above Z_L become the stable seed Δ_L. In `chain`
the row of ones moves through the factors from left to right; each diagonal factor is a lemma D, each Kronecker product
a lemma K. Nothing here knows a number: sizes and matrices are symbols.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from backproof_core.algebra.labels import Labelled, Trace, labelled, traced
from backproof_core.algebra.rewriting import Redex, Rewriter, instance
from backproof_core.algebra.rules import STAGES
from backproof_core.algebra.sizes import ONE
from backproof_core.algebra.terms import Diag, Fn, Ones, Sym, Term, Transpose, Unvec, product
from backproof_core.backprop.architecture import Architecture, N
from backproof_core.derivation.facts import Fact, facts_of, without_zero
from backproof_core.derivation.unfolded import ENTRY_BY_ENTRY, Step, unfolded
from backproof_core.network import subscript

Choose = Callable[[Rewriter, Term], Redex | None]
KRON = "∂vec(A B C)/∂(vec B)ᵀ = Cᵀ ⊗ A"
SOFTMAX = "D softmax(Z) = D − D(1 1ᵀ ⊗ I)D, D = Diag(vec P)"
OPENS = ("ones-are-a-vec", "multiple-of-ones-is-a-vec", "turn-the-row")  # a lemma begins
BETWEEN = (  # what belongs to no lemma
    "row-times-multiple",
    "row-distributes",
    "difference-of-rows",
    "difference-of-vecs",
    "common-factor",
    "row-stands-up",
    "unvec-of-vec",
)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One application of a rule: why, to which lemma of which layer (from 0) it belongs, what it made of the term."""

    rule: str
    reason: str
    phase: str
    stage: str
    lemma: str | None
    layer: int
    trace: Trace

    @property
    def term(self) -> Term:
        return self.trace.line.term


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """The start, its factors as steps of the chain rule with their numbers, the lines, and where they must end."""

    form: Architecture
    layer: int
    block: str
    start: Labelled
    steps: tuple[tuple[Step, int], ...]
    lines: tuple[Line, ...]
    facts: tuple[Fact, ...]
    matched: Term

    @property
    def result(self) -> Labelled:
        """The last line."""
        return self.lines[-1].trace.line

    @property
    def complete(self) -> bool:
        """Whether the last line is the matched form, node by node."""
        return self.result.term == self.matched


@lru_cache(maxsize=8)  # a proof of fifty layers holds some 13 MB
def prove(form: Architecture, layer: int, block: str) -> Proof:
    """The proof for the weights or the bias of a layer, counted from 1: innermost and leftmost first."""
    return prove_by(form, layer, block, Rewriter.first)


def prove_by(form: Architecture, layer: int, block: str, choose: Choose) -> Proof:
    """The proof in which that function chooses which of the rules that fit is applied next."""
    steps = steps_of(form, layer, block)
    fresh = itertools.count(1)
    start = labelled(start_term(form, layer, block, [step.factor for step in steps]), fresh)
    row = start.children[0].children[0]
    numbered = tuple((step, factor.id) for step, factor in zip(steps, row.children[1:]))
    facts = facts_of(form)
    lines = tuple(_lines(form, start, _layers(form, layer, numbered), facts, fresh, choose))
    return Proof(form, layer, block, start, numbered, lines, facts, matched_term(form, layer, block))


# ---------------------------------------------------------------- both ends


def steps_of(form: Architecture, layer: int, block: str) -> list[Step]:
    """The chain rule from E down to a parameter, one function at a time."""
    steps = list(unfolded(form).steps)
    for l in range(form.depth, layer - 1, -1):
        steps.append(_activation_step(form, l))
        if l > layer:
            A, Z, W = _name(form.A(l - 1)), f"Z{subscript(l)}", f"W{subscript(l)}"
            told = f"{Z} = {A} {W} by {A}"
            steps.append(Step(told, f"{KRON}, with A = I_N", form.affine_jacobian(l)))
    A, Z, W = _name(form.A(layer - 1)), f"Z{subscript(layer)}", f"W{subscript(layer)}"
    if block == "weights":
        return [*steps, Step(f"{Z} = {A} {W} by {W}", f"{KRON}, with C = I", form.weights_jacobian(layer))]
    b = f"b{subscript(layer)}"
    told = f"{Z} = {A} {W} + 1 {b}ᵀ by {b}"
    return [*steps, Step(told, f"{KRON}, with A = 1_N and C = I", form.bias_jacobian(layer))]


def start_term(form: Architecture, layer: int, block: str, factors: list[Term]) -> Term:
    """unvec((1ᵀ J)ᵀ): to d_{l−1}×d_l for weights, to 1×d_l for a bias."""
    row = product(Ones(ONE, N * form.width(form.depth)), *factors)
    return Unvec(Transpose(row), form.width(layer - 1) if block == "weights" else ONE, form.width(layer))


def matched_term(form: Architecture, layer: int, block: str) -> Term:
    """∇W_l = A_{l−1}ᵀ δ_l or ∇b_l = 1ᵀ δ_l, with δ_L = (H − Y)/N for a folded pair."""
    delta = form.delta(layer, top_delta(form))
    return form.weights_gradient(layer, delta) if block == "weights" else form.bias_gradient(delta)


def top_delta(form: Architecture) -> Term:
    """δ_L: the slope of the loss pulled through σ_L, or (H − Y)/N for a folded pair."""
    return form.folded_delta if form.folded else form.pulled(unfolded(form).slope, form.depth)


def _activation_step(form: Architecture, l: int) -> Step:
    formula = ENTRY_BY_ENTRY.replace("f", "σ") if form.elementwise(l) else SOFTMAX
    Z = f"Z{subscript(l)}"
    told = f"{form.outputs(l).name} = {form.activations[l - 1].name}({Z}) by {Z}"
    return Step(told, formula, form.activation_jacobian(l))


def _name(A: Term) -> str:
    return A.name if isinstance(A, Fn | Sym) else "A"


# ---------------------------------------------------------------- the lines


def _lines(
    form: Architecture,
    line: Labelled,
    layers: dict[int, int],
    facts: tuple[Fact, ...],
    fresh: Iterator[int],
    choose: Choose,
) -> Iterator[Line]:
    """One line for each application of a rule, stage by stage, until none fits."""
    nonzero = without_zero(facts)
    equations = tuple(fact.rule for fact in facts if fact.rule is not None)
    lemma: str | None = None
    layer = form.depth - 1
    for stage, table in STAGES.items():
        if stage == "seed" and not form.folded:
            continue
        rewriter = Rewriter((*equations, *table), nonzero)
        while (redex := choose(rewriter, line.term)) is not None:
            lemma, layer = _group(redex, line, layers, lemma, layer)
            trace = traced(line, redex, fresh)
            layers.update({new: layers[old] for old, new in trace.moved if old in layers})
            line = trace.line
            reason = _reason(redex, nonzero)
            yield Line(redex.rule.name, reason, redex.rule.phase, stage, lemma, layer, trace)


def _layers(form: Architecture, layer: int, steps: tuple[tuple[Step, int], ...]) -> dict[int, int]:
    """The layer, from 0, to which each factor belongs, by its number: a layer's own σ and what leads down from it."""
    above = len(unfolded(form).steps)
    found = {}
    for position, (_, number) in enumerate(steps):
        found[number] = form.depth - 1 - max(position - above, 0) // 2
    return found


def _group(
    redex: Redex, line: Labelled, layers: dict[int, int], lemma: str | None, layer: int
) -> tuple[str | None, int]:
    """To which lemma of which layer the application belongs: an opening starts one, tidying stays with it."""
    if redex.rule.name in OPENS or redex.rule.name == "row-distributes":
        node = line
        for step in redex.place.path:
            node = node.children[step]
        operator = node.children[redex.place.stop - 1]
        layer = layers.get(operator.id, layer)
        lemma = "D" if isinstance(operator.term, Diag) else "K"
    return (None if redex.rule.name in BETWEEN else lemma), layer


def _reason(redex: Redex, nonzero: Mapping[Term, Fact]) -> str:
    """The rule's own reason, and the facts that it needs here."""
    needed = {nonzero[instance(condition, redex.binding)].name for condition in redex.rule.nonzero}
    return redex.rule.because + "".join(f"; {name}" for name in sorted(needed))
