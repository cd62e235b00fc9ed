"""The judge at points that were chosen for what is special about them."""

from dataclasses import replace

import numpy as np
import pytest

from backproof_core import LOSSES, Network, backprop
from backproof_core.errors import InvalidValue, ShapeMismatch
from backproof_core.judgement import Claim, LayerClaim, Previous, judge
from backproof_core.judgement.report import CANNOT_JUDGE, RIGHT, WRONG, Report
from backproof_core.layer import Layer
from specimens import Point, build

POINT = build([3, 4, 2], ["tanh", "sigmoid"], LOSSES["half_sse"], 5, 1)


def claimed(gradients: backprop.Gradients, **more: object) -> Claim:
    layers = tuple(LayerClaim(g.W, g.b) for g in gradients.layers)
    return Claim(gradients=layers, **more)  # type: ignore[arg-type]


def judged(claim: Claim, point: Point = POINT) -> Report:
    return judge(point.net, point.X, point.Y, loss=point.loss, claim=claim)


def named(report: Report) -> list[set[str]]:
    return [{mistake.id for mistake in one.mistakes} for one in report.diagnosis]


def flipped(gradients: backprop.Gradients, layer: int) -> backprop.Gradients:
    layers = [g.map(lambda M: -M) if l == layer else g for l, g in enumerate(gradients.layers)]
    return backprop.Gradients(tuple(layers))


# ---------------------------------------------------------------- what is judged


def test_right_gradients_are_right_and_three_witnesses_at_least_say_so():
    report = judged(claimed(POINT.gradient()))
    assert report.verdict == RIGHT
    assert report.summary.startswith("Right: all 4 blocks that were sent agree")
    assert {"matched", "jacobian", "complex_step"} <= {one.name for one in report.witnesses}
    assert all(one.agrees for one in report.witnesses)


def test_nothing_to_judge_is_refused_with_what_can_be_sent():
    with pytest.raises(InvalidValue, match=r"send at least one of loss_value, .*updated_weights"):
        judged(Claim(learning_rate=0.1))


def test_one_entry_too_few_is_refused_with_what_is_needed():
    with pytest.raises(ShapeMismatch, match="gradients has 1 entries and the network 2 layers"):
        judged(Claim(gradients=(LayerClaim(),)))


def test_a_bias_that_the_network_does_not_have_is_refused():
    bare = Network.make([Layer.make(layer.W, None, layer.activation) for layer in POINT.net.layers])
    with pytest.raises(InvalidValue, match="layer 0 of the network has no bias"):
        judge(bare, POINT.X, POINT.Y, loss=POINT.loss, claim=claimed(POINT.gradient()))


def test_a_step_without_its_rate_is_refused():
    with pytest.raises(InvalidValue, match="learning_rate"):
        judged(Claim(updated_weights=(LayerClaim(W=POINT.net.layers[0].W), LayerClaim())))


def test_what_was_not_sent_is_said():
    first, second = POINT.gradient().layers
    report = judged(Claim(gradients=(LayerClaim(W=first.W), LayerClaim(W=second.W, b=second.b))))
    assert report.notes == ("not sent, so not judged: the gradient of layers.0.bias",)


@pytest.mark.parametrize(("dtype", "expected"), [("float32", "float32"), ("float64", "float64")])
def test_the_precision_is_that_of_the_judged_numbers(dtype, expected):
    net = POINT.net.astype(dtype)
    found = backprop.gradient(net, POINT.X.astype(dtype), POINT.Y, loss=POINT.loss)
    report = judged(claimed(found))
    assert (report.dtype, report.dtype_inferred, report.verdict) == (expected, True, RIGHT)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_wrong_and_says_where(value):
    found = POINT.gradient()
    W = found.layers[0].W.copy()
    W[1, 2] = value
    report = judged(Claim(gradients=(LayerClaim(W=W), LayerClaim())))
    (block,) = report.parameters
    assert (report.verdict, block.verdict) == (WRONG, WRONG)
    assert block.pattern == "1 of its 12 entries is not finite, at [1, 2]"
    assert block.worst is not None
    assert block.worst.index == (1, 2)


# ---------------------------------------------------------------- witnesses


@pytest.mark.parametrize("name", ["complex_step", "central_difference", "forward_mode", "jacobian", "dense"])
def test_a_witness_that_disagrees_makes_it_impossible_to_judge(name, monkeypatch):
    from backproof_core.judgement import witnesses

    if name in witnesses.ROUTES:
        route = witnesses.ROUTES[name]

        def off(*args, **options):
            found = route(*args, **options)
            layers = list(found.layers)
            layers[0] = layers[0].map(lambda M: M * (1 + 1e-5))
            return backprop.Gradients(tuple(layers))

        monkeypatch.setitem(witnesses.ROUTES, name, off)
    else:
        way, tolerance = witnesses.WAYS[name]

        def of_start(at):
            found = way(at)
            return replace(found, along=found.along * (1 + 1e-3))

        monkeypatch.setitem(witnesses.WAYS, name, (of_start, tolerance))
    report = judged(claimed(flipped(POINT.gradient(), 1)))
    assert report.verdict == CANNOT_JUDGE
    assert report.diagnosis == ()
    assert name in report.summary


