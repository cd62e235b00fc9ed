"""Each optimiser and schedule against its equation, written here a second time, entry by entry."""

import math

import numpy as np
import pytest

from backproof_core.errors import InvalidValue
from backproof_core.train import OPTIMIZERS, SCHEDULES, Adam, Constant, Cosine, Momentum, Nesterov, Sgd, Step

RATE, STEPS = 0.1, 5


def sgd(w, gradients):
    for g in gradients:
        w = w - RATE * g
    return w


def momentum(w, gradients):
    v = 0.0
    for g in gradients:
        v = 0.9 * v + g
        w = w - RATE * v
    return w


def nesterov(w, gradients):
    v = 0.0
    for g in gradients:
        v = 0.9 * v + g
        w = w - RATE * (g + 0.9 * v)
    return w


def adam(w, gradients):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - RATE * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


BY_HAND = {"sgd": sgd, "momentum": momentum, "nesterov": nesterov, "adam": adam}


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_the_update_is_the_equation(name):
    rng = np.random.default_rng(0)
    W, gradients = rng.normal(size=4), rng.normal(size=(STEPS, 4))
    expected = [BY_HAND[name](W[i], gradients[:, i]) for i in range(4)]
    optimizer = OPTIMIZERS[name](learning_rate=RATE)
    memory = [np.zeros(4) for _ in range(optimizer.memories)]
    for t in range(STEPS):
        optimizer.update(W, gradients[t].copy(), memory, RATE, t + 1)
    np.testing.assert_allclose(W, expected, rtol=1e-13)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_float32_stays_float32(name):
    W, g = np.ones(3, "float32"), np.ones(3, "float32")
    optimizer = OPTIMIZERS[name](learning_rate=RATE)
    memory = [np.zeros_like(W) for _ in range(optimizer.memories)]
    optimizer.update(W, g, memory, RATE, 1)
    assert all(array.dtype == np.float32 for array in (W, *memory))


def test_schedules_are_their_equations():
    assert [Constant().rate(0.5, e, 10) for e in (0, 9)] == [0.5, 0.5]
    assert [Step(every=3, factor=0.1).rate(1.0, e, 10) for e in (0, 2, 3, 6)] == pytest.approx([1, 1, 0.1, 0.01])
    cosine = Cosine(floor=0.2)
    assert [cosine.rate(1.0, e, 10) for e in (0, 5, 10)] == pytest.approx([1.0, 0.6, 0.2])
    assert set(SCHEDULES) == {"constant", "step", "cosine"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sgd(learning_rate=0.0), "learning_rate to be a finite number > 0, not 0.0"),
        (lambda: Sgd(learning_rate=math.inf), "finite"),
        (lambda: Sgd(learning_rate=1.0, weight_decay=-1.0), "weight_decay"),
        (lambda: Momentum(learning_rate=1.0, momentum=1.0), r"momentum to be within \[0, 1\)"),
        (lambda: Nesterov(learning_rate=1.0, momentum=-0.1), "momentum"),
        (lambda: Adam(learning_rate=1.0, beta1=1.0), "beta1"),
        (lambda: Adam(learning_rate=1.0, beta2=1.5), "beta2"),
        (lambda: Adam(learning_rate=1.0, epsilon=0.0), "epsilon"),
        (lambda: Step(every=0, factor=0.5), "every ≥ 1"),
        (lambda: Step(every=1, factor=0.0), "factor > 0"),
        (lambda: Cosine(floor=-1.0), "floor ≥ 0"),
    ],
)
def test_values_out_of_range_are_refused_in_words(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()
