"""What a programmer with a planted mistake sends, random cases to plant in, and whether a report names the mistake."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from backproof_core import LOSSES
from backproof_core.judgement.claim import Claim, LayerClaim, Previous
from backproof_core.judgement.judge import judge
from backproof_core.judgement.report import WRONG, Explanation, Named, Report
from backproof_core.loss import admissible_pairs
from naive import FUNCTIONS, Array, Block, Case, Found, Recipe, change, compute, right
from planted import PLANTERS, SAME, Variant, combinable, compose, plant, visible
from specimens import OnAKink, build, targets


def claim(case: Case, found: Found, variants: tuple[Variant, ...], *, everything: bool = False) -> Claim:
    """What the programmer sends: gradients, caches and deltas too if everything, and what bears on the mistakes."""
    sends: frozenset[str] = frozenset().union(*(v.sends for v in variants))
    columns = "columns" in sends
    previous = Previous(
        case.before_X.astype(float) if "data" in sends else None,
        case.before_Y.astype(float) if "data" in sends else None,
        layers_of(case.before) if "before" in sends else None,
        layers_of(case.velocity) if "velocity" in sends else None,
    )
    caches: dict[str, tuple[Array, ...]] = {}
    if everything or columns:
        turn = (lambda M: M.T.astype(float)) if columns else (lambda M: M.astype(float))
        caches = {
            "activations": tuple(map(turn, found.A)),
            "deltas": tuple(map(turn, found.deltas)),
            "pre_activations": tuple(map(turn, found.Z)),
        }
    stepped = "updated" in sends
    return Claim(
        gradients=None if stepped else layers_of(found.gradients),
        updated_weights=updated(case, found) if stepped else None,
        learning_rate=case.rate if "rate" in sends else None,
        weight_decay=case.decay if "decay" in sends else None,
        momentum=case.momentum if "velocity" in sends else None,
        previous=previous if sends & {"data", "before", "velocity"} else None,
        **caches,  # type: ignore[arg-type]
    )


def updated(case: Case, found: Found) -> tuple[LayerClaim, ...]:
    """The parameters after a step of plain descent along what was found, in its precision."""
    r = case.dtype.type(case.rate)
    pairs = zip(case.point.net.layers, found.gradients)
    return layers_of([(layer.W - r * W, None if b is None else layer.b - r * b) for layer, (W, b) in pairs])


def layers_of(found: tuple[tuple[Array, Block], ...] | list[tuple[Array, Block]]) -> tuple[LayerClaim, ...]:
    return tuple(LayerClaim(W.astype(float), None if b is None else b.astype(float)) for W, b in found)


# Random cases.


def case_at(number: int, dtype: str, *, depth: int | None = None, wanted: str | None = None) -> Case:
    """The case of that number: any admissible pair, distinct widths mostly; wanted favours a mistake's place."""
    for attempt in itertools.count():
        rng = np.random.default_rng([number, attempt, np.dtype(dtype).itemsize])
        try:
            return _case(rng, dtype, depth, wanted)
        except OnAKink:
            continue
    raise AssertionError


def _case(rng: np.random.Generator, dtype: str, depth: int | None, wanted: str | None) -> Case:
    depth = depth or int(rng.integers(1, 5))
    sizes = [int(n) for n in rng.permutation(6)[: depth + 1] + 1]
    if rng.random() < (0.9 if wanted in ("weights_not_transposed", "activation_for_input") else 0.25):
        l = (
            int(rng.integers(0, depth))
            if wanted != "weights_not_transposed" or depth == 1
            else int(rng.integers(1, depth))
        )
        sizes[l + 1] = sizes[l] = max(sizes[l], 2)
    pairs = admissible_pairs()
    loss, last = pairs[rng.integers(len(pairs))]
    hidden = [str(name) for name in rng.choice(sorted(FUNCTIONS), depth - 1)]
    if wanted in ("softmax_diagonal", "softmax_sign", "leaky_slope_missing") and hidden:
        hidden[rng.integers(len(hidden))] = "leaky_relu" if wanted == "leaky_slope_missing" else "softmax"
    if last == "softmax" or loss == "cross_entropy":
        sizes[-1] = max(sizes[-1], 2)
    rows, rows_before = int(rng.integers(2, 8)), int(rng.integers(2, 8))
    at = int(rng.integers(2**32))
    point = build(sizes, [*hidden, last], LOSSES[loss], rows, at, bias=bool(rng.random() < 0.7), dtype=dtype)
    before_X = rng.normal(size=(rows_before, sizes[0])).astype(dtype)
    before_Y = targets(rng, LOSSES[loss], rows_before, sizes[-1]).astype(dtype)
    case = Case(point, float(rng.choice([0.01, 0.03, 0.1, 0.3])), float(rng.choice([0.001, 0.01, 0.03])),
                float(rng.choice([0.9, 0.7, 0.95])), before_X, before_Y, (), ())  # fmt: skip
    recipe = Recipe(case)
    recipe.X, recipe.Y = before_X, before_Y
    before = compute(recipe, dtype).gradients

    def carried(M: Array) -> Array:
        return (1.5 * M + rng.normal(0, 0.1, M.shape)).astype(dtype)

    velocity = tuple((carried(W), None if b is None else carried(b)) for W, b in before)
    return replace(case, before=tuple(before), velocity=velocity)