# ---------------------------------------------------------------- kinks


def kinked(slope: float) -> tuple[Point, backprop.Gradients]:
    """A point with Z₁ = 0 in two entries, and the gradients of who takes that slope there."""
    net = Network.make([Layer.make([[1.0, 0.5], [-1.0, 0.25]], None, "relu"), Layer.make([[1.0], [2.0]], None, "tanh")])
    X, Y = np.array([[1.0, 1.0], [0.5, -0.5], [2.0, 2.0]]), np.array([[0.25], [0.5], [-0.5]])
    point = Point(net, X, Y, LOSSES["half_sse"])
    run = net.forward(X)
    delta = (run.H - Y) * (1 - run.H**2)
    slopes = np.where(run.Z[0] > 0, 1.0, np.where(run.Z[0] == 0, slope, 0.0))
    below = (delta @ net.layers[1].W.T) * slopes
    made = [backprop.LayerGradient(X.T @ below, None), backprop.LayerGradient(run.A[1].T @ delta, None)]
    return point, backprop.Gradients(tuple(made))


@pytest.mark.parametrize("slope", [0.0, 1.0, 0.5])
def test_every_slope_at_a_kink_is_legal_and_the_choice_is_noted(slope):
    point, gradients = kinked(slope)
    report = judged(claimed(gradients), point)
    assert report.verdict == RIGHT
    assert any("2 entries sit on a relu kink" in note for note in report.notes)
    assert any("you take the slope" in note for note in report.notes) == (slope > 0)


def test_a_slope_that_is_none_at_a_kink_is_never_called_right():
    point, gradients = kinked(3.0)
    assert judged(claimed(gradients), point).verdict != RIGHT


# ---------------------------------------------------------------- steps


def stepped(change: float, **more: float) -> Claim:
    layers = tuple(
        LayerClaim(layer.W + change * (g.W + more.get("weight_decay", 0.0) * layer.W), layer.b + change * g.b)
        for layer, g in zip(POINT.net.layers, POINT.gradient().layers)
    )
    return Claim(updated_weights=layers, learning_rate=0.1, **more)  # type: ignore[arg-type]


def test_a_right_step_is_right():
    assert judged(stepped(-0.1)).verdict == RIGHT
    assert judged(stepped(-0.1, weight_decay=0.01)).verdict == RIGHT


@pytest.mark.parametrize(
    ("change", "cause"), [(0.1, "sign_flipped"), (-1.0, "factor_missing"), (-0.01, "rate_multiplied_in")]
)
def test_a_wrong_step_is_explained(change, cause):
    report = judged(stepped(change))
    assert report.verdict == WRONG
    assert {cause} in named(report)


def test_a_wrong_step_of_right_gradients_is_a_mistake_of_the_step():
    claim = replace(stepped(0.1), gradients=claimed(POINT.gradient()).gradients)
    report = judged(claim)
    assert report.first_wrong is not None
    assert report.first_wrong.quantity == "updated_weights"
    assert named(report)[0] == {"sign_flipped"}


def test_a_right_step_of_wrong_gradients_follows_from_them():
    wrong = flipped(POINT.gradient(), 0)
    claim = replace(stepped(0.1), gradients=claimed(flipped(wrong, 1)).gradients)
    report = judged(claim)
    follows = {block.parameter: block.follows for block in report.blocks if block.quantity == "updated_weights"}
    assert follows["layers.1.weights"] == "gradients.1.weights"
    assert report.first_wrong is not None
    assert report.first_wrong.quantity == "gradients"


# ---------------------------------------------------------------- the step before


def test_the_batch_before_is_named_by_its_rows_and_by_its_gradients():
    other = build([3, 4, 2], ["tanh", "sigmoid"], LOSSES["half_sse"], 3, 7)
    stale = backprop.gradient(POINT.net, other.X, other.Y, loss=POINT.loss)
    by_rows = claimed(stale, previous=Previous(X=other.X, Y=other.Y))
    by_gradients = claimed(stale, previous=Previous(gradients=claimed(stale).gradients))
    assert named(judged(by_rows))[0] == {"stale_batch"}
    assert named(judged(by_gradients))[0] == {"stale_batch"}


# ---------------------------------------------------------------- large blocks


