"""What a report says that a point cannot show, no planted mistake of that id shows there; the better point shows it."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from backproof_core import Network
from backproof_core.judgement.judge import judge
from backproof_core.judgement.report import BetterPoint, Hidden, Report
from backproof_core.layer import Layer
from claimed import case_at, claim
from naive import Array, Case, change, right
from planted import PLANTERS, Variant, plant
from specimens import SWEEP, Point

COUNT = 60 if SWEEP else 4
SHOWN = 1e-3


def with_weights(case: Case, f: object) -> Case:
    layers = [Layer.make(*f(l, layer), layer.activation) for l, layer in enumerate(case.point.net.layers)]  # type: ignore[operator]
    return replace(case, point=replace(case.point, net=Network.make(layers)))


def with_data(case: Case, X: Array, Y: Array) -> Case:
    return replace(case, point=replace(case.point, X=X, Y=Y))


def zero_weights(case: Case) -> Case:
    return with_weights(case, lambda l, layer: (0 * layer.W, layer.b if layer.b is None else 0 * layer.b))


def one_row(case: Case) -> Case:
    return with_data(case, case.point.X[:1], case.point.Y[:1])


def symmetric(case: Case) -> Case:
    def same(l: int, layer: Layer) -> tuple[Array, Array | None]:
        return (layer.W + layer.W.T if layer.W.shape[0] == layer.W.shape[1] else layer.W), layer.b

    return with_weights(case, same)


def dead(case: Case) -> Case:
    """The hidden relus never fire."""

    def low(l: int, layer: Layer) -> tuple[Array, Array | None]:
        relu = layer.activation.name == "relu"
        return layer.W, np.full(layer.d_out, -50.0) if relu else layer.b

    return with_weights(case, low)


def saturated(case: Case) -> Case:
    def steep(l: int, layer: Layer) -> tuple[Array, Array | None]:
        return layer.W * (
            60 if layer.activation.name in ("sigmoid", "tanh", "softmax") and l < case.depth - 1 else 1
        ), layer.b

    return with_weights(case, steep)


def no_residual(case: Case) -> Case:
    H = case.point.net.forward(case.point.X).H
    if case.point.loss.name == "cross_entropy" and case.names[-1] != "softmax":
        H = H / H.sum(axis=1, keepdims=True)
    return with_data(case, case.point.X, H)


def equal_rows(case: Case) -> Case:
    return with_data(case, np.repeat(case.point.X[:1], len(case.point.X), axis=0), np.repeat(case.point.Y[:1], len(case.point.Y), axis=0))  # fmt: skip  # noqa: E501


def no_input(case: Case) -> Case:
    return with_data(case, 0 * case.point.X, case.point.Y)


def positive(case: Case) -> Case:
    """Every pre-activation of a relu is positive, so that it is the identity."""

    def high(l: int, layer: Layer) -> tuple[Array, Array | None]:
        return np.abs(layer.W), np.ones(layer.d_out) if layer.activation.kinked else layer.b

    return with_data(with_weights(case, high), np.abs(case.point.X), case.point.Y)


DEGENERATE = {
    f.__name__: f
    for f in (zero_weights, one_row, symmetric, dead, saturated, no_residual, equal_rows, no_input, positive)
}


def reported(case: Case) -> Report:
    point = case.point
    return judge(point.net, point.X, point.Y, loss=point.loss, claim=claim(case, right(case), ()))


def ways(case: Case, hidden: Hidden) -> list[Variant]:
    """All the ways to make that mistake in that layer, or in no one layer."""
    if hidden.id not in PLANTERS:
        return []
    of_delta = hidden.id in ("weights_already_updated", "weights_not_transposed")  # told where δ is, planted above it
    layer = hidden.layer + 1 if of_delta and hidden.layer is not None else hidden.layer
    return [v for v in PLANTERS[hidden.id](case) if v.layer == layer and not v.sends - {"rate"}]


def moved(case: Case, variant: Variant) -> float:
    """How much the mistake changes the gradients, of each block's largest entry."""
    try:
        return change(plant(case, variant).blocks(), right(case).blocks())
    except ValueError:
        return np.inf


def untrue(case: Case, report: Report) -> Iterator[str]:
    """What it calls hidden though it shows."""
    allowed = max((b.tolerance for b in report.parameters), default=0.0)
    for hidden in report.blindness:
        for variant in ways(case, hidden):
            if moved(case, variant) > max(1e-9, allowed):
                yield f"{variant} shows: {moved(case, variant):.1e} ({hidden.reason})"


def better(case: Case, at: BetterPoint) -> Case:
    point = Point(at.net, at.X, at.Y, case.point.loss)
    rows = len(at.X)
    return replace(case, point=point, rate=0.7, decay=0.1, before_X=at.X[: rows - 1] + 0.3, before_Y=at.Y[: rows - 1])


def still_hidden(case: Case, report: Report) -> Iterator[str]:
    """What was hidden and no way of it shows at the better point, though it was promised."""
    if report.better_point is None:
        if report.blindness:
            yield "no better point"
        return
    there = better(case, report.better_point)
    excepted = {(h.id, h.layer) for h in report.better_point.unshowable}
    for hidden in report.blindness:
        if (hidden.id, hidden.layer) not in excepted:
            shown = [moved(there, variant) for variant in ways(there, hidden)]
            if shown and max(shown) < SHOWN:
                yield f"{hidden.id} of layer {hidden.layer} is at most {max(shown):.1e} there"


@pytest.mark.parametrize("name", DEGENERATE)
def test_every_claim_of_blindness_is_true(name: str) -> None:
    told, hidden = [], 0
    for number in range(COUNT):
        case = DEGENERATE[name](case_at(number, "float64"))
        report = reported(case)
        hidden += len(report.blindness)
        said = [*untrue(case, report), *still_hidden(case, report)]
        if said:
            told.append(f"#{number} {name} | {case}: " + "; ".join(said[:4]))
    assert not told, f"{len(told)} of {COUNT}\n" + "\n".join(told[:5])
    assert hidden, "nothing is said to be hidden at such points"


def overlooked(case: Case, report: Report) -> Iterator[str]:
    """Mistakes that no way of making them shows there, and of which nothing is said."""
    said = {(h.id, h.layer) for h in report.blindness}
    for name, planter in PLANTERS.items():
        variants = [v for v in planter(case) if not v.sends - {"rate"}]
        for layer, some in itertools.groupby(sorted(variants, key=lambda v: -1 if v.layer is None else v.layer), key=lambda v: v.layer):  # fmt: skip  # noqa: E501
            if (
                not said & {(name, layer), (name, None)}
                and all(moved(case, v) < 1e-12 for v in some)
                and name != "layout_samples"
            ):
                yield f"{name} of layer {layer}"
