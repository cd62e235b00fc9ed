"""Predicted bytes are those that are taken, and too many are refused before any is."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, LOSSES, Network, backprop
from backproof_core.algebra import program
from backproof_core.algebra.terms import MatMul
from backproof_core.backprop import cost
from backproof_core.errors import TooLargeForForm

# (sizes, activations, loss, rows, bias): each takes more than 10 MB
LARGE = [
    ([30, 20, 10], ["tanh", "sigmoid"], "half_sse", 40, False),
    ([30, 20, 10], ["tanh", "softmax"], "cross_entropy", 40, True),
    ([30, 20, 10], ["softmax", "sigmoid"], "binary_cross_entropy", 40, True),
    ([12, 25, 9], ["relu", "softmax"], "mse", 50, True),
    ([8, 16, 16, 4], ["tanh", "softplus", "identity"], "sse", 60, False),
    ([100, 40], ["sigmoid"], "half_sse", 30, True),
    ([6, 30, 5, 20], ["softmax", "tanh", "softmax"], "cross_entropy", 40, True),
]
WIDE = [
    ([20, 2000, 3], ["softplus", "sigmoid"], "half_sse", 700, True),
    ([20, 2000, 3], ["softmax", "sigmoid"], "binary_cross_entropy", 700, True),
    ([5, 2000], ["softmax"], "binary_cross_entropy", 1000, True),
    ([5, 2000], ["softmax"], "cross_entropy", 1500, True),
    ([5, 2000], ["sigmoid"], "binary_cross_entropy", 1500, True),
    ([600, 500, 10], ["tanh", "softmax"], "cross_entropy", 1800, True),
    ([40, 2000, 2], ["relu", "tanh"], "mse", 700, True),
]


def specimen(sizes, activations, loss, rows, bias, dtype="float64"):
    rng = np.random.default_rng(0)
    net = Network.create(sizes, activation=activations, bias=bias, seed=1, dtype=dtype)
    Y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], rows)]
    return net, rng.normal(size=(rows, sizes[0])).astype(dtype), Y.astype(dtype), LOSSES[loss]


def times_rows(case, factor):
    sizes, activations, loss, rows, bias = case
    return sizes, activations, loss, factor * rows, bias


def measured_peak(call):
    """(the result, the most bytes that Python's allocator held above the start)."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        found = call()
        return found, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("case", LARGE, ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("route", ["dense", "jacobian"])
def test_predictions_of_full_jacobians_are_what_is_counted_and_within_a_fifth_of_what_is_taken(case, dtype, route):
    net, X, Y, loss = specimen(*(case if route == "dense" else times_rows(case, 20)), dtype=dtype)
    run = net.forward(X)
    predicted = backprop.predict_cost(net, len(X), loss=loss, form="vectorized", route=route).peak_bytes
    found, taken = measured_peak(
        lambda: backprop.evaluation.backward(net, run, Y, loss=loss, form="vectorized", route=route)
    )
    assert found.peak_bytes == predicted
    assert predicted > 5e6
    assert taken == pytest.approx(predicted, rel=0.2)


@pytest.mark.parametrize("case", LARGE, ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_jacobians_together_take_what_is_predicted(case, dtype):
    net, X, Y, loss = specimen(*times_rows(case, 20), dtype=dtype)
    predicted = backprop.predict_jacobians(net, len(X), loss=loss).peak_bytes
    found, taken = measured_peak(lambda: backprop.jacobian(net, X, Y, loss=loss))
    output = sum(J.nbytes for a in found for J in (a.W, a.b) if J is not None)
    assert taken == pytest.approx(predicted, rel=0.2)
    assert output <= taken < 2.5 * output


@pytest.mark.parametrize("case", WIDE, ids=str)
@pytest.mark.parametrize("options", [("matched", None), ("vectorized", "row")])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_matched_and_row_predictions_are_within_a_fifth_of_what_is_taken(case, options, dtype):
    net, X, Y, loss = specimen(*case, dtype=dtype)
    form, route = options
    run = net.forward(X)
    predicted = backprop.predict_cost(net, len(X), loss=loss, form=form, route=route).peak_bytes
    found, taken = measured_peak(lambda: backprop.evaluation.backward(net, run, Y, loss=loss, form=form, route=route))
    assert predicted > 1e7 * net.dtype.itemsize / 8
    assert found.peak_bytes == predicted
    assert taken == pytest.approx(predicted, rel=0.2)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_the_dense_prediction_of_a_last_softmax_is_its_formula(loss):
    net = Network.create([2, 9], activation="softmax", bias=False)
    predicted = backprop.predict_cost(net, 7, loss=LOSSES[loss], form="vectorized", route="dense")
    assert predicted.peak_bytes == 8 * 4 * (7 * 9) ** 2


def test_the_dense_prediction_of_a_hidden_softmax_is_its_formula():
    net = Network.create([2, 9, 1], activation=["softmax", "tanh"], bias=False)
    predicted = backprop.predict_cost(net, 7, loss=LOSSES["mse"], form="vectorized", route="dense")
    a, b = 7 * 1, 7 * 9
    assert predicted.peak_bytes == 8 * (a * b + 3 * b * b)


def test_the_dense_prediction_is_the_formula_of_two_layers():
    N, d, h, o = 7, 5, 4, 3
    a, b, p = N * o, N * h, d * h
    net = Network.create([d, h, o], bias=False)
    expected = 8 * max(3 * a * a, a * a + 2 * a * b, 2 * a * b + b * b, a * b + b * p + a * p)
    assert (
        backprop.predict_cost(net, N, loss=LOSSES["half_sse"], form="vectorized", route="dense").peak_bytes == expected
    )


def test_at_mnist_size_the_literal_form_is_refused_before_it_allocates():
    net = Network.create([784, 128, 10], activation=["tanh", "softmax"])
    X, Y = np.zeros((32, 784)), np.eye(10)[np.arange(32) % 10]
    tracemalloc.start()
    with pytest.raises(TooLargeForForm) as caught:
        backprop.gradient(net, X, Y, loss="cross_entropy", form="vectorized", route="dense")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6
    assert caught.value.predicted_bytes == pytest.approx(3.56e9, rel=0.01)
    words, loss = str(caught.value), LOSSES["cross_entropy"]
    assert all(part in words for part in (str(caught.value.predicted_bytes), str(2 << 30), "the first "))
    for said, form, route in (
        ("route 'row'", "vectorized", "row"),
        ("route 'jacobian'", "vectorized", "jacobian"),
        ("form 'matched'", "matched", None),
    ):
        taken = backprop.predict_cost(net, 32, loss=loss, form=form, route=route).peak_bytes
        assert f"{said} ({taken} bytes" in words


def test_a_refusal_names_every_way_that_fits_and_no_other():
    net, X, Y, loss = specimen([300, 20, 10], ["tanh", "softmax"], "cross_entropy", 20, True)
    ways = {"row": "vectorized", "jacobian": "vectorized", "dense": "vectorized", None: "matched"}
    bytes_of = {
        route: backprop.predict_cost(net, 20, loss=loss, form=form, route=route).peak_bytes
        for route, form in ways.items()
    }
    assert bytes_of["row"] < bytes_of["jacobian"] < bytes_of["dense"]
    for budget in {taken - 1 for taken in bytes_of.values()}:
        for route in (route for route in ways if bytes_of[route] > budget):
            with pytest.raises(TooLargeForForm) as caught:
                backprop.gradient(net, X, Y, loss=loss, form=ways[route], route=route or "auto", budget=budget)
            for other, taken in bytes_of.items():
                name = f"route {other!r}" if other else "form 'matched'"
                assert any(fit.startswith(name) for fit in caught.value.fits) == (taken <= budget)


def test_a_program_that_holds_its_matrices_too_long_is_seen(monkeypatch):
    """What is said to be alive at a product is what the formula is compared with."""

    def careless(found, kept):
        return tuple(
            replace(one, held=tuple(i for i in range(at + 1) if found[i].wide)) if isinstance(one.node, MatMul) else one
            for at, one in enumerate(found)
        )

    net = Network.create([5, 4, 3], bias=False, activation=[replace(ACTIVATIONS["tanh"], name="another"), "tanh"])
    monkeypatch.setattr(program, "_with_lifetimes", careless)
    a, b, p = 7 * 3, 7 * 4, 5 * 4
    formula = 8 * max(3 * a * a, a * a + 2 * a * b, 2 * a * b + b * b, a * b + b * p + a * p)
    assert backprop.predict_cost(net, 7, loss=LOSSES["half_sse"], form="vectorized").peak_bytes > 1.5 * formula


def test_the_rows_that_are_said_to_fit_do_fit_and_one_more_does_not():
    net, X, Y, loss = specimen([20, 10, 5], ["tanh", "tanh"], "mse", 60, False)
    budget = 1_000_000
    with pytest.raises(TooLargeForForm) as caught:
        backprop.gradient(net, X, Y, loss=loss, form="vectorized", route="dense", budget=budget)
    (said,) = [part for part in caught.value.fits if part.startswith("the first")]
    rows = int(said.split()[2])
    backprop.gradient(net, X[:rows], Y[:rows], loss=loss, form="vectorized", route="dense", budget=budget)
    with pytest.raises(TooLargeForForm):
        backprop.gradient(net, X[: rows + 1], Y[: rows + 1], loss=loss, form="vectorized", route="dense", budget=budget)


def test_auto_is_literal_while_it_is_small_and_the_row_route_above():
    net = Network.create([64, 32, 10], activation=["tanh", "softmax"])
    loss = LOSSES["cross_entropy"]
    assert backprop.choose_route(net, 8, loss=loss) == "dense"
    assert backprop.choose_route(net, 1797, loss=loss) == "row"
    fits = [
        n
        for n in range(1, 200)
        if cost.predict_cost(net, n, loss=loss, form="vectorized", route="dense").peak_bytes <= 64 << 20
    ]
    assert backprop.choose_route(net, fits[-1], loss=loss) == "dense"
    assert backprop.choose_route(net, fits[-1] + 1, loss=loss) == "row"


def test_matched_flops_are_those_of_its_products():
    net = Network.create([784, 128, 10])
    found = backprop.predict_cost(net, 32, loss=LOSSES["mse"], form="matched")
    assert found.flops == 2 * 32 * (784 * 128 + 128 * 10) + 2 * 32 * 128 * 10


def test_too_much_even_for_the_matched_form_is_refused():
    net = Network.create([50, 40])
    with pytest.raises(TooLargeForForm, match="matched form"):
        backprop.gradient(net, np.ones((2, 50)), np.ones((2, 40)), loss="mse", budget=1000)


def test_a_jacobian_that_exceeds_the_budget_is_refused():
    net, loss = Network.create([4, 3, 2]), LOSSES["mse"]
    X, Y = np.ones((9, 4)), np.ones((9, 2))
    needed = backprop.predict_jacobians(net, 9, loss=loss).peak_bytes
    found = backprop.jacobian(net, X, Y, loss=loss, budget=needed)
    assert needed > sum(J.nbytes for a in found for J in (a.W, a.b))
    with pytest.raises(TooLargeForForm, match="budget") as caught:
        backprop.jacobian(net, X, Y, loss=loss, budget=needed - 1)
    assert caught.value.predicted_bytes == needed
    for part in ("the gradients alone by route 'row'", "the first 8 of the 9 rows"):
        assert part in str(caught.value)
