import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from backproof_core import LOSSES, Layer, Network, backprop, train
from backproof_core.backprop import vectorized
from backproof_core.errors import InvalidValue, NonFiniteLoss, TooLargeForForm, UnknownName
from backproof_core.init import Uniform
from backproof_core.network import run_forward
from backproof_core.train import Adam, Cosine, Momentum, Plan, Run, Sgd, Step, curve
from backproof_core.train.fused import Matched
from backproof_core.train.parameters import Parameters
from specimens import build, counted, points

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "gradients.json").read_text())
XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]
HALF_SSE = LOSSES["half_sse"]


def plan(**options):
    return Plan(**{"loss": HALF_SSE, "optimizer": Sgd(learning_rate=0.5), "epochs": 6} | options)


def data(rows=10, seed=0):
    point = build([3, 4, 2], ["tanh", "sigmoid"], HALF_SSE, rows=rows, seed=seed)
    return point.net, point.X, point.Y


def done(net, X, Y, chosen, **options):
    run = Run(net, X, Y, chosen, **options)
    run.advance()
    return run


@pytest.mark.parametrize("form", ["matched", "vectorized", "both"])
@pytest.mark.parametrize("case", VECTORS["training"], ids=lambda c: c["name"])
def test_reference_training_runs(case, form):
    net = Network.make([Layer.make(W, None, case["activation"]) for W in case["initial"]])
    found = train.fit(
        net, case["x"], case["y"], loss=case["loss"], rate=case["learning_rate"], epochs=case["epochs"], form=form
    )
    for network in filter(None, (found.network, found.twin)):
        for layer, W in zip(network.layers, case["final"], strict=True):
            assert np.abs(layer.W - W).max() <= 1e-8 * np.abs(W).max()
    assert found.final_loss == pytest.approx(case["final_loss"], rel=1e-8)
    assert (found.twin_distance is None) == (form != "both")


@given(points())
@counted(1000)
def test_the_buffered_step_has_the_bits_of_the_matched_form(point):
    parameters = Parameters.of(point.net)
    into = parameters.like()
    fused = Matched(parameters.layers, into.layers, point.loss, len(point.X))
    evaluation = point.evaluate(form="matched")
    Y, _ = point.loss.prepare_targets(point.Y)
    for rows in (len(point.X), len(point.X)):  # a second time on used buffers
        value, _ = fused(point.X[:rows], Y[:rows])
    assert value == evaluation.loss_value
    for layer, gradient in zip(into.layers, evaluation.gradients.layers):
        assert layer.W.tobytes() == gradient.W.tobytes()
        assert layer.b is None or layer.b.tobytes() == gradient.b.tobytes()


def test_the_buffered_step_takes_a_short_batch():
    net, X, Y = data()
    parameters = Parameters.of(net)
    into = parameters.like()
    fused = Matched(parameters.layers, into.layers, HALF_SSE, 10)
    fused(X, Y)
    fused(X[:3], Y[:3])
    expected = backprop.gradient(net, X[:3], Y[:3], loss="half_sse")
    assert into.layers[0].W.tobytes() == expected.layers[0].W.tobytes()


def test_a_step_is_the_weights_less_the_rate_times_the_gradient():
    net, X, Y = data()
    g = backprop.gradient(net, X, Y, loss="half_sse")
    stepped = train.step(net, X, Y, loss="half_sse", rate=0.25)
    for old, new, d in zip(net.layers, stepped.layers, g.layers):
        assert (new.W == old.W - 0.25 * d.W).all()
        assert (new.b == old.b - 0.25 * d.b).all()


def test_weight_decay_pulls_weights_and_leaves_biases():
    net, X, Y = data()
    g = backprop.gradient(net, X, Y, loss="half_sse").layers[0]
    found = done(net, X, Y, plan(epochs=1, optimizer=Sgd(learning_rate=0.5, weight_decay=0.1))).network().layers[0]
    np.testing.assert_allclose(found.W, net.layers[0].W - 0.5 * (g.W + 0.1 * net.layers[0].W), rtol=1e-14)
    np.testing.assert_allclose(found.b, net.layers[0].b - 0.5 * g.b, rtol=1e-14)


def test_mini_batches_follow_the_seeded_permutation_and_keep_the_short_one():
    """Written a second time, with the public pieces: permutation, slices, gradient, momentum."""
    net, X, Y = data(rows=10)
    run = done(net, X, Y, plan(epochs=3, batch_size=4, seed=5, optimizer=Momentum(learning_rate=0.1)))
    rng, now, v = np.random.Generator(np.random.PCG64(5)), net, None
    losses = []
    for _ in range(3):
        order, total = rng.permutation(10), 0.0
        for start in (0, 4, 8):
            rows = order[start : start + 4]
            found = backprop.evaluate(now, X[rows], Y[rows], loss="half_sse")
            total += found.loss_value
            g = [block for _, block in found.gradients.blocks()]
            v = g if v is None else [0.9 * a + b for a, b in zip(v, g)]
            moved = [block - 0.1 * a for (_, block), a in zip(now.blocks(), v)]
            now = Network.make([Layer.make(moved[2 * l], moved[2 * l + 1], now.layers[l].activation) for l in (0, 1)])
        losses.append(total)
    for (_, a), (_, b) in zip(run.network().blocks(), now.blocks()):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    assert [row.loss for row in run.rows] == pytest.approx(losses, rel=1e-13)
    assert (run.step, run.steps, run.epoch) == (9, 9, 3)