# What the report says of it.

ALIKE = (  # ids that share ways of making them, under whichever of the names
    ("factor_extra", "factor_missing", "summed_not_averaged", "averaged_not_summed"),
    ("last_instance_only", "bias_one_row"),
)
NAMED, SAME_NUMBERS, OTHER, NOTHING, BELOW = "named", "same numbers", "something else", "nothing", "below the tolerance"


@dataclass(frozen=True)
class Outcome:
    """How a planted case was judged."""

    number: int
    case: Case
    variants: tuple[Variant, ...]
    everything: bool
    kind: str
    report: Report

    @property
    def found(self) -> bool:
        return self.kind in (NAMED, SAME_NUMBERS)

    def __str__(self) -> str:
        planted = " + ".join(map(str, self.variants))
        said = [" + ".join(f"{m.id}@{m.layers or m.layer}{m.detail and ' ' + m.detail}" for m in e.mistakes) for e in self.report.diagnosis]  # fmt: skip  # noqa: E501
        sent = "all sent" if self.everything else "gradients"
        return f"#{self.number} {planted} | {self.case} | {sent} | {self.kind}: {self.report.verdict}, said {said}"


def judged(number: int, case: Case, variants: tuple[Variant, ...], *, everything: bool) -> Outcome:
    found = plant(case, *variants)
    sent = claim(case, found, variants, everything=everything)
    point = case.point
    report = judge(point.net, point.X, point.Y, loss=point.loss, claim=sent)
    return Outcome(number, case, variants, everything, _kind(case, found, variants, report), report)


def _kind(case: Case, found: Found, variants: tuple[Variant, ...], report: Report) -> str:
    planted = {v.id for v in variants}
    if any(ids(e) == planted for e in report.diagnosis):
        return NAMED
    if any(len(e.mistakes) <= len(variants) and gives(case, e, found) for e in report.diagnosis):
        return SAME_NUMBERS
    if (report.verdict != WRONG and below(case, found, report)) or undetermined(variants, report):
        return BELOW
    return OTHER if report.diagnosis else NOTHING


def undetermined(variants: tuple[Variant, ...], report: Report) -> bool:
    """Whether an unknown rate shows as a bare factor on all that is wrong: then any other would do as well."""
    if {(v.id, "unsent" in v.where) for v in variants} != {("weights_already_updated", True)}:
        return False
    return all(block.ratio is not None for block in report.blocks if block.verdict == WRONG)


def ids(explanation: Explanation) -> set[str]:
    return {mistake.id for mistake in explanation.mistakes}


def gives(case: Case, explanation: Explanation, found: Found) -> bool:
    """Whether mistakes of those ids, planted here in some way, are the same numbers."""
    for mistake in explanation.mistakes:
        if mistake.value is not None:  # a rate or λ that was fitted
            case = replace(case, **{"decay" if "decay" in mistake.id else "rate": mistake.value})
    ways = [ways_of(case, mistake) for mistake in explanation.mistakes]
    for variants in itertools.islice(itertools.product(*ways), 20000):
        if combinable(variants):
            try:
                other = plant(case, *variants, dtype="float64")
            except ValueError:
                continue
            if change(found.blocks(), other.blocks()) <= SAME[case.dtype.name]:
                return True
    return False


