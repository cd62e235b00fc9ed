"""The three laws: both forms agree, each agrees with the witnesses, each agrees with the reference vectors."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from backproof_core import ACTIVATIONS, LOSSES, Layer, Network, backprop, check
from backproof_core.backprop import LayerGradient, matched
from backproof_core.errors import InadmissiblePair, ShapeMismatch, UnknownName
from backproof_core.loss import admissible_pairs
from specimens import build, counted, points

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "gradients.json").read_text())
FORMS = [{"form": "matched"}, {"form": "vectorized", "route": "dense"}, {"form": "vectorized", "route": "row"}]


def assert_close(found, expected, tolerance):
    for (path, one), (_, two) in zip(found.blocks(), expected.blocks(), strict=True):
        assert check.comparison.distance(one, two)[1] <= tolerance, path


def assert_agree(point, first, second):
    found = check.compare(point.net, point.X, point.Y, loss=point.loss, first=first, second=second)
    assert found
    assert all(c.agree for c in found), found


@pytest.mark.parametrize("options", FORMS, ids=lambda o: o.get("route", "matched"))
@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda c: c["name"])
def test_reference_vectors(case, options):
    net = Network.make([Layer.make(layer["weights"], layer["bias"], layer["activation"]) for layer in case["layers"]])
    found = backprop.evaluate(net, case["x"], case["y"], loss=case["loss"], **options)
    assert found.loss_value == pytest.approx(case["value"], rel=1e-10)
    expected = [LayerGradient(np.array(g["weights"]), g["bias"] and np.array(g["bias"])) for g in case["gradients"]]
    assert_close(found.gradients, backprop.Gradients(tuple(expected)), 1e-10)


@given(points())
@counted(3000)
def test_the_forms_agree_with_each_other_and_with_the_witnesses(point):
    matched_form = ("matched", point.gradient(form="matched"))
    assert_agree(point, matched_form, ("vectorized", point.gradient(form="vectorized", route="dense")))
    for witness in check.WITNESSES.values():
        assert_agree(point, matched_form, witness(point.net, point.X, point.Y, loss=point.loss))


@given(points(dtype="float32"))
@counted(1000)
def test_the_forms_agree_in_float32_with_each_other_and_with_the_witnesses(point):
    one, two = point.gradient(form="matched"), point.gradient(form="vectorized", route="dense")
    assert all(block.dtype == np.float32 for _, block in one.blocks() + two.blocks())
    assert_agree(point, ("matched", one), ("vectorized", two))
    for witness in check.WITNESSES.values():
        assert_agree(point, ("matched", one), witness(point.net, point.X, point.Y, loss=point.loss))


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
    one, two = point.evaluate(form="matched"), point.evaluate(form="vectorized", route="dense")
    for a, b in zip(one.deltas, two.deltas):
        assert np.abs(a - b).max() <= 1e-12 * max(np.abs(a).max(), 1e-3)


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_every_admissible_pair_is_judged_at_a_point_with_a_hidden_layer(loss, last):
    point = build([3, 4, 2], ["tanh", last], LOSSES[loss], rows=5, seed=11)
    numeric = backprop.numeric(point.net, point.X, point.Y, loss=point.loss)
    assert_close(point.gradient(form="matched"), numeric, 1e-12)
    assert_close(point.gradient(form="vectorized", route="dense"), numeric, 1e-12)


@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
def test_every_activation_is_judged_as_a_hidden_one(hidden):
    point = build([3, 4, 2], [hidden, "sigmoid"], LOSSES["half_sse"], rows=5, seed=12)
    numeric = backprop.numeric(point.net, point.X, point.Y, loss=point.loss)
    assert_close(point.gradient(form="matched"), numeric, 1e-12)
    assert_close(point.gradient(form="vectorized", route="dense"), numeric, 1e-12)


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


def test_jacobian_rows_are_per_example_per_output_gradients():
    point = build([2, 3, 2], ["tanh", "sigmoid"], LOSSES["half_sse"], rows=3, seed=5)
    J = backprop.jacobian(point.net, point.X, point.Y, loss=point.loss)[0].W
    H = point.net.predict(point.X)
    for row in range(3):
        for output in range(2):
            Y = H[row : row + 1].copy()
            Y[0, output] = point.Y[row, output]  # only this entry has an error
            alone = backprop.gradient(point.net, point.X[row : row + 1], Y, loss="half_sse").layers[0].W
            np.testing.assert_allclose(J[output * 3 + row].reshape(2, 3, order="F"), alone, rtol=1e-12)


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
    others = [("vectorized", point.gradient(form="vectorized", route="dense"))]
    others += [witness(point.net, point.X, point.Y, loss=point.loss) for witness in check.WITNESSES.values()]
    for other in others:
        found = check.compare(point.net, point.X, point.Y, loss=point.loss, first=wrong, second=other)
        assert not any(c.agree for c in found)


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