def test_a_mistake_in_a_large_block_is_named_and_one_entry_besides_speaks_against_it():
    point = build([400, 30, 4], ["tanh", "sigmoid"], LOSSES["mse"], 6, 3)
    right = point.gradient()
    claim = claimed(flipped(right, 0))
    assert named(judged(claim, point))[0] == {"sign_flipped"}
    W = -right.layers[0].W.copy()
    W[201, 7] += 0.5 * np.abs(W).max()
    layers = (LayerClaim(W, -right.layers[0].b), claim.gradients[1])  # type: ignore[index]
    report = judged(Claim(gradients=layers), point)
    assert (report.verdict, report.diagnosis) == (WRONG, ())


# ---------------------------------------------------------------- parts that were left out


@pytest.mark.parametrize("layer", [0, 1])
def test_one_layer_alone_is_never_said_to_be_in_the_reverse_order(layer):
    right = POINT.gradient().layers
    sent = [LayerClaim(W=g.W**2 + 1) if l == layer else LayerClaim() for l, g in enumerate(right)]
    report = judged(Claim(gradients=tuple(sent)))
    assert (report.verdict, report.diagnosis) == (WRONG, ())


def test_a_doubled_loss_value_belongs_to_no_layer():
    report = judged(Claim(loss_value=2 * POINT.evaluate().loss_value))
    assert {"wrong_loss"} in named(report)
    assert all(mistake.layer is None for one in report.diagnosis for mistake in one.mistakes)


# ---------------------------------------------------------------- what must not be said


@pytest.mark.parametrize("factor", [0.3, 0.7, 0.9, 1.1])
def test_one_wrong_number_determines_no_rate(factor):
    point = build([4, 4, 1, 3], ["tanh", "tanh", "sigmoid"], LOSSES["half_sse"], 5, 2)
    right = point.gradient().layers
    sent = (LayerClaim(), LayerClaim(b=factor * right[1].b), LayerClaim(W=right[2].W, b=right[2].b))
    report = judged(Claim(gradients=sent), point)
    assert (report.verdict, report.diagnosis) == (WRONG, ())


def test_one_wrong_number_is_no_pattern_of_an_instance():
    point = build([3, 1], ["tanh"], LOSSES["half_sse"], 5, 2)
    right = point.gradient().layers[0].b
    report = judged(Claim(gradients=(LayerClaim(b=3.7 * right),)), point)
    assert report.parameters[0].pattern == "it is 3.7 times ours"


def test_a_loss_value_in_single_precision_alone_is_right():
    assert judged(Claim(loss_value=float(np.float32(POINT.evaluate().loss_value)))).verdict == RIGHT


@pytest.mark.parametrize("slope", [0.25, 0.5])
def test_a_mistake_is_named_whatever_the_slope_at_a_kink(slope):
    point, gradients = kinked(slope)
    first, last = gradients.layers
    doubled = backprop.Gradients((first, last.map(lambda M: 2 * M)))
    report = judged(claimed(doubled), point)
    assert {"factor_extra"} in named(report)
    assert judged(claimed(gradients), point).verdict == RIGHT


def test_a_square_block_is_not_turned_twice_into_itself():
    point = build([4, 4, 4, 2], ["tanh", "tanh", "sigmoid"], LOSSES["half_sse"], 5, 2)
    right = point.gradient().layers
    sent = tuple(LayerClaim(W=g.W / 5**k, b=g.b / 5**k) for g, k in zip(right, (2, 1, 0)))
    turned = {"transposed_gradient", "row_major_unvec", "layout_weights"}
    assert not any(turned & ids for ids in named(judged(Claim(gradients=sent), point)))


def test_a_bias_that_the_forward_pass_forgets_is_said_to_be_forgotten_there():
    bare = Network.make([Layer.make(a.W, 0 * a.b, a.activation) for a in POINT.net.layers])
    report = judged(claimed(backprop.gradient(bare, POINT.X, POINT.Y, loss=POINT.loss)))
    assert named(report)[0] == {"bias_missing"}
    assert "forgotten in the forward pass" in report.summary
    assert "A_in @ W + b" in report.diagnosis[0].mistakes[0].mend.numpy


def test_numbers_that_were_printed_in_single_precision_are_suspected_of_it():
    single = backprop.gradient(POINT.net.astype("float32"), POINT.X.astype("float32"), POINT.Y, loss=POINT.loss)
    printed = [LayerClaim(*(np.vectorize(lambda x: float(f"{x:.9g}"))(M) for M in (g.W, g.b))) for g in single.layers]
    report = judged(Claim(gradients=tuple(printed)))
    assert report.verdict == WRONG
    assert any("single precision" in note for note in report.notes)
