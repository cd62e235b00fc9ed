import numpy as np
import pytest

from backproof_core import LOSSES, Layer, Network, backprop, check
from backproof_core.backprop import Gradients, LayerGradient
from specimens import build


def compare(net, X, Y, loss, one, two):
    return check.compare(net, X, Y, loss=loss, first=("matched", one), second=two)


def scaled(gradients, factor):
    return Gradients(tuple(layer.map(lambda block: block * factor) for layer in gradients.layers))


def test_a_comparison_reports_differences_over_the_largest_entry():
    point = build([2, 3, 1], ["tanh", "sigmoid"], LOSSES["half_sse"], rows=4, seed=1)
    right = point.gradient()
    found = compare(point.net, point.X, point.Y, point.loss, right, ("other", scaled(right, 1 + 1e-6)))
    for c, (path, block) in zip(found, right.blocks()):
        assert (c.parameter, c.between) == (path, ("matched", "other"))
        assert c.max_rel == pytest.approx(1e-6, rel=1e-5)
        assert c.max_abs == pytest.approx(1e-6 * np.abs(block).max(), rel=1e-5)
        assert not c.agree
        assert not c.identical


@pytest.mark.parametrize("tiny", [1e-3, 1e-7])
def test_a_sign_flip_is_seen_however_small_the_gradient(tiny):
    """A checker with an absolute tolerance of 1e-5 would pass this."""
    point = build([2, 3, 1], ["tanh", "identity"], LOSSES["half_sse"], rows=4, seed=2)
    H = point.net.predict(point.X)
    Y = H - tiny * np.random.default_rng(0).normal(size=H.shape)
    right = backprop.gradient(point.net, point.X, Y, loss="half_sse")
    assert not any(c.agree for c in compare(point.net, point.X, Y, point.loss, right, ("flipped", scaled(right, -1.0))))


def test_a_gradient_that_is_rounding_noise_agrees_and_says_that_rounding_explains_it():
    """At zero weights and balanced classes the output bias has gradient 0 up to rounding."""
    net = Network.make([Layer.make(np.zeros((3, 3)), np.zeros(3), "softmax")])
    X = np.random.default_rng(0).normal(size=(9, 3))
    Y = np.tile(np.eye(3), (3, 1))
    right = backprop.gradient(net, X, Y, loss="cross_entropy")
    noise = Gradients((LayerGradient(right.layers[0].W, np.array([3e-17, -2e-17, 5e-17])),))
    bias = compare(net, X, Y, LOSSES["cross_entropy"], right, ("other", noise))[1]
    assert bias.max_rel > 1e-9
    assert bias.agree
    assert bias.rounding
    wrong = Gradients((LayerGradient(right.layers[0].W, np.array([3e-9, 0.0, 0.0])),))
    assert not compare(net, X, Y, LOSSES["cross_entropy"], right, ("other", wrong))[1].agree


def test_equal_bits_are_identical_and_zero_blocks_have_no_relative_error():
    net = Network.create([2, 2], activation="identity", seed=0)
    X = np.ones((3, 2))
    zero = backprop.gradient(net, X, net.predict(X), loss="sse")
    found = compare(net, X, net.predict(X), LOSSES["sse"], zero, ("again", zero))
    assert all(c.identical and c.agree and c.max_rel == 0 and not c.rounding for c in found)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_agrees_not_even_with_itself(value):
    point = build([2, 2], ["tanh"], LOSSES["sse"], rows=2, seed=1)
    right = point.gradient()
    wrong = Gradients(tuple(layer.map(lambda block: np.full_like(block, value)) for layer in right.layers))
    for other in (right, wrong):
        found = compare(point.net, point.X, point.Y, point.loss, other, ("other", wrong))
        assert not any(c.agree for c in found)
        assert all(np.isnan(c.max_rel) for c in found)


def test_overflow_is_an_answer_without_a_warning():
    """Warnings are errors in these tests; two layers of 1e200 overflow going forward."""
    net = Network.make([Layer.make([[1e200]], None, "identity"), Layer.make([[1e200]], None, "identity")])
    X, Y = [[1.0], [-1.0]], [[0.0], [0.0]]
    found = backprop.evaluate(net, X, Y, loss="mse")
    assert found.loss_value == np.inf
    for witness in check.WITNESSES.values():
        other = witness(net, X, Y, loss="mse")
        assert not any(c.agree for c in compare(net, X, Y, LOSSES["mse"], found.gradients, other))


def test_a_kink_between_the_two_points_of_a_difference_is_reported_and_not_compared():
    """z = 1e-8 lies nearer to the kink than the smallest step; the complex step is untouched by it."""
    net = Network.make([Layer.make([[1e-8, 0.7]], None, "relu"), Layer.make([[1.0], [2.0]], None, "identity")])
    X, Y = [[1.0]], [[5.0]]
    right = backprop.gradient(net, X, Y, loss="half_sse")
    difference = check.WITNESSES["central_difference"](net, X, Y, loss="half_sse")
    assert len(difference.notes) == 1
    assert "1 entries of layers.0.weights" in difference.notes[0]
    assert difference.unreliable.layers[0].W.tolist() == [[1, 0]]
    assert abs(difference.gradients.layers[0].W[0, 0] - right.layers[0].W[0, 0]) > 0.1
    assert all(c.agree for c in compare(net, X, Y, LOSSES["half_sse"], right, difference))
    assert check.WITNESSES["complex_step"](net, X, Y, loss="half_sse").notes == ()


def test_the_rounding_scale_is_at_least_the_gradient():
    for loss, last in (
        ("cross_entropy", "softmax"),
        ("mse", "softmax"),
        ("binary_cross_entropy", "softmax"),
        ("sse", "tanh"),
    ):
        point = build([3, 4, 2], ["softmax", last], LOSSES[loss], rows=5, seed=8)
        scale = check.rounding_scale(point.net, point.net.forward(point.X), point.Y, loss=point.loss)
        for (path, S), (_, g) in zip(scale.blocks(), point.gradient().blocks()):
            assert (np.abs(g) <= S * (1 + 1e-14)).all(), path


def test_a_difference_takes_a_smaller_step_where_a_kink_is_near():
    """z = 1e-4 lies within the first step of the kink, but not within the third."""
    net = Network.make([Layer.make([[1e-4, 0.7]], None, "relu"), Layer.make([[1.0], [2.0]], None, "identity")])
    X, Y = [[1.0]], [[5.0]]
    difference = check.WITNESSES["central_difference"](net, X, Y, loss="half_sse")
    assert difference.notes == ()
    assert difference.step == 2.0**-16
    assert (
        all(
            c.agree
            for c in compare(net, X, Y, LOSSES["half_sse"], backprop.gradient(net, X, Y, loss="sse"), difference)
        )
        is False
    )
    assert all(
        c.agree
        for c in compare(net, X, Y, LOSSES["half_sse"], backprop.gradient(net, X, Y, loss="half_sse"), difference)
    )
