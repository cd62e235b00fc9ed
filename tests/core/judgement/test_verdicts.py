"""Right gradients are never called wrong, however they were added up; an error in one block is never called right."""

from collections.abc import Callable

import numpy as np
import pytest

from backproof_core import LOSSES, Network
from backproof_core.judgement.claim import Claim
from backproof_core.judgement.judge import judge
from backproof_core.judgement.report import CANNOT_JUDGE, RIGHT, WRONG, Report
from backproof_core.layer import Layer
from claimed import layers_of
from naive import ADMITTED, FUNCTIONS, Array, Case, Found, Recipe, compute
from specimens import SWEEP, Point, numbers, targets

EACH = 500 if SWEEP else 3  # networks in a part
LEAST = 1e-3

Product = Callable[[Array, Array], Array]


def one_by_one(A: Array, B: Array) -> Array:
    """A sum over the inner index in its order, each partial sum rounded."""
    total = np.zeros((A.shape[0], B.shape[1]), A.dtype)
    for k in range(A.shape[1]):
        total = total + A[:, k : k + 1] * B[k : k + 1]
    return total


def backwards(A: Array, B: Array) -> Array:
    return one_by_one(A[:, ::-1], B[::-1])


def in_halves(A: Array, B: Array) -> Array:
    if A.shape[1] < 3:
        return one_by_one(A, B)
    k = A.shape[1] // 2
    return in_halves(A[:, :k], B[:k]) + in_halves(A[:, k:], B[k:])


def shuffled(A: Array, B: Array) -> Array:
    order = np.random.default_rng(A.shape[1]).permutation(A.shape[1])
    return A[:, order] @ B[order]


def turned(A: Array, B: Array) -> Array:
    return (B.T @ A.T).T


PRODUCTS: tuple[Product, ...] = (np.matmul, one_by_one, backwards, in_halves, shuffled, turned)


def network(rng: np.random.Generator, dtype: str) -> Point:
    """A network of any width to 512 and any scale, with saturated and with dead units among others."""
    depth = int(rng.integers(1, 5))
    widest = int(rng.choice([4, 12, 64, 512], p=[0.55, 0.3, 0.13, 0.02]))
    sizes = [int(rng.integers(1, widest + 1)) for _ in range(depth + 1)]
    loss = LOSSES[str(rng.choice(list(LOSSES)))]
    names = [str(rng.choice(list(FUNCTIONS))) for _ in range(depth - 1)]
    names.append(str(rng.choice(ADMITTED.get(loss.name, tuple(FUNCTIONS)))))
    if names[-1] == "softmax" or loss.name == "cross_entropy":
        sizes[-1] = max(sizes[-1], 2)
    gain = float(10 ** rng.choice([0, 0, 0.5, 1, -1, rng.uniform(-2, 1.2)]))
    scale = float(10 ** rng.choice([0, 0, rng.uniform(-8, 8)])) if loss.name in ("half_sse", "sse", "mse") else 1.0
    layers = []
    for l in range(depth):
        W = rng.normal(0, gain / np.sqrt(sizes[l]), (sizes[l], sizes[l + 1]))
        b = rng.normal(0, 0.5, sizes[l + 1]) - 40 * (rng.random(sizes[l + 1]) < 0.1 * (names[l] == "relu"))
        layers.append(Layer.make(W.astype(dtype), b.astype(dtype) if rng.random() < 0.7 else None, names[l]))
    rows = int(rng.choice([1, 2, 5, 16, 40]))
    X = rng.normal(size=(rows, sizes[0])) * (np.sqrt(scale) if rng.random() < 0.5 else 1)
    Y = targets(rng, loss, rows, sizes[-1]) * scale
    return Point(Network.make(layers), X.astype(dtype), Y.astype(dtype), loss)


def case_of(point: Point) -> Case:
    return Case(point, 0.1, 0.0, 0.0, point.X, point.Y, (), ())


def off_kinks(point: Point) -> bool:
    """Whether no pre-activation is so near a kink that rounding may put it on the other side."""
    exact = point.net.astype("float64")
    run = exact.forward(point.X.astype(float))
    near = [
        np.abs(Z) < 1e-5 * (1 + np.abs(Z).max()) for layer, Z in zip(exact.layers, run.Z) if layer.activation.kinked
    ]
    return not any(N.any() for N in near)


def found_of(point: Point, rng: np.random.Generator, dtype: str) -> Found | None:
    """Right numbers by some order of summation; None where the plain formulas break down."""
    recipe = Recipe(case_of(point))
    recipe.product = PRODUCTS[rng.integers(len(PRODUCTS))]
    with np.errstate(all="ignore"):
        found = compute(recipe, dtype)
    stable = point.loss.name in ("half_sse", "sse", "mse") or found.A[-1].min() > 1e-3 > found.A[-1].max() - 1 + 2e-3
    finite = all(np.isfinite(M).all() for M in [*found.Z, *found.A, *found.deltas, *found.blocks()])
    return found if stable and finite and off_kinks(point) else None


