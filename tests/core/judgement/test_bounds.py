"""Right numbers are within the bounds, however they were summed; and the bounds are no wider than is of use."""

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, LOSSES, Layer, Network
from backproof_core.activation import Elementwise
from backproof_core.backprop import gradient, matched
from backproof_core.backprop.cost import predict_cost
from backproof_core.judgement.bounds import at_kinks, bounds, off_kinks
from backproof_core.judgement.roundings import RULES, rule
from backproof_core.loss import admissible_pairs
from callers import compute, networks
from specimens import SWEEP, build, numbers


def ours(net, X, Y, loss):
    run = net.forward(X)
    with np.errstate(all="ignore"):
        return run, matched.backward(net.layers, run, Y, loss), float(loss.value(net.last, run.Z[-1], run.H, Y))


def pairs(net, X, Y, loss, dtype, rng):
    """(name, yours, ours, bound) of every block."""
    run, right, value = ours(net, X, Y, loss)
    limit = bounds(net, run, Y, loss=loss, dtype=dtype)
    mine = compute(net, X, Y, loss, dtype, rng)
    if mine is None:
        return
    yield "loss_value", np.array([mine.loss_value]), np.array([value]), np.array([limit.loss_value])
    for l in range(len(net.layers)):
        yield f"Z{l}", mine.Z[l], run.Z[l], limit.Z[l]
        yield f"A{l}", mine.A[l], run.A[l + 1], limit.A[l]
        yield f"deltas{l}", mine.deltas[l], right.deltas[l], limit.deltas[l]
        W, b = mine.gradients[l]
        yield f"weights{l}", W, right.gradients.layers[l].W, limit.gradients.layers[l].W
        if b is not None:
            yield f"bias{l}", b, right.gradients.layers[l].b, limit.gradients.layers[l].b


def ratio(yours, ours, bound):
    """The largest error over the largest bound; 0 where the caller's way overflowed, or ours did."""
    if not (np.isfinite(yours).all() and np.isfinite(ours).all()) or np.isinf(bound).any():
        return 0.0
    error = float(np.abs(yours.astype(np.float64) - ours).max())
    return 0.0 if error == 0 else error / float(bound.max()) if bound.max() > 0 else np.inf


@pytest.mark.parametrize("part", numbers(200))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_right_numbers_are_within_the_bounds(dtype, part):
    """A right computation by any of the ways of callers.py: 100,000 networks when everything is asked for."""
    rng, largest = np.random.default_rng([part, dtype == "float32"]), 0.0
    for _ in range(250 if SWEEP else 50):
        net, X, Y, loss = networks(rng)
        for name, yours, right, bound in pairs(net, X, Y, loss, dtype, rng):
            error = ratio(yours, right, bound)
            assert error <= 1, (name, net.sizes, [a.activation.name for a in net.layers], loss.name)
            largest = max(largest, error)
    print(f"{dtype}: the largest error is {largest:.3f} of its bound")


@pytest.mark.parametrize("part", numbers(40))
def test_the_vectorised_form_is_within_the_bounds(part):
    """Jacobians sum over outputs last, as no caller does who carries deltas."""
    rng = np.random.default_rng([part, 2])
    for _ in range(25):
        net, X, Y, loss = networks(rng)
        if predict_cost(net, len(X), loss=loss, form="vectorized", route="jacobian").flops > 1e6:
            continue
        run, right, _ = ours(net, X, Y, loss)
        limit = bounds(net, run, Y, loss=loss, dtype="float32")
        with np.errstate(all="ignore"):
            found = gradient(net.astype("float32"), X, Y, loss=loss, form="vectorized", route="jacobian")
        for (path, yours), (_, mine), (_, bound) in zip(
            *(g.blocks() for g in (found, right.gradients, limit.gradients))
        ):
            assert ratio(yours, mine, bound) <= 1, (path, net.sizes, loss.name)


def blocks(net, X, Y, loss, dtype, limits=bounds):
    """(largest entry, largest bound) of the blocks of the gradient."""
    run, right, _ = ours(net, X, Y, loss)
    limit = limits(net, run, Y, loss=loss, dtype=dtype)
    return [
        (float(np.abs(g).max()), float(b.max()))
        for (_, g), (_, b) in zip(right.gradients.blocks(), limit.gradients.blocks())
    ]


@pytest.mark.parametrize(("dtype", "least"), [("float32", 3e-4), ("float64", 1e-11)])
def test_the_bounds_of_moderate_networks_are_small(dtype, least):
    rng, shares = np.random.default_rng(7), []
    for seed in range(150):
        loss, last = admissible_pairs()[seed % len(admissible_pairs())]
        sizes = rng.integers(2, 65, size=rng.integers(2, 5)).tolist()
        names = [*map(str, rng.choice(sorted(ACTIVATIONS), size=len(sizes) - 2)), last]
        layers = [
            Layer.make(rng.normal(size=(m, n)) / np.sqrt(m), rng.normal(size=n) * 0.3, name)
            for m, n, name in zip(sizes, sizes[1:], names)
        ]
        X = rng.normal(size=(int(rng.integers(1, 65)), sizes[0]))
        Y = rng.dirichlet(np.ones(sizes[-1]), size=len(X))
        shares += [b <= least * g for g, b in blocks(Network.make(layers), X, Y, LOSSES[loss], dtype)]
    print(f"{dtype}: {np.mean(shares):.2%} of {len(shares)} blocks have a bound below {least} of their largest entry")
    assert np.mean(shares) > 0.97


