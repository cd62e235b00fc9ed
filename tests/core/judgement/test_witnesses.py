"""Every witness agrees with the matched form wherever that is right, and would be seen if it were wrong itself."""

from dataclasses import replace

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, LOSSES, Layer, Network
from backproof_core.backprop import Gradients, LayerGradient, matched
from backproof_core.judgement import directions, otherform, witnesses
from backproof_core.judgement.bounds import bounds
from backproof_core.loss import admissible_pairs
from callers import networks
from specimens import SWEEP, build, numbers

BUDGET = 1 << 31
NAMES = [*witnesses.ROUTES, *witnesses.WAYS]


def gradient(net, X, Y, loss):
    with np.errstate(all="ignore"):
        return matched.backward(net.layers, net.forward(X), Y, loss).gradients


def asked(net, X, Y, loss, *, ours=None, budget=BUDGET):
    """Testimonies by name, and notes; the worst entry of each block is its largest."""
    ours = ours or gradient(net, X, Y, loss)
    run = net.forward(X)
    worst = {
        path: tuple(int(i) for i in np.unravel_index(int(np.abs(G).argmax()), G.shape)) for path, G in ours.blocks()
    }
    limit = bounds(net, run, Y, loss=loss, dtype="float64")
    found, notes = witnesses.testify(net, X, Y, run, ours, loss=loss, bounds=limit, worst=worst, budget=budget)
    return {t.name: t for t in found}, notes


def at(point):
    return point.net, point.X, point.loss.prepare_targets(point.Y)[0], point.loss


def small(seed=1, names=("tanh", "sigmoid", "softmax"), loss="cross_entropy"):
    return at(build([3, 4, 5, 3], list(names), LOSSES[loss], rows=6, seed=seed))


@pytest.mark.parametrize("part", numbers(200))
def test_all_agree_wherever_the_matched_form_is_right(part):
    """Networks of any size and scale, saturated, dead, at kinks: 5,000 when everything is asked for."""
    rng = np.random.default_rng([part, 7])
    for _ in range(25 if SWEEP else 12):
        net, X, Y, loss = networks(rng)
        ours = gradient(net, X, Y, loss)
        if not all(np.isfinite(G).all() for _, G in ours.blocks()):
            continue
        found, _ = asked(net, X, Y, loss, ours=ours)
        assert all(t.agrees for t in found.values()), (found, net.sizes, [a.activation.name for a in net.layers], loss)
        assert found["matched"].relative_error == 0
        assert {"matched", *witnesses.WAYS} <= set(found)


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_all_are_near_where_nothing_is_extreme(loss, last):
    for name in sorted(ACTIVATIONS):
        found, _ = asked(*small(names=(name, name, last), loss=loss))
        assert list(found) == ["matched", *NAMES]
        assert all(t.relative_error < 1e-12 for n, t in found.items() if n != "central_difference")
        assert found["central_difference"].relative_error < 1e-7


def planted(monkeypatch, name, block, factor):
    """One witness is off by a factor in one block, counted from the first layer's weights."""
    if name in witnesses.WAYS:
        way, tolerance = witnesses.WAYS[name]
        calls = iter(range(100))

        def wrong(start):
            found = way(start)
            return replace(found, along=found.along * (factor if next(calls) == block else 1.0))

        monkeypatch.setitem(witnesses.WAYS, name, (wrong, tolerance))
    else:
        route = witnesses.ROUTES[name]
        monkeypatch.setitem(witnesses.ROUTES, name, lambda *at, **given: scaled(route(*at, **given), block, factor))


def scaled(gradients, block, factor):
    """A gradient of which one block is off by a factor."""
    count = iter(range(100))
    return Gradients(
        tuple(
            LayerGradient(*(M * (factor if next(count) == block else 1.0) for M in (layer.W, layer.b)))
            for layer in gradients.layers
        )
    )


@pytest.mark.parametrize("block", range(6))
@pytest.mark.parametrize("name", NAMES)
def test_an_error_in_any_witness_is_seen_at_any_block(monkeypatch, name, block):
    for seed in range(3):
        assert all(t.agrees for t in asked(*small(seed))[0].values())
        with monkeypatch.context() as patch:
            planted(patch, name, block, 1 + (1e-5 if name == "central_difference" else 1e-6))
            found, _ = asked(*small(seed))
            assert [n for n, t in found.items() if not t.agrees] == [name]
    assert all(t.agrees for t in asked(*small())[0].values())


@pytest.mark.parametrize("block", range(6))
def test_all_disagree_with_a_matched_form_that_is_wrong(block):
    for seed in range(3):
        point = small(seed)
        found, _ = asked(*point, ours=scaled(gradient(*point), block, 1 + 1e-5))
        assert [n for n, t in found.items() if t.agrees] == ["matched"]
        assert all(1e-6 < t.relative_error < 1e-4 for n, t in found.items() if n != "matched")


def test_one_wrong_entry_is_seen_if_it_is_the_worst():
    """Its own direction shows it, however many others there are."""
    net, X, Y, loss = at(build([30, 20, 3], ["tanh", "softmax"], LOSSES["cross_entropy"], rows=8, seed=0))
    ours = gradient(net, X, Y, loss)
    W = ours.layers[0].W.copy()
    W.flat[np.abs(W).argmax()] *= 1 + 1e-5
    found, _ = asked(net, X, Y, loss, ours=Gradients((LayerGradient(W, ours.layers[0].b), ours.layers[1])))
    assert not any(t.agrees for n, t in found.items() if n != "matched")