def test_a_mean_loss_weighs_batches_by_their_rows_and_accuracy_is_the_share_of_hits():
    point = build([3, 4], ["softmax"], LOSSES["cross_entropy"], rows=5, seed=1)
    tiny = Sgd(learning_rate=1e-300)  # the weights stand still
    run = done(point.net, point.X, point.Y, plan(loss=point.loss, epochs=1, batch_size=2, optimizer=tiny))
    whole = point.evaluate(form="matched")
    assert run.rows[0].loss == pytest.approx(whole.loss_value, rel=1e-13)
    assert run.rows[0].accuracy == (whole.run.H.argmax(axis=1) == point.Y.argmax(axis=1)).mean()
    assert run.final_loss() == pytest.approx(whole.loss_value, rel=1e-13)


def test_the_curve_counts_what_is_finished_and_sees_the_loss_before_each_update():
    net, X, Y = data()
    run = done(net, X, Y, plan(epochs=3, optimizer=Sgd(learning_rate=0.5, schedule=Step(every=1, factor=0.5))))
    assert (
        *("epoch", "step", "loss", "validation_loss", "accuracy", "validation_accuracy", "learning_rate"),
    ) == train.COLUMNS
    assert [(r.epoch, r.step, r.learning_rate) for r in run.rows] == [(1, 1, 0.5), (2, 2, 0.25), (3, 3, 0.125)]
    assert run.rows[0].loss == backprop.evaluate(net, X, Y, loss="half_sse").loss_value
    assert run.final_loss() < run.rows[-1].loss < run.rows[0].loss
    assert run.last == run.rows[-1]
    cosine = done(net, X, Y, plan(epochs=4, optimizer=Sgd(learning_rate=1.0, schedule=Cosine())))
    assert [r.learning_rate for r in cosine.rows] == pytest.approx([(1 + np.cos(np.pi * e / 4)) / 2 for e in range(4)])


def test_validation_is_measured_after_the_epoch_on_rows_that_are_not_trained_on():
    net, X, Y = data(rows=10)
    run = Run(net, X, Y, plan(epochs=2, validation_share=0.3, seed=3))
    order = np.random.Generator(np.random.PCG64(3)).permutation(10)
    held, kept = np.sort(order[:3]), np.sort(order[3:])
    run.advance()
    once = train.step(net, X[kept], Y[kept], loss="half_sse", rate=0.5)
    expected = backprop.evaluate(once, X[held], Y[held], loss="half_sse").loss_value
    assert run.rows[0].validation_loss == pytest.approx(expected, rel=1e-14)
    sent = done(net, X[kept], Y[kept], plan(epochs=2), validation=(X[held], Y[held]))
    assert sent.network().layers[0].W.tobytes() == run.network().layers[0].W.tobytes()
    assert sent.rows == run.rows


def test_best_is_the_first_lowest_and_early_stopping_restores_nothing():
    """Validation rows that say the opposite get worse from the first epoch on."""
    net, X, Y = data(rows=8)
    run = done(net, X, Y, plan(epochs=50, patience=4), validation=(X, 1 - Y))
    losses = [row.validation_loss for row in run.rows]
    assert run.best_epoch == 1 + int(np.argmin(losses))
    assert run.stopped_early
    assert run.finished
    assert run.epoch == run.best_epoch + 4
    best, latest = run.network("best"), run.network("latest")
    again = done(net, X, Y, plan(epochs=run.best_epoch))
    assert best.layers[0].W.tobytes() == again.network().layers[0].W.tobytes() != latest.layers[0].W.tobytes()
    assert run.network("initial").layers[0].W.tobytes() == net.layers[0].W.tobytes()


def test_twins_start_together_and_their_distance_is_that_of_their_weights():
    net = Network.create([2, 2, 1], bias=False, init=Uniform(0.0, 1.0), seed=7)
    run = done(net, *XOR, plan(epochs=500, form="both", optimizer=Sgd(learning_rate=1.0)))
    one, two = run.network(form="matched"), run.network(form="vectorized")
    last = max(np.abs(a.W - b.W).max() / np.abs(a.W).max() for a, b in zip(one.layers, two.layers))
    assert last <= run.twin_distance <= 1e-9
    assert [c.epoch for c in run.comparisons] == list(range(1, 501))
    assert all(c.agree for c in run.comparisons)
    alone = done(net, *XOR, plan(epochs=500, form="vectorized", optimizer=Sgd(learning_rate=1.0)))
    assert alone.network().layers[0].W.tobytes() == two.layers[0].W.tobytes()


