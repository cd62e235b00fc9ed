"""The passes that carry errors: upward beside Z and A, downward beside δ and the gradients.

Where B = A W, an error of A carries on to V_B² = V_A² W² + (√n·u·|A||W|)², squares entry by entry.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core.activation import Activation, Elementwise
from backproof_core.backprop.gradients import LayerGradient
from backproof_core.judgement.roundings import rule, softmax_noise, steepness, through_softmax, value_noise
from backproof_core.judgement.variances import length, lengths, most_frequent, squares
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Pass
from backproof_core.vec import Array

Flips = Callable[[Array, Array], npt.NDArray[np.bool_]]  # of Z and the bound of its error


@dataclass(frozen=True, slots=True)
class Error:
    """V, the standard deviation of what is random, and D, a bound of what is not, None where there is nothing."""

    V: Array
    D: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class UnitErrors:
    """The errors of a layer's Z, A and σ'(Z) (V each), and where σ' may flip by its jump; of a softmax only Z and A."""

    Z: Array
    A: Array
    S: Array
    flips: Array  # the jump, or 0
    rows: int  # how often the most frequent row of A is there
    units: int  # and its most frequent column, or that of W


@dataclass(frozen=True, slots=True)
class Rounding:
    """A number type: u, its smallest and its largest number; λ; and when a kink's slope may flip."""

    u: float
    least: float
    most: float
    factor: float
    flips: Flips

    def bound(self, V: Array) -> Array:
        """The bound λ·V of a random error."""
        found = self.factor * V
        return np.where(np.isnan(found), np.inf, found)

    def total(self, error: Error) -> Array:
        """The bound of an error."""
        return self.bound(error.V) if error.D is None else self.bound(error.V + error.D / self.factor)

    def of_sum(self, terms: int, size: Array, alike: int = 1) -> Array:
        """V of a sum of that many terms, of which so many are alike, and whose sizes sum up to so much.

        Roundings of a sum of equal terms are no more independent than the terms. Infinite where the type overflows.
        """
        found = self.u * np.sqrt(terms * min(alike, terms)) * size + np.where(size > 0, terms * self.least, 0.0)
        return np.where(size > self.most, np.inf, found)


def upward(
    layers: Sequence[Layer], run: Pass, rounding: Rounding, shared: Sequence[Array] | None
) -> tuple[UnitErrors, ...]:
    """The errors of every layer of a forward pass; shared is how far Z moves besides."""
    found: list[UnitErrors] = []
    V, units = np.zeros_like(run.A[0]), most_frequent(run.A[0].T)
    for l, layer in enumerate(layers):
        A, Z, H = run.A[l], run.Z[l], run.A[l + 1]
        size = np.abs(A) @ np.abs(layer.W) + (0.0 if layer.b is None else np.abs(layer.b))
        V_Z = np.hypot(np.sqrt(units) * squares(V, layer.W), rounding.of_sum(layer.d_in + 1, size, units))
        t = rounding.bound(V_Z) + (0.0 if shared is None else shared[l])
        alike = most_frequent(layer.W.T)  # their errors are, even where biases differ
        found.append(_unit(layer.activation, Z, H, V_Z, t, alike, rounding))
        V, units = found[-1].A, found[-1].units
    return tuple(found)


def _unit(activation: Activation, Z: Array, A: Array, V: Array, t: Array, alike: int, rounding: Rounding) -> UnitErrors:
    none = np.zeros_like(Z)
    its = rule(activation) if isinstance(activation, Elementwise) else None
    seen = A + 16.0 if its is not None and its.absolute else A  # what is less than its noise makes no difference
    rows, units = most_frequent(seen), max(alike, most_frequent(seen.T))
    if its is None:
        V_A = np.hypot(through_softmax(A, V, t), rounding.u * softmax_noise(Z, A, units) + rounding.least)
        return UnitErrors(V, V_A, none, none, rows, units)
    V_A = np.hypot(its.steepest(Z, A, t) * V, rounding.u * its.noise(Z, A))
    V_A = np.where(np.abs(A) > rounding.most, np.inf, V_A)
    V_S = np.hypot(its.bend(Z, A, t) * V, rounding.u * its.slope_noise(Z, A))
    flips = its.jump * rounding.flips(Z, t) if its.jump else none
    return UnitErrors(V, V_A, V_S, flips, rows, units)


def downward(
    layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss, forward: Sequence[UnitErrors], rounding: Rounding
) -> tuple[list[Error], list[LayerGradient]]:
    """The errors of δ_1 … δ_L and the bounds of the gradients."""
    frequent = max(most_frequent(run.A[0]), *(e.rows for e in forward))
    deltas, gradients = [], []
    for l, delta, error in _deltas(layers, run, Y, loss, forward, rounding):
        A = run.A[l]
        V_A = forward[l - 1].A if l else np.zeros_like(A)
        deltas.append(error)
        gradients.append(_gradient(layers[l], A, V_A, delta, error, frequent, rounding))
    return deltas[::-1], gradients[::-1]