def sent(found: Found, rng: np.random.Generator, dtype: str) -> Claim:
    told = dtype if rng.random() < 0.5 else None
    if rng.random() < 0.7:
        return Claim(gradients=layers_of(found.gradients), dtype=told)
    return Claim(
        pre_activations=tuple(M.astype(float) for M in found.Z),
        activations=tuple(M.astype(float) for M in found.A),
        deltas=tuple(M.astype(float) for M in found.deltas),
        gradients=layers_of(found.gradients),
        dtype=told,
    )


def report_on(point: Point, claim: Claim) -> Report:
    return judge(point.net, point.X, point.Y, loss=point.loss, claim=claim)


def described(number: int, i: int, point: Point, report: Report) -> str:
    worst = [f"{b.quantity} {b.parameter} {b.relative_error:.1e} of {b.tolerance:.1e}" for b in report.blocks if b.verdict == WRONG]  # fmt: skip  # noqa: E501
    return f"#{number}.{i} {case_of(point)} {report.dtype}: {report.verdict}, {worst}"


@pytest.mark.parametrize("number", numbers(200))
def test_right_gradients_are_never_wrong(number: int) -> None:
    missed, judged, settled = [], 0, 0
    for i in range(EACH):
        rng = np.random.default_rng([number, i])
        dtype = "float64" if rng.random() < 0.5 else "float32"
        point = network(rng, dtype)
        found = found_of(point, rng, dtype)
        if found is not None:
            report = report_on(point, sent(found, rng, dtype))
            judged, settled = judged + 1, settled + (report.verdict == RIGHT)
            if report.verdict == WRONG:
                missed.append(described(number, i, point, report))
    assert not missed, f"{len(missed)} of {judged}\n" + "\n".join(missed[:5])
    assert judged < 20 or settled > judged / 2, f"only {settled} of {judged} are called right"


def spoiled(M: Array, rng: np.random.Generator) -> Array | None:
    """M with an error of at least 1e-3 of its largest entry in one entry, in a row or in all of it."""
    e, kind = float(10 ** rng.uniform(-3, 0)), rng.integers(3)
    largest = float(np.abs(M).max())
    off = M.astype(float)
    if not largest:
        return None
    at = tuple(rng.integers(n) for n in M.shape)
    if kind == 0:
        off[at] += e * largest * rng.choice([-1, 1])
    elif kind == 1:
        off[at[0]] *= 1 + e
    else:
        off *= 1 + e
    return off.astype(M.dtype)


def relative(M: Array, R: Array) -> float:
    largest = max(float(np.abs(M).max()), float(np.abs(R).max()))
    return float(np.abs(M.astype(float) - R).max()) / largest if largest else 0.0


@pytest.mark.parametrize("number", numbers(200))
def test_a_planted_error_is_never_right(number: int) -> None:
    missed, judged, wrong = [], 0, 0
    for i in range(EACH):
        rng = np.random.default_rng([number, i, 1])
        dtype = "float64" if rng.random() < 0.5 else "float32"
        point = network(rng, dtype)
        found = found_of(point, rng, dtype)
        if found is None:
            continue
        l = int(rng.integers(len(found.gradients)))
        at = int(rng.integers(2)) if found.gradients[l][1] is not None else 0
        before = found.gradients[l][at]
        assert before is not None
        after = spoiled(before, rng)
        if after is None or (e := relative(after, before)) < LEAST:
            continue
        pair = list(found.gradients[l])
        pair[at] = after
        found.gradients[l] = (pair[0], pair[1])  # type: ignore[assignment]
        report = report_on(point, sent(found, rng, dtype))
        block = next(b for b in report.parameters if b.parameter == f"layers.{l}.{('weights', 'bias')[at]}")
        judged, wrong = judged + 1, wrong + (report.verdict == WRONG)
        others = [b for b in report.blocks if b.verdict == WRONG and b is not block]
        if report.verdict == RIGHT or others or (block.tolerance < e / 3 and block.verdict != WRONG):
            missed.append(f"{e:.1e} planted in {block.parameter}, allowed {block.tolerance:.1e}: {described(number, i, point, report)}")  # fmt: skip  # noqa: E501
    assert not missed, f"{len(missed)} of {judged}\n" + "\n".join(missed[:5])
    assert judged < 20 or wrong > judged / 2, f"only {wrong} of {judged} are called wrong"


def test_a_bound_above_a_thousandth_cannot_be_judged() -> None:
    """Some float32 gradients of saturated networks are not worth a verdict."""
    seen = set()
    for i in range(400):
        rng = np.random.default_rng([7, i])
        point = network(rng, "float32")
        found = found_of(point, rng, "float32")
        if found is not None:
            report = report_on(point, sent(found, rng, "float32"))
            seen |= {b.verdict for b in report.parameters if b.tolerance > LEAST}
            if CANNOT_JUDGE in seen:
                break
    assert seen == {CANNOT_JUDGE}