def test_numbers_of_single_precision_are_outside_the_bounds_of_double():
    point = build([4, 5, 3], ["tanh", "sigmoid"], LOSSES["mse"], rows=6, seed=3)
    rng = np.random.default_rng(0)
    net, X, Y, loss = point.net, point.X, point.Y, point.loss
    run, right, _ = ours(net, X, Y, loss)
    limit = bounds(net, run, Y, loss=loss, dtype="float64")
    mine = compute(net, X, Y, loss, "float32", rng)
    for (W, _), g, b in zip(mine.gradients, right.gradients.layers, limit.gradients.layers):
        assert ratio(W, g.W, b.W) > 1


def relu_at(z):
    """Two rows of a relu unit at pre-activations 1 and z, for inputs of 1."""
    net = Network.make([Layer.make(np.ones((3, 1)), [0.0], "relu"), Layer.make([[1.0]], None, "identity")])
    return net, np.array([[1.0, 0.0, 0.0], [1.0, z, -1.0]]), np.array([[0.0], [5.0]]), LOSSES["half_sse"]


def test_a_slope_may_flip_where_rounding_reaches_the_kink():
    """1 + 2⁻³⁰ − 1 is 0 in single precision; off the kink the bound is as small as ever."""
    for dtype, flips in (("float32", True), ("float64", False)):
        (weights, bound), *_ = blocks(*relu_at(2.0**-30), dtype)
        assert (bound > 0.1 * weights) == flips
        assert blocks(*relu_at(2.0**-30), dtype, off_kinks)[0][1] < 1e-5 * weights


def test_at_a_kink_itself_every_slope_is_right_where_it_is_asked_for():
    net = Network.make([Layer.make([[1.0]], None, "relu"), Layer.make([[1.0]], [1.0], "identity")])
    net = Network.make([Layer.make([[1.0]], [0.0], "relu"), *net.layers[1:]])
    at = net, np.array([[0.0], [1.0]]), np.array([[3.0], [5.0]]), LOSSES["half_sse"]
    (_, W), (_, b), *_ = blocks(*at, "float64")
    assert max(W, b) < 1e-13
    (_, W), (_, b), *_ = blocks(*at, "float64", at_kinks)
    assert W < 1e-13  # the input of the row at the kink is 0
    assert b == pytest.approx(2)


def test_what_overflows_in_single_precision_has_no_bound():
    net = Network.make([Layer.make([[1e30]], None, "identity"), Layer.make([[1e10]], None, "identity")])
    at = net, np.array([[1.0]]), np.array([[0.0]]), LOSSES["half_sse"]
    assert np.isinf(blocks(*at, "float32")[0][1])
    assert np.isfinite(blocks(*at, "float64")[0][1])


def test_weights_that_are_no_numbers_of_single_precision_move_everything_by_what_they_are_rounded():
    """All rows alike, the rounding of a weight counts as often as there are rows."""
    W = np.full((1, 1), 1 + 2.0**-25)
    net, X = Network.make([Layer.make(W, None, "identity")]), np.full((256, 1), 1.0)
    run, right, _ = ours(net, X, np.zeros((256, 1)), LOSSES["half_sse"])
    rounded = Network.make([Layer.make(np.ones((1, 1)), None, "identity")])
    moved = ours(rounded, X, np.zeros((256, 1)), LOSSES["half_sse"])[1]
    limit = bounds(net, run, np.zeros((256, 1)), loss=LOSSES["half_sse"], dtype="float32")
    apart = np.abs(moved.gradients.layers[0].W - right.gradients.layers[0].W)
    assert apart > 0
    assert apart <= limit.gradients.layers[0].W


@pytest.mark.parametrize("name", [name for name, a in ACTIVATIONS.items() if isinstance(a, Elementwise)])
def test_the_rules_bound_slopes_and_bends(name):
    """Within t of z the slope is at most steepest, and changes by at most bend times the distance, probed too."""
    activation = ACTIVATIONS[name]
    probed = rule(Elementwise("unlisted", activation.f, activation.df, activation.df_bound, activation.kinked))
    rng = np.random.default_rng(0)
    Z = np.concatenate([rng.normal(size=500) * 3, rng.normal(size=500) * 30])[:, None]
    t = np.abs(rng.normal(size=Z.shape)) * 10.0 ** rng.uniform(-6, -1, size=Z.shape)
    at = Z + t * rng.uniform(-1, 1, size=Z.shape)
    S, moved = (activation.df(z, activation(z)) for z in (Z, at))
    same = (Z > 0) == (at > 0) if activation.kinked else np.ones(Z.shape, bool)
    for its in (RULES[name], probed):
        assert np.all(np.abs(moved) <= its.steepest(Z, activation(Z), t) + 1e-15)
        bent = its.bend(Z, activation(Z), t) * np.abs(at - Z) + 1e-15
        assert np.all((np.abs(moved - S) <= bent) | ~same)
        assert not activation.kinked or its.jump > 0


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
def test_rows_that_differ_by_less_than_the_noise_of_an_activation_count_as_alike(name):
    """Their errors are the same, and add up with the rows: 1,000 of them would else be too many."""
    rng = np.random.default_rng(0)
    net = Network.make([Layer.make(rng.normal(size=(2, 3)) * 1e-9, rng.normal(size=3) * 1e-8, name)])
    X, Y = rng.normal(size=(4000, 2)), np.zeros((4000, 3))
    for _ in range(20):
        for block, yours, right, bound in pairs(net, X, Y, LOSSES["mse"], "float32", rng):
            assert ratio(yours, right, bound) < 0.2, block