def ways_of(case: Case, mistake: Named) -> list[Variant]:
    """All the ways to plant that mistake, also in just the layers that are said."""
    names = next((group for group in ALIKE if mistake.id in group), (mistake.id,))
    alone = [v for name in names if name in PLANTERS for v in PLANTERS[name](case)]
    if len(mistake.layers) < 2:
        return alone
    places = [[v for v in alone if v.layer == l] for l in mistake.layers]
    several = [
        Variant(mistake.id, "several", None, compose(*(v.edit for v in some)), some[0].sends)
        for some in itertools.islice(itertools.product(*places), 3000)
        if mistake.id in ALIKE[0] or len({_label(v) for v in some}) == 1
    ]
    return alone + several


def _label(variant: Variant) -> str:
    return variant.where.split("layer")[0]


def below(case: Case, found: Found, report: Report) -> bool:
    """Whether no gradient block is off by three times the tolerance that the report allows it."""
    ours = right(case).gradients
    for block in report.parameters:
        assert block.layer is not None
        at = 0 if block.parameter.endswith("weights") else 1
        M, R = found.gradients[block.layer][at], ours[block.layer][at]
        if M is not None and R is not None and change([M], [R]) > 3 * block.tolerance:
            return False
    return True


def planted_alone(name: str, start: int, dtype: str) -> Iterator[tuple[int, Case, tuple[Variant, ...]]]:
    """Cases with one visible variant of the mistake, drawn from all of its ways there."""
    for number in itertools.count(start):
        case = case_at(number, dtype, wanted=name)
        rng = np.random.default_rng([number, 5])
        ways = list(PLANTERS[name](case))
        for at in rng.permutation(len(ways))[:5]:
            if visible(case, ways[at]):
                yield number, case, (ways[at],)
                break


def planted_together(k: int, start: int, dtype: str) -> Iterator[tuple[int, Case, tuple[Variant, ...]]]:
    """Cases with k visible mistakes at once, of ids drawn evenly."""
    names = [name for name in PLANTERS if name != "layout_samples"]
    for number in itertools.count(start):
        case = case_at(number, dtype)
        rng = np.random.default_rng([number, k, 5])
        for _ in range(20):
            ways = [list(PLANTERS[names[i]](case)) for i in rng.choice(len(names), k, replace=False)]
            if not all(ways):
                continue
            variants = tuple(some[rng.integers(len(some))] for some in ways)
            fit = combinable(variants) and visible(case, *variants) and sendable(case, variants)
            if fit and not factors_meet(case, variants):
                yield number, case, variants
                break


def sendable(case: Case, variants: tuple[Variant, ...]) -> bool:
    """Whether one claim can hold what they send: a rate or a λ that one of them hides is not sent by another."""
    wheres = [v.where for v in variants]
    stepped = any("updated" in v.sends for v in variants)
    if stepped and [W.shape for W, _ in plant(case, *variants).gradients] != [case.shape(l) for l in range(case.depth)]:
        return False  # no step can be taken along such gradients
    if stepped and any("velocity" in v.sends for v in variants):
        return False  # a step along the velocity is right
    return not any("unsent" in w for w in wheres) or not any({"rate", "decay"} & v.sends for v in variants)


def factors_meet(case: Case, variants: tuple[Variant, ...]) -> bool:
    """Whether two bare factors are on the same block, whose product is no named constant."""
    touched: set[int] = set()
    ours = right(case).blocks()
    for variant in variants:
        if variant.factor:
            moved = {i for i, (M, R) in enumerate(zip(plant(case, variant, dtype="float64").blocks(), ours)) if change([M], [R]) > SAME["float64"]}  # fmt: skip  # noqa: E501
            if moved & touched:
                return True
            touched |= moved
    return False


def rates(outcomes: Iterable[Outcome]) -> str:
    """One line: how many were named, gave the same numbers under another name, and were missed."""
    kinds = [o.kind for o in outcomes]
    return ", ".join(f"{kind} {kinds.count(kind)}" for kind in (NAMED, SAME_NUMBERS, OTHER, NOTHING, BELOW))
