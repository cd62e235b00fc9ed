import numpy as np
import pytest

from backproof_core.activation import ACTIVATIONS
from backproof_core.errors import InadmissiblePair, InvalidValue, UnknownName
from backproof_core.loss import LOSSES, admissible_pairs, named
from specimens import targets

PAIRS = admissible_pairs()
STEP = 1e-20


def test_the_admissible_pairs_are_those_whose_logarithms_exist():
    by_loss = {loss: {a for name, a in PAIRS if name == loss} for loss in LOSSES}
    assert by_loss["binary_cross_entropy"] == {"sigmoid", "softmax"}
    assert by_loss["cross_entropy"] == {"softmax", "sigmoid", "softplus"}
    assert all(by_loss[name] == set(ACTIVATIONS) for name in ("half_sse", "sse", "mse"))


@pytest.mark.parametrize(("loss", "last"), PAIRS)
def test_delta_is_the_derivative_of_the_value(loss, last):
    rng = np.random.default_rng(3)
    Z, V = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    Y, σ = targets(rng, LOSSES[loss], 5, 3), ACTIVATIONS[last]
    moved = Z + 1j * STEP * V
    derivative = LOSSES[loss].value(σ, moved, σ(moved), Y).imag / STEP
    assert (LOSSES[loss].delta(σ, Z, σ(Z), Y) * V).sum() == pytest.approx(derivative, rel=1e-12)


@pytest.mark.parametrize(("loss", "last"), PAIRS)
def test_the_bound_is_at_least_delta(loss, last):
    rng = np.random.default_rng(4)
    Z, σ = rng.normal(size=(5, 3)), ACTIVATIONS[last]
    Y = targets(rng, LOSSES[loss], 5, 3)
    delta, bound = (f(σ, Z, σ(Z), Y) for f in (LOSSES[loss].delta, LOSSES[loss].delta_bound))
    assert (bound >= np.abs(delta) * (1 - 1e-15)).all()


@pytest.mark.parametrize(("loss", "last"), [p for p in PAIRS if p[0].endswith("entropy")])
def test_values_and_deltas_are_finite_where_probabilities_underflow(loss, last):
    Z = np.array([[800.0, 0.0, 0.0], [0.0, -800.0, 1.0]])
    Y, σ = np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]), ACTIVATIONS[last]
    with np.errstate(all="ignore"):
        assert np.isfinite(LOSSES[loss].value(σ, Z, σ(Z), Y))
        assert np.isfinite(LOSSES[loss].delta(σ, Z, σ(Z), Y)).all()


def test_a_pair_without_logarithms_is_refused_by_name():
    with pytest.raises(InadmissiblePair, match=r"cross_entropy.*tanh.*sigmoid, softplus, softmax"):
        LOSSES["cross_entropy"].check_last(ACTIVATIONS["tanh"])


def test_rows_that_nearly_sum_to_one_are_divided_by_their_sum_and_a_note_says_so():
    Y, notes = LOSSES["cross_entropy"].prepare_targets(np.array([[0.5, 0.5 + 5e-7], [1.0, 0.0]]))
    assert Y.sum(axis=1).tolist() == pytest.approx([1.0, 1.0], abs=1e-15)
    assert len(notes) == 1
    assert LOSSES["cross_entropy"].prepare_targets(np.array([[0.25, 0.75]]))[1] == []


@pytest.mark.parametrize(
    ("loss", "row", "needed"),
    [
        ("cross_entropy", [0.5, 0.6], "summing to 1"),
        ("cross_entropy", [1.5, -0.5], "≥ 0"),
        ("binary_cross_entropy", [0.5, 1.1], r"within \[0, 1\]"),
        ("binary_cross_entropy", [-0.1, 1.0], r"within \[0, 1\]"),
    ],
)
def test_targets_outside_their_range_are_refused_with_their_row(loss, row, needed):
    with pytest.raises(InvalidValue, match=rf"{needed}.*row 1 is \[") as caught:
        LOSSES[loss].prepare_targets(np.array([[0.5, 0.5], row]))
    assert caught.value.where == ("y", 1)


def test_an_unknown_loss_lists_the_valid_ones():
    with pytest.raises(UnknownName, match="half_sse, sse, mse"):
        named("mean")