def _deltas(
    layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss, forward: Sequence[UnitErrors], rounding: Rounding
) -> Iterator[tuple[int, Array, Error]]:
    """l, δ and its error, from the last layer down."""
    last = layers[-1].activation
    delta = loss.delta(last, run.Z[-1], run.H, Y)
    error = _seed(last, run, Y, loss, forward[-1], rounding)
    yield len(layers) - 1, delta, error
    for l in range(len(layers) - 1, 0, -1):
        W, units = layers[l].W.T, forward[l].units
        M = delta @ W
        V = np.hypot(np.sqrt(units) * squares(error.V, W), rounding.of_sum(len(W), np.abs(delta) @ np.abs(W), units))
        above = Error(V, None if error.D is None else error.D @ np.abs(W))
        Z, A, activation = run.Z[l - 1], run.A[l], layers[l - 1].activation
        error = _pulled(activation, Z, A, M, above, forward[l - 1], rounding)
        delta = activation.pullback(Z, A, M)
        yield l - 1, delta, error


def _seed(last: Activation, run: Pass, Y: Array, loss: Loss, at: UnitErrors, rounding: Rounding) -> Error:
    """The error of δ_L: of the folded pairs also for who multiplies the slope with σ' where that is finite."""
    H = run.H
    if last.name == loss.folded_with:
        own = rounding.u * (6 + np.sqrt(H.shape[1] * at.units)) * (np.abs(H) + np.abs(Y))
        return Error(np.hypot(at.A, own) / len(H) + rounding.least)
    steep = steepness(loss, H, Y, rounding.bound(at.A))
    V = np.hypot(np.where(steep == 0, 0.0, steep * at.A), 4 * rounding.u * loss.slope_bound(H, Y))
    return _pulled(last, run.Z[-1], H, loss.slope(H, Y), Error(V), at, rounding)


def _pulled(
    activation: Activation, Z: Array, A: Array, M: Array, error: Error, at: UnitErrors, rounding: Rounding
) -> Error:
    """The error of the pullback of M, which has one itself."""
    if isinstance(activation, Elementwise):
        S = np.abs(activation.df(Z, A))
        size = S + rounding.bound(at.S) + at.flips
        own = np.hypot(M * at.S, 2 * rounding.u * np.abs(M) * S + np.where(M != 0, rounding.least, 0.0))
        D = None if error.D is None else size * error.D
        if at.flips.any():
            flipped = (np.abs(M) + rounding.total(error)) * at.flips
            D = flipped if D is None else D + flipped
        return Error(np.hypot(size * error.V, own), D)
    return _pulled_by_softmax(A, M, error, at, rounding)


def _pulled_by_softmax(P: Array, M: Array, error: Error, at: UnitErrors, rounding: Rounding) -> Error:
    """P∘(M − (M∘P)1): the error of M, of P and of the sum."""
    size, inner = P + rounding.bound(at.A), (M * P).sum(axis=1, keepdims=True)
    terms = np.abs(M * P).sum(axis=1, keepdims=True)
    of_inner = length(
        [np.sqrt(at.units) * lengths(size * error.V), np.sqrt(at.units) * lengths(M * at.A)]
        + [rounding.of_sum(P.shape[1], terms, at.units)]
    )
    own = np.hypot(np.abs(M - inner) * at.A, 2 * rounding.u * P * (np.abs(M) + terms) + rounding.least)
    V = length([size * error.V, size * of_inner, own])
    if error.D is None:
        return Error(V)
    return Error(V, size * (error.D + (size * error.D).sum(axis=1, keepdims=True)))


def _gradient(
    layer: Layer, A: Array, V_A: Array, delta: Array, error: Error, frequent: int, rounding: Rounding
) -> LayerGradient:
    """The bounds of ∇W = Aᵀδ and ∇b = 1ᵀδ."""
    size, certain = np.abs(A) + rounding.bound(V_A), np.abs(delta) + (0.0 if error.D is None else error.D)
    carried = np.sqrt(frequent) * np.hypot(squares(size.T, error.V), squares(V_A.T, certain))
    V = np.hypot(carried, rounding.of_sum(len(A), np.abs(A).T @ np.abs(delta), frequent))
    of_W = rounding.total(Error(V, None if error.D is None else size.T @ error.D))
    if layer.b is None:
        return LayerGradient(of_W, None)
    V = np.hypot(
        np.sqrt(frequent) * lengths(error.V.T)[:, 0], rounding.of_sum(len(A), np.abs(delta).sum(axis=0), frequent)
    )
    return LayerGradient(of_W, rounding.total(Error(V, None if error.D is None else error.D.sum(axis=0))))


def value_error(
    last: Activation, run: Pass, Y: Array, loss: Loss, forward: Sequence[UnitErrors], rounding: Rounding
) -> float:
    """The bound of the loss value."""
    H, V = run.H, forward[-1].A
    steep = steepness(loss, H, Y, rounding.bound(V))
    slope = np.abs(loss.slope(H, Y)) + np.where(steep == 0, 0.0, steep * rounding.bound(V))
    alike = forward[-1].rows * forward[-1].units
    carried = np.sqrt(alike) * lengths((slope * V).reshape(1, -1))[0, 0]
    value = float(loss.value(last, run.Z[-1], H, Y))
    own = rounding.u * value_noise(loss, last, run, value, alike)
    if abs(value) > rounding.most:
        return float("inf")
    return float(rounding.bound(np.array(np.hypot(carried, own) + rounding.least)))
