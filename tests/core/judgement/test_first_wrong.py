"""An error in one quantity is found there, and what rightly follows from it is not reported again."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from backproof_core.judgement.claim import Claim
from backproof_core.judgement.judge import judge
from backproof_core.judgement.report import WRONG, Report
from claimed import case_at, layers_of, updated
from naive import Array, Case, Found, Recipe, change, compute, right
from specimens import SWEEP

COUNT = 100 if SWEEP else 3
LEAST = {"float64": 1e-4, "float32": 1e-2}
QUANTITIES = ("pre_activations", "activations", "loss_value", "deltas", "weights", "bias", "updated weights")


def plant(recipe: Recipe, quantity: str, l: int, f: Callable[[Array], Array]) -> None:
    """The quantity of a layer changed by f, and what follows computed from it."""
    if quantity == "pre_activations":
        recipe.on_Z[l] = f
    elif quantity == "activations":
        recipe.on_A[l] = f
    elif quantity == "loss_value":
        recipe.on_loss = lambda value: 1.1 * value + 0.1
    elif quantity == "deltas":
        recipe.on_delta[l] = [f]
    elif quantity == "weights":
        recipe.on_W.append((1, l, f))
    elif quantity == "bias":
        recipe.on_b.append((1, l, f))


def changes(rng: np.random.Generator) -> Callable[[Array], Array]:
    """A change of one entry, of a row, or of everything."""
    kind, by, seed = rng.integers(3), rng.uniform(0.2, 1), int(rng.integers(2**31))

    def f(M: Array) -> Array:
        M = M.copy()
        at = tuple(np.random.default_rng(seed).integers(n) for n in M.shape)
        if kind == 0:
            M[at] += M.dtype.type(by * (np.abs(M).max() or 1))
        elif kind == 1:
            M[at[0]] *= M.dtype.type(1 + by)
        else:
            M *= M.dtype.type(1 + by)
        return M

    return f


def everything(case: Case, found: Found, *, spoil: Callable[[Array], Array] | None, l: int) -> Claim:
    """All that a program has; spoil changes the updated weights of the layer."""
    after = list(updated(case, found))
    if spoil is not None:
        W = after[l].W
        assert W is not None
        after[l] = type(after[l])(spoil(W.astype(case.dtype)).astype(float), after[l].b)
    return Claim(
        loss_value=found.loss,
        pre_activations=tuple(M.astype(float) for M in found.Z),
        activations=tuple(M.astype(float) for M in found.A),
        deltas=tuple(M.astype(float) for M in found.deltas),
        gradients=layers_of(found.gradients),
        updated_weights=tuple(after),
        learning_rate=case.rate,
        dtype=case.dtype.name,
    )


def spoilt(quantity: str, dtype: str) -> Iterator[tuple[str, Report, str, int | None]]:
    """Reports on cases with that quantity wrong, with where it was planted."""
    for number in itertools.count():
        case, rng = case_at(number, dtype), np.random.default_rng([number, 31])
        if quantity == "bias" and not case.biased:
            continue
        l = int(rng.choice(case.biased if quantity == "bias" else range(case.depth)))
        f, recipe = changes(rng), Recipe(case)
        plant(recipe, quantity, l, f)
        found, ours = compute(recipe, dtype), right(case)
        shown = {
            "pre_activations": (found.Z[l], ours.Z[l]),
            "activations": (found.A[l], ours.A[l]),
            "deltas": (found.deltas[l], ours.deltas[l]),
            "weights": (found.gradients[l][0], ours.gradients[l][0]),
            "bias": (found.gradients[l][1], ours.gradients[l][1]),
        }.get(quantity)
        finite = np.isfinite(found.loss) and all(np.isfinite(M).all() for M in found.blocks())
        if not finite or (shown and change([shown[0]], [shown[1]]) < LEAST[dtype]):
            continue
        sent = everything(case, found, spoil=f if quantity == "updated weights" else None, l=l)
        report = judge(case.point.net, case.point.X, case.point.Y, loss=case.point.loss, claim=sent)
        yield f"#{number} {quantity} of layer {l} | {case}", report, quantity, l


def complaints(report: Report, quantity: str, l: int | None) -> Iterator[str]:
    listed = {"weights": "gradients", "bias": "gradients", "updated weights": "updated_weights"}.get(quantity, quantity)
    at = None if quantity == "loss_value" else l
    first = report.first_wrong
    if report.verdict != WRONG:
        yield f"verdict {report.verdict}"
    if first is None or (first.quantity, first.layer) != (listed, at):
        yield f"first wrong is {first}"
    further = [b for b in report.blocks if b.verdict == WRONG and b.follows is None and (b.quantity, b.layer) != (listed, at)]  # fmt: skip  # noqa: E501
    if further:
        yield "further mistakes: " + ", ".join(f"{b.quantity} {b.parameter} {b.relative_error:.1e}" for b in further)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_an_error_in_one_quantity_is_found_there_alone(quantity: str, dtype: str) -> None:
    missed = []
    for name, report, where, l in itertools.islice(spoilt(quantity, dtype), COUNT):
        said = list(complaints(report, where, l))
        if said:
            missed.append(f"{name}: {'; '.join(said)}")
    assert not missed, f"{len(missed)} of {COUNT}\n" + "\n".join(missed[:5])