def test_a_number_that_is_not_finite_never_agrees():
    point = small()
    ours = scaled(gradient(*point), 2, np.nan)
    found, _ = asked(*point, ours=ours)
    assert not any(t.agrees for n, t in found.items() if n != "matched")


@pytest.mark.parametrize("last", ["identity", "relu"])
def test_an_overflow_never_agrees(last):
    net = Network.make([Layer.make([[1e200]], None, last), Layer.make([[1e200]], [0.0], last)])
    found, _ = asked(net, np.array([[1.0], [-1.0]]), np.zeros((2, 1)), LOSSES["mse"])
    assert not any(t.agrees for n, t in found.items() if n != "matched")


def test_entries_on_a_kink_are_noted_and_their_differences_left_out():
    """The first unit is at 0 in both rows, and moves there with each of its parameters."""
    net = Network.make([Layer.make([[0.0, 0.7]], [0.0, 0.1], "relu"), Layer.make([[1.0], [2.0]], None, "identity")])
    found, notes = asked(net, np.array([[1.0], [2.0]]), np.array([[5.0], [1.0]]), LOSSES["half_sse"])
    assert all(t.agrees for t in found.values())
    assert notes[0] == "2 entries sit on a relu kink; any slope between its sides is legal there"
    assert notes[1].startswith("central_difference: ")
    assert "cross a kink" in notes[1]


def test_a_kink_that_is_near_makes_steps_smaller():
    net = Network.make([Layer.make([[1e-4, 0.7]], None, "relu"), Layer.make([[1.0], [2.0]], None, "identity")])
    found, notes = asked(net, np.array([[1.0]]), np.array([[5.0]]), LOSSES["half_sse"])
    assert notes == ()
    assert found["central_difference"].relative_error < 1e-9


def test_dead_and_zero_blocks_are_no_disagreement():
    dead = Network.make(
        [Layer.make(np.ones((3, 4)), np.full(4, -50.0), "relu"), Layer.make(np.ones((4, 2)), None, "tanh")]
    )
    zero = Network.make([Layer.make(np.zeros((3, 3)), np.zeros(3), "softmax")])
    X = np.random.default_rng(0).normal(size=(9, 3))
    for net, Y, loss in ((dead, X[:, :2], "mse"), (zero, np.tile(np.eye(3), (3, 1)), "cross_entropy")):
        found, _ = asked(net, X, Y, LOSSES[loss])
        assert all(t.agrees for t in found.values()), found


def test_a_gradient_that_is_all_but_lost_is_no_disagreement():
    """e^−640 is a number, and times the complex step it is none."""
    net = Network.make([Layer.make([[640.0, 0.0]], None, "softmax")])
    point = net, np.array([[1.0]]), np.array([[0.3, 0.7]]), LOSSES["half_sse"]
    assert 0 < np.abs(gradient(*point).layers[0].W).max() < 1e-270
    found, _ = asked(*point)
    assert all(t.agrees for t in found.values()), found


@pytest.mark.parametrize("loss", ["mse", "sse", "cross_entropy"])
def test_the_jacobians_of_a_few_rows_at_a_time_add_up(monkeypatch, loss):
    point = small(loss=loss)
    whole = asked(*point)[0]["jacobian"]
    monkeypatch.setattr(otherform, "ALIVE", 2500)
    parts = asked(*point)[0]["jacobian"]
    assert parts.agrees
    assert parts.relative_error < 1e-14
    assert whole.relative_error < 1e-14


def test_a_large_network_is_looked_at_in_fewer_rows(monkeypatch):
    monkeypatch.setattr(witnesses, "MOST_FLOPS", 100_000)
    found, notes = asked(*small())
    assert all(t.agrees for t in found.values())
    assert "of the 6 rows" in notes[0]
    found, _ = asked(*small(), ours=scaled(gradient(*small()), 0, 1 + 1e-6))
    assert [n for n, t in found.items() if not t.agrees] == list(witnesses.AT_ALL_ROWS)


def test_directions_are_followed_a_few_at_a_time_with_the_same_result(monkeypatch):
    whole = asked(*small())
    monkeypatch.setattr(witnesses, "ALIVE", 1)
    assert asked(*small()) == whole


def test_what_does_not_fit_the_budget_is_left_out_and_said():
    found, notes = asked(*small(), budget=200)
    assert list(found) == ["matched", *witnesses.WAYS]
    assert notes == ("jacobian: left out, since one row of it does not fit the budget",)


@pytest.mark.parametrize("name", sorted(directions.LOGARITHMS))
def test_the_derivatives_of_logarithms_are_right_where_they_saturate(name):
    """Against the complex step of the logarithms themselves, where these are exact."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(40, 4)) * np.array([1, 3, 10, 10])
    dZ = rng.normal(size=(1, *Z.shape))
    activation = ACTIVATIONS[name]
    for f, derivative in zip((activation.log, activation.log_complement), directions.LOGARITHMS[name]):
        if f is not None:
            expected = f(Z + 1e-100j * dZ[0]).imag / 1e-100
            assert derivative(Z, activation(Z), dZ)[0] == pytest.approx(expected, rel=1e-5, abs=1e-12)
