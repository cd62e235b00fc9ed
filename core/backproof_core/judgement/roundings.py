"""What activations and losses do to rounding errors: how far an error of their argument carries, and what they add.

Errors are standard deviations in a model of independent roundings (Higham and Mary 2019); t is the largest error of
the argument that is believed. What is added is counted in units of u. Sigmoid, tanh and softplus add absolute errors:
½(1 + tanh ½z), 2σ(2z) − 1 and ln(1 + e^z) are right ways to write them, with no correct digits where these are tiny.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backproof_core.activation import Activation, Elementwise
from backproof_core.loss import Loss
from backproof_core.network import Pass
from backproof_core.vec import Array

OF_ARGUMENT = Callable[[Array, Array, Array], Array]  # of Z, A and t
MOST = 700.0  # e^700 is still finite


@dataclass(frozen=True, slots=True)
class Rule:
    """An elementwise activation: |σ'| and |σ''| at most within t of Z, and what evaluating σ and σ' adds."""

    steepest: OF_ARGUMENT
    bend: OF_ARGUMENT
    noise: Callable[[Array, Array], Array]
    slope_noise: Callable[[Array, Array], Array]
    jump: float = 0.0  # of σ' at 0

    @property
    def absolute(self) -> bool:
        """Whether something is added even where σ(Z) is 0."""
        return bool(self.noise(np.zeros(1), np.zeros(1))[0] > 0)


def rule(activation: Elementwise) -> Rule:
    """The rule of an activation; one that has none is probed at Z − t, Z and Z + t."""
    return RULES.get(activation.name) or _probing(activation)


def _constant(x: float) -> Callable[[Array, Array], Array]:
    return lambda Z, A: np.full_like(Z, x)


def _near(t: Array) -> Array:
    return np.minimum(t, 1.0)


def _grown(x: Array, power: Array, most: float) -> Array:
    """What is x at Z and grows no faster than e^power within t of it, never above the most."""
    found: Array = np.minimum(x * np.exp(np.minimum(power, MOST)), most)
    return found


def _bell(Z: Array) -> Array:
    """σ(z)(1 − σ(z)) of the sigmoid, not 0 where 1 − σ(z) rounds to 0."""
    E: Array = np.exp(-np.abs(Z))
    return E / (1 + E) ** 2


def _sigmoid(Z: Array) -> Array:
    E = np.exp(-np.abs(Z))
    found: Array = np.where(Z > 0, 1, E) / (1 + E)
    return found


RULES: dict[str, Rule] = {
    "identity": Rule(lambda Z, A, t: np.ones_like(Z), lambda Z, A, t: np.zeros_like(Z), _constant(0.0), _constant(0.0)),
    "sigmoid": Rule(
        lambda Z, A, t: _grown(_bell(Z), t, 0.25),
        lambda Z, A, t: _grown(_bell(Z), t, 0.25) * (np.abs(1 - 2 * A) + _near(t)),
        _constant(4.0),
        _constant(4.0),
    ),
    "tanh": Rule(
        lambda Z, A, t: _grown(4 * _bell(2 * Z), 2 * t, 1.0),
        lambda Z, A, t: 2 * _grown(4 * _bell(2 * Z), 2 * t, 1.0) * (np.abs(A) + _near(t)),
        _constant(4.0),
        _constant(8.0),
    ),
    "relu": Rule(
        lambda Z, A, t: np.where(-t < Z, 1.0, 0.0),
        lambda Z, A, t: np.zeros_like(Z),
        _constant(0.0),
        _constant(0.0),
        jump=1.0,
    ),
    "leaky_relu": Rule(
        lambda Z, A, t: np.where(-t < Z, 1.0, 0.01),
        lambda Z, A, t: np.zeros_like(Z),
        lambda Z, A: 2 * np.abs(A),  # 0.01 is no number of the binary system
        lambda Z, A: np.where(Z > 0, 0.0, 0.02),
        jump=0.99,
    ),
    "softplus": Rule(
        lambda Z, A, t: _grown(_sigmoid(Z), t, 1.0),
        lambda Z, A, t: _grown(_bell(Z), t, 0.25),
        lambda Z, A: 4 * (1 + np.abs(A)),
        _constant(4.0),
    ),
}


def _probing(activation: Elementwise) -> Rule:
    def slopes(Z: Array, t: Array) -> Array:
        return np.stack([activation.df(at, activation.f(at)) for at in (Z - t, Z, Z + t)])

    def bend(Z: Array, A: Array, t: Array) -> Array:
        h = np.maximum(t, 1e-4)
        low, middle, high = slopes(Z, h)
        found: Array = 2 * np.maximum(np.abs(high - middle), np.abs(middle - low)) / h
        return found

    return Rule(
        lambda Z, A, t: np.abs(slopes(Z, t)).max(axis=0) * 2,
        bend,
        lambda Z, A: 4 * (1 + np.abs(A)),
        lambda Z, A: 8 * (1 + np.abs(slopes(Z, np.zeros_like(Z))[1])),
        jump=1.0 if activation.kinked else 0.0,
    )


# ---------------------------------------------------------------- softmax


def softmax_noise(Z: Array, P: Array, alike: int) -> Array:
    """What a softmax adds: few roundings, the sum, and those of an argument as large as z − max z or ln Σ e^z."""
    found: Array = P * (4 + np.sqrt(P.shape[1] * alike) + 2 * np.abs(Z).max(axis=1, keepdims=True))
    return found


def through_softmax(P: Array, V: Array, t: Array) -> Array:
    """The error of P from that of Z: dP = P∘(dZ − (P∘dZ)1)."""
    inner = np.sqrt(((P * V) ** 2).sum(axis=1, keepdims=True))
    near = np.exp(np.minimum(2 * t.max(axis=1, keepdims=True), MOST))
    found: Array = np.minimum(P * np.hypot(V, inner) * near, np.where(V > 0, 1.0, 0.0))
    return found


# ---------------------------------------------------------------- losses


def steepness(loss: Loss, H: Array, Y: Array, t: Array) -> Array:
    """|∂slope/∂H| at most within t of H; infinite where a logarithm's argument may be 0 there."""
    if loss.name == "cross_entropy":
        return _squared_quotient(Y, H - t) / len(H)
    if loss.name == "binary_cross_entropy":
        return (_squared_quotient(1 - Y, 1 - H - t) + _squared_quotient(Y, H - t)) / len(H)
    return np.abs(loss.slope(np.ones_like(H), np.zeros_like(H)))  # squares: the same everywhere


def _squared_quotient(Y: Array, x: Array) -> Array:
    return np.where(Y == 0, 0.0, np.where(x > 0, Y / np.where(x > 0, x, 1.0) ** 2, np.inf))


def value_noise(loss: Loss, last: Activation, run: Pass, value: float, alike: int) -> float:
    """What computing the value adds: the sum, and in a logarithm the argument's size, from which it may be taken."""
    of_sum = (4 + np.sqrt(run.H.size * min(alike, run.H.size))) * abs(value)
    return float(of_sum + (4 * (1 + np.abs(run.Z[-1]).max()) * run.H.shape[1] if loss.logarithms(last) else 0.0))
