"""Activations: a function and its derivative are one value, so they cannot drift apart.

To add one: one line in the table at the end. Tests walk over the table, and an activation that knows its logarithms
is thereby admitted under the cross-entropies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from backproof_core.errors import UnknownName, Where
from backproof_core.vec import Array

Function = Callable[[Array], Array]


class Activation(Protocol):
    """What a layer does after its affine map: A = σ(Z), row by row or entry by entry."""

    @property
    def name(self) -> str:
        """The name on the wire."""

    @property
    def kinked(self) -> bool:
        """Whether σ has a kink at 0, where any subgradient is legal."""

    @property
    def log(self) -> Function | None:
        """ln σ(Z), stable for any Z; None where σ(Z) can be 0 or negative."""

    @property
    def log_complement(self) -> Function | None:
        """ln(1 − σ(Z)), stable for any Z; None where σ(Z) can be 1 or more."""

    def __call__(self, Z: Array) -> Array:
        """σ(Z), of the shape of Z."""

    def pullback(self, Z: Array, A: Array, M: Array) -> Array:
        """The matrix P with vec(P)ᵀ = vec(M)ᵀ Dσ(Z), where A = σ(Z)."""

    def pullback_bound(self, Z: Array, A: Array, M: Array) -> Array:
        """The pullback of M ≥ 0 with every difference a sum: the scale of its rounding errors."""


@dataclass(frozen=True, slots=True)
class Elementwise:
    """An activation that acts on each entry alone: Dσ(Z) = Diag(vec σ'(Z)).

    df(Z, A) is σ'(Z) and may use A = f(Z); df_bound is |σ'(Z)| with every difference a sum.
    """

    name: str
    f: Function
    df: Callable[[Array, Array], Array]
    df_bound: Callable[[Array, Array], Array]
    kinked: bool = False
    log: Function | None = None
    log_complement: Function | None = None

    def __call__(self, Z: Array) -> Array:
        return self.f(Z)

    def pullback(self, Z: Array, A: Array, M: Array) -> Array:
        S = self.df(Z, A)
        return np.multiply(M, S, out=S)

    def pullback_bound(self, Z: Array, A: Array, M: Array) -> Array:
        return M * self.df_bound(Z, A)


@dataclass(frozen=True, slots=True)
class Softmax:
    """The row-wise softmax P; its Jacobian D − D(1ₖ1ₖᵀ ⊗ I)D with D = Diag(vec P) is not diagonal.

    Folded: vec(M)ᵀ Dσ(Z) = vec(P∘(M − (M∘P)1ₖ1ₖᵀ))ᵀ.
    """

    name: str = "softmax"
    kinked: bool = False

    def __call__(self, Z: Array) -> Array:
        E = np.exp(Z - _row_max(Z))
        E /= E.sum(axis=1, keepdims=True)
        return E

    def pullback(self, Z: Array, A: Array, M: Array) -> Array:
        inner: Array = (M * A).sum(axis=1, keepdims=True)  # N × 1
        return A * (M - inner)

    def pullback_bound(self, Z: Array, A: Array, M: Array) -> Array:
        inner: Array = (M * A).sum(axis=1, keepdims=True)
        return A * (M + inner)

    def log(self, Z: Array) -> Array:
        """ln P = Z − ln Σ exp Z, by rows."""
        return Z - _log_sum_exp(Z)

    def log_complement(self, Z: Array) -> Array:
        """ln(1 − P): a row's largest entry from the sum of the others, the others, at most ½ each, by log1p."""
        largest = np.arange(Z.shape[1]) == Z.real.argmax(axis=1)[:, None]
        lowest = np.finfo(Z.real.dtype).min
        top = np.where(largest, lowest, Z.real).max(axis=1, keepdims=True)  # of the others
        others = np.where(largest, 0, np.exp(np.where(largest, top, Z) - top)).sum(axis=1, keepdims=True)
        of_largest = np.log(others) + top - _log_sum_exp(Z)
        return np.where(largest, of_largest, np.log1p(-np.where(largest, 0, self(Z))))


def _row_max(Z: Array) -> Array:
    """The largest real part of each row, as a column."""
    top: Array = Z.real.max(axis=1, keepdims=True)
    return top


def _log_sum_exp(Z: Array) -> Array:
    """ln Σ exp Z by rows, as a column."""
    top = _row_max(Z)
    total: Array = np.log(np.exp(Z - top).sum(axis=1, keepdims=True))
    return top + total


def _sigmoid(Z: Array) -> Array:
    """1/(1 + e^(−Z)): where the exponential overflows, 0 is right; for complex numbers it is not, hence the branch."""
    if Z.dtype.kind == "c":
        E: Array = np.exp(np.where(Z.real < 0, Z, -Z))
        return np.divide(np.where(Z.real < 0, E, 1), 1 + E)
    E = np.negative(Z)
    np.exp(E, out=E)
    E += 1
    return np.reciprocal(E, out=E)


def _softplus(Z: Array) -> Array:
    """ln(1 + e^Z) = max(Z, 0) + ln(1 + e^(−|Z|))."""
    return np.where(Z.real > 0, Z, 0) + np.log1p(np.exp(np.where(Z.real > 0, -Z, Z)))


def _log_sigmoid(Z: Array) -> Array:
    """ln σ(Z) = −softplus(−Z)."""
    return -_softplus(-Z)


def _log_softplus(Z: Array) -> Array:
    """ln softplus(Z), which is Z to the last bit where Z < −40."""
    return np.where(Z.real < -40, Z, np.log(_softplus(np.where(Z.real < -40, 0, Z))))


def _one_minus_square(A: Array) -> Array:
    S = A * A
    return np.subtract(1, S, out=S)


def _slope(Z: Array, below: float) -> Array:
    """1 where Z > 0, else the slope below the kink, in the type of Z."""
    return np.where(Z > 0, Z.dtype.type(1), Z.dtype.type(below))


def _ones(Z: Array, A: Array) -> Array:
    return np.ones_like(Z)


identity = Elementwise("identity", f=np.copy, df=_ones, df_bound=_ones)
sigmoid = Elementwise(
    "sigmoid",
    f=_sigmoid,
    df=lambda Z, A: A * (1 - A),
    df_bound=lambda Z, A: A * (1 + A),
    log=_log_sigmoid,
    log_complement=lambda Z: _log_sigmoid(-Z),
)
tanh = Elementwise("tanh", f=np.tanh, df=lambda Z, A: _one_minus_square(A), df_bound=lambda Z, A: 1 + A * A)
relu = Elementwise(
    "relu",
    f=lambda Z: np.where(Z.real <= 0, 0, Z),  # a NaN stays one
    df=lambda Z, A: _slope(Z, 0.0),
    df_bound=lambda Z, A: _slope(Z, 0.0),
    kinked=True,
)
leaky_relu = Elementwise(
    "leaky_relu",
    f=lambda Z: np.where(Z.real <= 0, 0.01 * Z, Z),
    df=lambda Z, A: _slope(Z, 0.01),
    df_bound=lambda Z, A: _slope(Z, 0.01),
    kinked=True,
)
softplus = Elementwise(
    "softplus", f=_softplus, df=lambda Z, A: _sigmoid(Z), df_bound=lambda Z, A: _sigmoid(Z), log=_log_softplus
)
softmax = Softmax()

ACTIVATIONS: dict[str, Activation] = {a.name: a for a in (identity, sigmoid, tanh, relu, leaky_relu, softplus, softmax)}


def named(name: str, *, where: Where = ("activation",)) -> Activation:
    """The activation of that name; raises UnknownName with the valid ones."""
    if name not in ACTIVATIONS:
        raise UnknownName("activation", name, ACTIVATIONS, where=where)
    return ACTIVATIONS[name]
