import numpy as np
import pytest

from backproof_core.activation import ACTIVATIONS, named
from backproof_core.errors import UnknownName

NAMES = sorted(ACTIVATIONS)
STEP = 1e-20


def specimen(rows=4, columns=3, scale=1.5):
    return np.random.default_rng(7).normal(0, scale, size=(rows, columns))


def jacobian_times(activation, Z, V):
    """Dσ(Z) V by the complex step: it knows nothing of the table's derivatives."""
    return activation(Z + 1j * STEP * V).imag / STEP


@pytest.mark.parametrize("name", NAMES)
def test_the_pullback_is_the_transposed_jacobian(name):
    """⟨U, J V⟩ = ⟨Jᵀ U, V⟩ for random seeds: under a seed of ones a softmax shows nothing."""
    activation, Z = ACTIVATIONS[name], specimen()
    rng = np.random.default_rng(1)
    U, V = rng.normal(size=Z.shape), rng.normal(size=Z.shape)
    pushed = (U * jacobian_times(activation, Z, V)).sum()
    pulled = (activation.pullback(Z, activation(Z), U) * V).sum()
    assert pulled == pytest.approx(pushed, rel=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_the_bound_is_at_least_the_pullback(name):
    activation, Z = ACTIVATIONS[name], specimen()
    M = np.abs(np.random.default_rng(2).normal(size=Z.shape))
    bound = activation.pullback_bound(Z, activation(Z), M)
    assert (bound >= np.abs(activation.pullback(Z, activation(Z), M)) * (1 - 1e-15)).all()


@pytest.mark.parametrize("name", [n for n in NAMES if ACTIVATIONS[n].log is not None])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_the_logarithm_is_that_of_the_function(name, scale):
    activation, Z = ACTIVATIONS[name], specimen(scale=scale)
    np.testing.assert_allclose(np.exp(activation.log(Z)), activation(Z), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("name", [n for n in NAMES if ACTIVATIONS[n].log_complement is not None])
@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_the_logarithm_of_the_complement_is_that_of_one_minus_the_function(name, scale):
    activation, Z = ACTIVATIONS[name], specimen(scale=scale)
    np.testing.assert_allclose(activation.log_complement(Z), np.log(1 - activation(Z)), rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_far_from_zero_values_stay_right_and_of_their_type(name, dtype):
    Z = np.array([[800.0, 0.0, -800.0], [-800.0, -800.0, -800.0]], dtype=dtype)
    with np.errstate(over="ignore", under="ignore"):
        A = ACTIVATIONS[name](Z)
        found = [A, ACTIVATIONS[name].pullback(Z, A, np.ones_like(Z))]
        logs = [log(Z) for log in (ACTIVATIONS[name].log, ACTIVATIONS[name].log_complement) if log is not None]
    for array in found + logs:
        assert np.isfinite(array).all()
        assert array.dtype == Z.dtype


def test_log_complement_of_a_sure_softmax_keeps_its_digits():
    softmax = ACTIVATIONS["softmax"]
    assert softmax.log_complement(np.array([[800.0, 0.0, 0.0]]))[0, 0] == pytest.approx(np.log(2) - 800)


@pytest.mark.parametrize("name", NAMES)
def test_not_a_number_is_never_hidden(name):
    assert np.isnan(ACTIVATIONS[name](np.array([[np.nan, 1.0]]))).any()


def test_an_unknown_name_lists_the_valid_ones_and_the_nearest():
    with pytest.raises(UnknownName, match=r"'sigmoyd'.*softmax.*did you mean 'sigmoid'"):
        named("sigmoyd")
