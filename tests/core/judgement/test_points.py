"""Points that are drawn to show mistakes have nothing that could hide one."""

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, LOSSES
from backproof_core.judgement import points
from backproof_core.loss import admissible_pairs
from specimens import numbers

SHAPES = [(3, 4), (4, 3, 5), (5, 2, 4, 3), (2, 3, 4, 5, 2), (8, 6, 7)]


def cases(seed):
    """(sizes, activations, loss): every pair at depth 1 … 4, with one hidden activation after the other."""
    hidden = sorted(ACTIVATIONS)
    for k, (loss, last) in enumerate(admissible_pairs()):
        for j, sizes in enumerate(SHAPES):
            yield sizes, [hidden[(k + j + seed) % len(hidden)]] * (len(sizes) - 2) + [last], LOSSES[loss]


def drawn(sizes, names, loss, seed, bias=True):
    rows = points.rows_for(sizes)
    return points.draw(sizes, names, loss=loss, bias=[bias] * len(names), rows=rows, seed=seed)


def assert_telling(net, X, Y, loss):
    run = net.forward(X)
    for layer, Z, A in zip(net.layers, run.Z, run.A[1:]):
        kinked, name = layer.activation.kinked, layer.activation.name
        assert np.abs(Z).max() < points.SATURATED
        assert np.all(np.abs(Z).max(axis=0) >= points.BENT)
        if kinked:
            assert np.abs(Z).min() >= points.MARGIN
            assert np.all((Z > 0).any(axis=0) & (Z < 0).any(axis=0))
        if name == "softmax":
            assert A.max() < 0.95
            assert A.min() > 1e-3
        assert A.any(axis=1).all()
    assert np.abs(run.H - Y).max(axis=1).min() >= 0.05
    prepared, notes = loss.prepare_targets(Y)
    assert np.array_equal(prepared, Y)
    assert not notes


def assert_exact(M, digits):
    assert np.array_equal(M, M.astype(np.float32))
    assert np.array_equal(M, np.rint(M * 2**digits) / 2**digits)
    assert np.all(M != 0)
    for column in np.abs(np.atleast_2d(M.T)):
        assert len(set(column.tolist())) == len(column)


@pytest.mark.parametrize("seed", numbers(60))
def test_a_point_can_show_mistakes(seed):
    for sizes, names, loss in cases(seed):
        net, X, Y = drawn(sizes, names, loss, seed)
        assert net.sizes == sizes
        assert [layer.activation.name for layer in net.layers] == names
        assert_telling(net, X, Y, loss)
        assert_exact(X, 5)
        for layer in net.layers:
            assert_exact(layer.W, 7)
            assert_exact(layer.b, 6)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_a_point_without_biases_can_show_mistakes(name):
    for seed in range(10):
        net, X, Y = drawn((4, 5, 6, 3), [name, name, "identity"], LOSSES["mse"], seed, bias=False)
        assert all(layer.b is None for layer in net.layers)
        assert_telling(net, X, Y, LOSSES["mse"])


def test_biases_are_where_they_are_asked_for():
    net, _, _ = points.draw([3, 4, 2], ["tanh", "identity"], loss=LOSSES["sse"], bias=[False, True], rows=5, seed=0)
    assert [layer.b is not None for layer in net.layers] == [False, True]


def test_the_same_seed_gives_the_same_point_and_another_one_another():
    def numbers_of(seed):
        net, X, Y = drawn((3, 4, 2), ["relu", "softmax"], LOSSES["cross_entropy"], seed)
        return np.concatenate([X.ravel(), Y.ravel(), *[M.ravel() for _, M in net.blocks()]])

    assert numbers_of(1).tobytes() == numbers_of(1).tobytes()
    assert not np.array_equal(numbers_of(1), numbers_of(2))


def test_what_has_no_telling_point_still_gets_one():
    """A single relu on another one without biases is at its kink wherever that one is dead; one row has one side."""
    net, X, _ = points.draw(
        [1, 1, 1, 1], ["relu", "relu", "identity"], loss=LOSSES["sse"], bias=[False] * 3, rows=5, seed=0
    )
    assert np.isfinite(net.predict(X)).all()
    net, X, _ = points.draw([3, 4, 2], ["relu", "identity"], loss=LOSSES["sse"], bias=[True] * 2, rows=1, seed=0)
    assert X.shape == (1, 3)
    assert np.abs(net.forward(X).Z[0]).min() >= points.MARGIN


@pytest.mark.parametrize("classes", [1, 2, 3, 5, 8, 13])
def test_distributions_are_exact_and_give_each_class_a_share(classes):
    for seed in range(20):
        Y = points._distributions(np.random.default_rng(seed), 5, classes)
        assert np.array_equal(Y.sum(axis=1), np.ones(5))
        assert (Y > 0).any(axis=0).all()
        assert np.unique(Y.argmax(axis=1)).size == min(5, classes)
        assert np.all(Y.max(axis=1) >= 0.5)
        assert classes == 1 or (Y.max(axis=1) < 1).any()


def test_binary_targets_are_mixed():
    _, _, Y = drawn((3, 4, 5), ["tanh", "sigmoid"], LOSSES["binary_cross_entropy"], 0)
    assert set(Y.ravel().tolist()) == {0.0, 0.25, 0.75, 1.0}


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ((2, 3, 1), (2, 3, 1)),
        ((8, 8), (8, 8)),
        ((784, 128, 10), (5, 4, 3)),
        ((64, 32, 64, 10), (5, 4, 5, 3)),
        ((100, 1), (3, 1)),
        ((100, 2), (4, 3)),
        ((9, 20, 30, 40, 50, 60, 70), (2, 3, 4, 5, 6, 7, 8)),
        ((9, 20, 30, 40, 50, 60, 70, 80), (2, 3, 4, 5, 6, 7, 8, 8)),
    ],
)
def test_small_sizes_keep_what_is_equal_and_the_order(sizes, kept):
    assert points.small(sizes) == kept


def test_the_rows_are_no_width_and_no_constant_meets_another():
    rng = np.random.default_rng(0)
    for _ in range(3000):
        sizes = rng.integers(1, 9, size=rng.integers(2, 6)).tolist()
        N, d = points.rows_for(sizes), sizes[-1]
        assert N not in sizes
        assert N >= 3
        assert N <= 7 or {3, 4, 5, 6, 7} <= set(sizes)
        constants = [2, 0.5, N, 1 / N] + ([d, 1 / d, N * d, 1 / (N * d)] if d > 2 else [])
        assert len(set(constants)) == len(constants)


def test_the_rows_avoid_products_of_constants_where_they_can():
    assert points.rows_for([4, 3]) == 5
    assert points.rows_for([3, 5, 2]) == 7
    assert points.rows_for([7, 5, 3]) not in (3, 5, 7)
    assert points.rows_for([3, 4, 5, 6, 7]) > 7