@pytest.mark.parametrize("route", ["auto", *backprop.ROUTES])
def test_a_vectorised_run_takes_the_route_of_its_plan(route, monkeypatch):
    taken, right = [], vectorized.walk
    monkeypatch.setattr(vectorized, "walk", lambda *given: taken.append(given[-1]) or right(*given))
    done(*data(), plan(epochs=1, form="vectorized", route=route))
    assert taken == ["dense" if route == "auto" else route]


@pytest.mark.parametrize("route", backprop.ROUTES)
def test_a_wrong_form_drives_the_twins_apart(route, monkeypatch):
    right = vectorized.walk

    def wrong(layers, loss, route):
        def walk(*point):
            found = right(layers, loss, route)(*point)
            scaled = tuple(g.map(lambda block: 1.001 * block) for g in found.gradients.layers)
            return replace(found, gradients=backprop.Gradients(scaled))

        return walk

    monkeypatch.setattr(vectorized, "walk", wrong)
    run = done(*data(), plan(epochs=20, form="both", route=route))
    assert run.twin_distance > 1e-6
    assert not any(c.agree for c in run.comparisons)


@pytest.mark.parametrize("optimizer", [Sgd(learning_rate=0.1), Adam(learning_rate=0.1)], ids=lambda o: o.name)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_same_seeds_give_the_same_bits_however_the_run_is_cut(optimizer, dtype):
    net, X, Y = data(rows=11)
    chosen = plan(epochs=20, batch_size=4, seed=9, optimizer=optimizer, validation_share=0.2)
    whole = done(net.astype(dtype), X, Y, chosen)
    cut = Run(net.astype(dtype), X, Y, chosen)
    while not cut.finished:
        cut.advance(0.0)  # one step at a time
    assert train.weights_sha256(whole.network()) == train.weights_sha256(cut.network())
    assert whole.rows == cut.rows
    other = done(net.astype(dtype), X, Y, plan(epochs=20, batch_size=4, seed=10, optimizer=optimizer))
    assert train.weights_sha256(other.network()) != train.weights_sha256(whole.network())
    assert whole.network().dtype == dtype


def test_a_run_that_diverges_stops_with_the_epoch_and_a_hint_and_keeps_what_was_best():
    net, X, Y = data()
    relu = Network.make([Layer.make(layer.W, layer.b, "identity") for layer in net.layers])
    run = Run(relu, X, Y, plan(epochs=1000, optimizer=Sgd(learning_rate=1000.0)))
    with pytest.raises(NonFiniteLoss, match=r"epoch \d+; the learning rate was 1000; try 100") as caught:
        run.advance()
    assert caught.value.epoch > 1
    assert np.isfinite(run.network("best").layers[0].W).all()


def test_a_loss_that_is_not_finite_from_the_start_does_not_blame_the_rate():
    net, X, Y = data()
    with pytest.raises(NonFiniteLoss, match="no update was made yet: scale inputs and targets"):
        done(net, X, np.full_like(Y, 1e308), plan())


def test_long_curves_are_thinned_and_keep_first_last_and_best(monkeypatch):
    monkeypatch.setattr(curve, "KEPT_ROWS", 50)
    net, X, Y = data()
    run = done(net, X, Y, plan(epochs=1001), validation=(X, 1 - Y))
    epochs = [row.epoch for row in run.rows]
    assert epochs[0] == 1
    assert epochs[-1] == 1001
    assert run.best_epoch in epochs
    assert len(epochs) <= 53
    assert epochs == sorted(set(epochs))


def test_the_hash_is_over_weights_and_biases_in_order():
    import hashlib

    net, _, _ = data()
    one, two = net.layers
    joined = b"".join(M.astype("<f8").tobytes(order="C") for M in (one.W, one.b, two.W, two.b))
    assert train.weights_sha256(net) == hashlib.sha256(joined).hexdigest()


def test_a_forward_pass_of_the_flat_parameters_is_that_of_the_network():
    net, X, _ = data()
    assert run_forward(Parameters.of(net).layers, X).H.tobytes() == net.predict(X).tobytes()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"epochs": 0}, InvalidValue, "epochs must be at least 1"),
        ({"form": "booth"}, UnknownName, "did you mean 'both'"),
        ({"patience": 0}, InvalidValue, "patience must be at least 1"),
        ({"batch_size": 11}, InvalidValue, "within 1 … 10"),
        ({"batch_size": 0}, InvalidValue, "within 1 … 10"),
        ({"validation_share": 1.0}, InvalidValue, r"within \(0, 1\)"),
        ({"form": "vectorized", "budget": 1000}, TooLargeForForm, "budget"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_in_words(options, error, words):
    net, X, Y = data()
    with pytest.raises(error, match=words):
        Run(net, X, Y, plan(**options))


def test_a_moment_or_a_twin_that_does_not_exist_is_refused():
    run = done(*data(), plan(epochs=1))
    with pytest.raises(UnknownName, match="initial, latest, best"):
        run.network("last")
    with pytest.raises(UnknownName, match="valid: matched"):
        run.network(form="vectorized")
