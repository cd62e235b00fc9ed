"""The three laws: both forms agree, each agrees with the witnesses, each agrees with the reference vectors."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given

from backproof_core import ACTIVATIONS, LOSSES, Layer, Loss, Network, backprop, check
from backproof_core.activation import Elementwise
from backproof_core.algebra.sizes import size
from backproof_core.algebra.terms import Diag, Eye, Kron, Scale, Vec
from backproof_core.backprop import LayerGradient, matched
from backproof_core.backprop.architecture import Architecture, N
from backproof_core.errors import InadmissiblePair, ShapeMismatch, UnknownName
from backproof_core.loss import admissible_pairs
from specimens import build, counted, points

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "gradients.json").read_text())
FORMS = [{"form": "matched"}, *({"form": "vectorized", "route": route} for route in backprop.ROUTES)]
INDEPENDENT = [route for route in backprop.ROUTES if route != "row"]  # of the matched form


def assert_close(found, expected, tolerance):
    for (path, one), (_, two) in zip(found.blocks(), expected.blocks(), strict=True):
        assert check.comparison.distance(one, two)[1] <= tolerance, path


def assert_agree(point, first, second):
    found = check.compare(point.net, point.X, point.Y, loss=point.loss, first=first, second=second)
    assert found
    least = unresolved(point, second)
    assert all(c.agree or c.max_abs <= least for c in found), found


def unresolved(point, witness):
    """What a difference of two values of the loss cannot tell from 0: some of their last digits, over its step."""
    step = getattr(witness, "step", None)
    if step is None:
        return 0.0
    return 8 * np.finfo(np.float64).eps * max(1.0, abs(point.evaluate(form="matched").loss_value)) / step


@pytest.mark.parametrize("options", FORMS, ids=lambda o: o.get("route", "matched"))
@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["name"])
def test_reference_vectors(case, options):
    net = Network.make([Layer.make(layer["weights"], layer["bias"], layer["activation"]) for layer in case["layers"]])
    found = backprop.evaluate(net, case["x"], case["y"], loss=case["loss"], **options)
    assert found.loss_value == pytest.approx(case["value"], rel=1e-10)
    expected = [LayerGradient(np.array(g["weights"]), g["bias"] and np.array(g["bias"])) for g in case["gradients"]]
    assert_close(found.gradients, backprop.Gradients(tuple(expected)), 1e-10)


def others(point):
    """What the matched form is compared with: the other routes, and the witnesses."""
    for route in INDEPENDENT:
        yield "vectorized", point.gradient(form="vectorized", route=route)
    for witness in check.WITNESSES.values():
        yield witness(point.net, point.X, point.Y, loss=point.loss)


@given(points())
@counted(3000)
def test_the_forms_agree_with_each_other_and_with_the_witnesses(point):
    matched_form = ("matched", point.gradient(form="matched"))
    assert_agree(point, matched_form, ("vectorized", point.gradient(form="vectorized", route="dense")))
    for witness in check.WITNESSES.values():
        assert_agree(point, matched_form, witness(point.net, point.X, point.Y, loss=point.loss))


@pytest.mark.parametrize("route", INDEPENDENT)
def test_the_routes_that_share_nothing_with_the_matched_form_agree_with_it_and_with_the_complex_step(route):
    @given(points())
    @counted(3000)
    def agree(point):
        found = ("vectorized", point.gradient(form="vectorized", route=route))
        assert_agree(point, ("matched", point.gradient(form="matched")), found)
        assert_agree(point, found, check.WITNESSES["complex_step"](point.net, point.X, point.Y, loss=point.loss))

    agree()


def saturated(point):
    """Whether 1 − H, by which the slope of a binary cross-entropy divides, has been rounded to 0."""
    return point.loss.name == "binary_cross_entropy" and (point.net.predict(point.X) == 1).any()


@given(points(dtype="float32"))
@counted(1000)
def test_the_forms_agree_in_float32_with_each_other_and_with_the_witnesses(point):
    assume(not saturated(point))
    matched_form = ("matched", point.gradient(form="matched"))
    for other in others(point):
        assert_agree(point, matched_form, other)
    for options in FORMS:
        assert all(block.dtype == np.float32 for _, block in point.gradient(**options).blocks())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_row_route_has_the_bits_of_the_matched_form(dtype):
    @given(points(dtype=dtype))
    @counted(3000)
    def same_bits(point):
        one, two = point.evaluate(form="matched"), point.evaluate(form="vectorized", route="row")
        for (path, a), (_, b) in zip(one.gradients.blocks(), two.gradients.blocks()):
            assert a.tobytes() == b.tobytes(), path
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one.deltas, two.deltas))

    same_bits()


@given(points())
@counted(1000)
def test_both_forms_give_the_same_deltas(point):
    one = point.evaluate(form="matched")
    for route in INDEPENDENT:
        two = point.evaluate(form="vectorized", route=route)
        for a, b in zip(one.deltas, two.deltas, strict=True):
            assert a.shape == b.shape
            assert np.abs(a - b).max() <= 1e-12 * max(np.abs(a).max(), 1e-3)


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_every_admissible_pair_is_judged_at_a_point_with_a_hidden_layer(loss, last):
    point = build([3, 4, 2], ["tanh", last], LOSSES[loss], rows=5, seed=11)
    numeric = backprop.numeric(point.net, point.X, point.Y, loss=point.loss)
    for options in FORMS:
        assert_close(point.gradient(**options), numeric, 1e-12)


@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
def test_every_activation_is_judged_as_a_hidden_one(hidden):
    point = build([3, 4, 2], [hidden, "sigmoid"], LOSSES["half_sse"], rows=5, seed=12)
    numeric = backprop.numeric(point.net, point.X, point.Y, loss=point.loss)
    for options in FORMS:
        assert_close(point.gradient(**options), numeric, 1e-12)


@pytest.mark.parametrize("options", FORMS, ids=lambda o: o.get("route", "matched"))
def test_activations_and_losses_of_ones_own_are_taken_as_they_are(options):
    """They are in no registry; the two activations even share their name."""
    sine = Elementwise("own", f=np.sin, df=lambda Z, A: np.cos(Z), df_bound=lambda Z, A: np.ones_like(Z))
    cube = Elementwise("own", f=lambda Z: Z**3, df=lambda Z, A: 3 * Z * Z, df_bound=lambda Z, A: 3 * Z * Z)
    quartic = Loss(
        "quartic",
        value=lambda last, Z, H, Y: ((H - Y) ** 4).sum(),
        slope=lambda H, Y: 4 * (H - Y) ** 3,
        slope_bound=lambda H, Y: 4 * (np.abs(H) + np.abs(Y)) ** 3,
        averages=False,
    )
    point = build([3, 4, 2, 2], ["tanh", "tanh", "tanh"], LOSSES["mse"], rows=5, seed=7)
    own = [Layer.make(a.W, a.b, activation) for a, activation in zip(point.net.layers, (sine, cube, sine))]
    point = replace(point, net=Network.make(own), loss=quartic)
    assert_close(point.gradient(**options), backprop.numeric(point.net, point.X, point.Y, loss=quartic), 1e-11)


@pytest.mark.parametrize("options", FORMS, ids=lambda o: o.get("route", "matched"))
def test_a_network_of_many_layers_is_not_too_deep(options):
    point = build([3] * 65, ["softmax", "tanh"] * 32, LOSSES["mse"], rows=2, seed=3)
    found = point.evaluate(**options)
    expected = point.evaluate(form="matched")
    for (path, one), (_, two) in zip(found.gradients.blocks(), expected.gradients.blocks(), strict=True):
        assert np.abs(one - two).max() <= 1e-12 * np.abs(two).max(), path


@pytest.mark.parametrize("options", FORMS, ids=lambda o: o.get("route", "matched"))
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(("loss", "last"), [("half_sse", "relu"), ("cross_entropy", "softmax"), ("mse", "softmax")])
def test_what_is_not_finite_is_computed_with(options, value, loss, last):
    point = build([3, 4, 2], ["tanh", last], LOSSES[loss], rows=3, seed=4)
    X = point.X.copy()
    X[1, 2] = value
    found = backprop.gradient(point.net, X, point.Y, loss=point.loss, **options)
    assert not all(np.isfinite(block).all() for _, block in found.blocks())
    backprop.jacobian(point.net, X, point.Y, loss=point.loss)


@given(points(max_depth=3, max_width=3, max_rows=3))
@counted(400)
def test_a_row_of_the_jacobian_is_the_gradient_of_one_entry_of_the_error(point):
    """Summed they are the gradient; with sum losses and one row of data, each is a loss of its own."""
    found = backprop.jacobian(point.net, point.X, point.Y, loss=point.loss)
    for J, layer, g in zip(found, point.net.layers, point.gradient(form="matched").layers):
        scale = np.abs(J.W).sum(axis=0).max() + 1e-300
        summed = J.W.sum(axis=0).reshape(layer.W.shape, order="F")
        assert J.W.shape == (point.Y.size, layer.W.size)
        assert np.abs(summed - g.W).max() <= 1e-13 * scale + 1e-15
        if J.b is not None:
            assert J.b.shape == (point.Y.size, layer.d_out)


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
@pytest.mark.parametrize("hidden", ["tanh", "softmax"])
def test_jacobian_rows_are_per_example_per_output_gradients(loss, last, hidden):
    """Row k·N+n is what the matched form gives where the error has the entry (n, k) alone."""
    point = build([2, 3, 4], [hidden, last], LOSSES[loss], rows=5, seed=5)
    found, run = backprop.jacobian(point.net, point.X, point.Y, loss=point.loss), point.net.forward(point.X)
    rows = len(point.X)
    for n, k in np.ndindex(point.Y.shape):
        alone = matched.backward(point.net.layers, run, point.Y, only(point.loss, n, k)).gradients
        for J, g in zip(found, alone.layers, strict=True):
            W, tiny = J.W[k * rows + n].reshape(g.W.shape, order="F"), 1e-13 * np.abs(J.W).max()
            np.testing.assert_allclose(W, g.W, rtol=1e-10, atol=tiny)
            np.testing.assert_allclose(J.b[k * rows + n], g.b, rtol=1e-10, atol=tiny)


def only(loss, n, k):
    """The loss of the entry (n, k) of its error, which no last activation is folded with."""

    def slope(H, Y):
        G = np.zeros_like(H)
        G[n, k] = loss.slope(H, Y)[n, k]
        return G

    return replace(loss, slope=slope, folded_with=None)


def test_the_stable_seed_of_the_softmax_survives_a_sure_answer():
    net = Network.make([Layer.make(np.eye(3), None, "softmax")])
    X, Y = [[800.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]
    for options in FORMS:
        found = backprop.evaluate(net, X, Y, loss="cross_entropy", **options)
        assert found.loss_value == 800
        assert found.deltas[0].tolist() == [[1, -1, 0]]


@pytest.mark.parametrize("plant", ["sign", "transpose", "factor", "no derivative"])
def test_a_planted_mistake_is_seen_by_every_law(plant, monkeypatch):
    """What agrees must be able to disagree: the matched form is broken, and vectorised and witnesses must object."""
    mistakes = {
        "sign": lambda layer, A, d: LayerGradient(-(A.T @ d), None),
        "transpose": lambda layer, A, d: LayerGradient((A.T @ d).T.copy(), None),
        "factor": lambda layer, A, d: LayerGradient(2 * (A.T @ d), None),
        "no derivative": lambda layer, A, d: LayerGradient(A.T @ np.ones_like(d), None),
    }
    point = build([3, 3, 3], ["tanh", "sigmoid"], LOSSES["half_sse"], rows=5, seed=3, bias=False)
    monkeypatch.setattr(matched, "parameter_gradient", mistakes[plant])
    wrong = ("matched", point.gradient(form="matched"))
    for other in others(point):
        found = check.compare(point.net, point.X, point.Y, loss=point.loss, first=wrong, second=other)
        assert not any(c.agree for c in found)


@pytest.mark.parametrize("route", backprop.ROUTES)
@pytest.mark.parametrize("plant", ["affine_jacobian", "activation_jacobian", "weights_jacobian"])
def test_a_planted_mistake_in_a_term_is_seen_in_every_route(route, plant, monkeypatch):
    """The vectorised form is broken where its terms are built; matched form and witnesses must object."""
    mistakes = {
        "affine_jacobian": lambda of, l: Kron(of.W(l), Eye(N)),  # a forgotten transpose
        "activation_jacobian": lambda of, l: Diag(Vec(of.outputs(l))),  # σ instead of σ′
        "weights_jacobian": lambda of, l: Kron(Eye(of.width(l)), Scale(size(2), of.A(l - 1))),  # a factor of 2
    }
    point = build([3, 3, 3], ["tanh", "sigmoid"], LOSSES["half_sse"], rows=5, seed=3)
    own = [Layer.make(a.W, a.b, replace(a.activation, name=f"{plant} {route}")) for a in point.net.layers]
    point = replace(point, net=Network.make(own))  # an architecture that no other test has compiled
    right = [("matched", point.gradient(form="matched"))]
    right += [witness(point.net, point.X, point.Y, loss=point.loss) for witness in check.WITNESSES.values()]
    with monkeypatch.context() as broken:
        if plant == "affine_jacobian":
            # W₁ and W₂ are square here, but their sizes have different names
            broken.setattr(Architecture, "width", lambda of, l: size("d"))
        broken.setattr(Architecture, plant, mistakes[plant])
        wrong = ("vectorized", point.gradient(form="vectorized", route=route))
    for other in right:
        found = check.compare(point.net, point.X, point.Y, loss=point.loss, first=wrong, second=other)
        assert not all(c.agree for c in found)


def test_bad_requests_are_refused_in_words():
    net, X, Y = Network.create([2, 1], activation="tanh"), [[0.0, 1.0]], [[1.0]]
    with pytest.raises(InadmissiblePair, match="tanh"):
        backprop.gradient(net, X, Y, loss="cross_entropy")
    with pytest.raises(UnknownName, match="did you mean 'vectorized'"):
        backprop.gradient(net, X, Y, loss="sse", form="vectorised")
    with pytest.raises(UnknownName, match="auto, dense, row, jacobian"):
        backprop.gradient(net, X, Y, loss="sse", form="vectorized", route="fast")
    with pytest.raises(UnknownName, match="complex_step"):
        backprop.numeric(net, X, Y, loss="sse", witness="guess")
    with pytest.raises(ShapeMismatch, match="2 rows and x has 1"):
        backprop.gradient(net, X, [[1.0], [2.0]], loss="sse")
