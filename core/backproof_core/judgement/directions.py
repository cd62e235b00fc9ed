"""The derivative of the loss along directions of the parameters, by ways that know no backward pass.

A direction V of W_l moves Z_l by A_{l−1} V; from there only the layers above are run, for many directions at once. D is
T×N×d_l, one matrix for each of T directions.

    forward_mode         dZ_{l+1} = (σ'(Z_l)∘dZ_l) W_{l+1}, then the derivative of the logarithms or of the squares
    complex_step         Im loss(Z_l + ihD)/h, h so small that no difference is ever taken
    central_difference   [8(f(h) − f(−h)) − (f(2h) − f(−2h))]/12h, h where two neighbouring ones agree best
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core.activation import Activation, Elementwise
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Pass
from backproof_core.vec import Array

HALVES = np.array([2.0, 1.0, 0.5, 0.25])  # of the largest step, in which differences are taken
BEND = 2.0**-6  # how far a step moves the argument of a curved activation
GAPS = 8.0  # neighbouring differences may be further from the derivative than from one another
COMPLEX = 1e-50  # the same for the complex step
LEAST = 1e-290  # what is less than that is lost on its way up
STRAIGHT = ("identity", "relu", "leaky_relu")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Derivatives along directions, how far off the method itself may be, and for which it means nothing."""

    along: Array
    uncertain: Array
    crossed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Layers from l on, at the pass of some rows with targets, where Z_l moves along D; noise is that of the loss."""

    layers: Sequence[Layer]
    run: Pass
    Y: Array
    loss: Loss
    l: int
    D: Array
    noise: float

    @property
    def above(self) -> range:
        """The layers that a move of Z_l goes through."""
        return range(self.l, len(self.layers))


Way = Callable[[Start], Found]


# ---------------------------------------------------------------- forward mode


def forward_mode(at: Start) -> Found:
    """⟨∇, V⟩ by carrying dZ upward."""
    along = _derivative(at, tangents(at)[-1])
    return Found(along, np.zeros_like(along), np.zeros(along.shape, bool))


def tangents(at: Start) -> list[Array]:
    """dZ_l … dZ_L."""
    found = [at.D]
    for j in at.above[:-1]:
        dA = _pushed(at.layers[j].activation, at.run.Z[j], at.run.A[j + 1], found[-1])
        found.append(_times(dA, at.layers[j + 1].W))
    return found


def _times(D: Array, W: Array) -> Array:
    T, N, d = D.shape
    return (D.reshape(T * N, d) @ W).reshape(T, N, -1)


def _pushed(activation: Activation, Z: Array, A: Array, dZ: Array) -> Array:
    """dA, by rules of forward mode."""
    if isinstance(activation, Elementwise):
        return activation.df(Z, A) * dZ
    found: Array = A * (dZ - (A * dZ).sum(axis=-1, keepdims=True))
    return found


def _derivative(at: Start, dZ: Array) -> Array:
    """The derivative of the loss from that of Z_L."""
    last, Z, H, Y = at.layers[-1].activation, at.run.Z[-1], at.run.H, at.Y
    if at.loss.logarithms(last) and last.name in LOGARITHMS:
        of_log, of_complement = LOGARITHMS[last.name]
        terms = Y * of_log(Z, H, dZ)
        if len(at.loss.logarithms(last)) == 2:
            terms += (1 - Y) * of_complement(Z, H, dZ)
        terms /= -len(Y)
    else:
        terms = at.loss.slope(H, Y) * _pushed(last, Z, H, dZ)
    found: Array = terms.sum(axis=(1, 2))
    return found


def _of_log_softmax(Z: Array, P: Array, dZ: Array) -> Array:
    found: Array = dZ - (P * dZ).sum(axis=-1, keepdims=True)
    return found


def _of_complement_of_softmax(Z: Array, P: Array, dZ: Array) -> Array:
    """d ln(1 − p_k) = p_k (Σ q_j dz_j − dz_k), where q are the probabilities of the others among themselves."""
    largest = np.arange(Z.shape[1]) == Z.argmax(axis=1)[:, None]
    others = np.where(largest, 0.0, np.exp(Z - np.where(largest, -np.inf, Z).max(axis=1, keepdims=True)))
    of_largest = (others / others.sum(axis=1, keepdims=True) * dZ).sum(axis=-1, keepdims=True)
    rest = np.where(largest, 1.0, 1 - P)  # where p ≤ ½, nothing cancels
    of_others = ((P * dZ).sum(axis=-1, keepdims=True) - P * dZ) / rest
    found: Array = P * (np.where(largest, of_largest, of_others) - dZ)
    return found


def _of_log_softplus(Z: Array, A: Array, dZ: Array) -> Array:
    low = Z < -40
    slope = 1 / (1 + np.exp(-np.where(low, 0, Z)))
    found: Array = np.where(low, 1.0, slope / np.where(low, 1.0, A)) * dZ
    return found


def _sigmoid_of_minus(Z: Array) -> Array:
    found: Array = 1 / (1 + np.exp(Z))
    return found


OfLogarithm = Callable[[Array, Array, Array], Array]  # of Z, A and dZ
LOGARITHMS: dict[str, tuple[OfLogarithm, OfLogarithm]] = {
    "softmax": (_of_log_softmax, _of_complement_of_softmax),
    "sigmoid": (lambda Z, A, dZ: _sigmoid_of_minus(Z) * dZ, lambda Z, A, dZ: -A * dZ),
    "softplus": (_of_log_softplus, lambda Z, A, dZ: np.full_like(dZ, np.nan)),
}


# ---------------------------------------------------------------- from values of the loss


def complex_step(at: Start) -> Found:
    """The same by a step off the real line."""
    h = COMPLEX / _largest(at.D)  # T
    Z = at.run.Z[at.l] + 1j * (h[:, None, None] * at.D)
    values, _ = _values(at, Z)
    return Found(values.imag / h, LEAST / h, np.zeros(h.shape, bool))


def central_difference(at: Start) -> Found:
    """The same by differences, with steps that keep within the bends and, where that is possible, between the kinks."""
    fastest, nearest = _limits(at)
    h = np.minimum(BEND / fastest, nearest / 4)
    crossed = h == 0
    h = np.where(crossed, 1.0, h)
    steps = np.concatenate([HALVES, -HALVES])[None] * h[:, None]  # T × 8
    T, N, d = at.D.shape
    Z = at.run.Z[at.l] + steps[:, :, None, None] * at.D[:, None]  # T × 8 × N × d
    values, same = _values(at, Z.reshape(-1, N, d))
    apart = values.reshape(T, 8)[:, :4] - values.reshape(T, 8)[:, 4:]
    h_of = h[:, None] * HALVES[1:]
    estimates = (8 * apart[:, 1:] - apart[:, :-1]) / (12 * h_of)  # T × 3
    gaps = np.abs(np.diff(estimates, axis=1))
    best = 1 + np.nan_to_num(gaps, nan=np.inf).argmin(axis=1)
    each = np.arange(T)
    uncertain = GAPS * gaps[each, best - 1] + 1.5 * at.noise / h_of[each, best]
    return Found(estimates[each, best], uncertain, crossed | ~same.reshape(T, 8).all(axis=1))


def _largest(D: Array) -> Array:
    """The largest entry of each matrix, 1 where all are 0."""
    found = np.abs(D).max(axis=(1, 2))
    return np.where(found > 0, found, 1.0)


def _limits(at: Start) -> tuple[Array, Array]:
    """For each direction how fast the fastest argument of something curved moves, and how far the nearest kink is."""
    curved = [np.full(len(at.D), 0.0)]
    nearest = np.full(len(at.D), np.inf)
    moved = tangents(at)
    for j, dZ in zip(at.above, moved):
        activation, Z = at.layers[j].activation, at.run.Z[j]
        if activation.kinked:
            far = np.where(dZ == 0, np.inf, np.abs(Z) / np.abs(np.where(dZ == 0, 1.0, dZ)))
            nearest = np.minimum(nearest, far.min(axis=(1, 2)))
        if activation.name not in STRAIGHT:
            curved.append(np.abs(dZ).max(axis=(1, 2)))
    least = np.abs(moved[-1]).max(axis=(1, 2)) / (1 + np.abs(at.run.Z[-1]).max() + np.abs(at.Y).max())
    fastest = np.maximum(np.max(curved, axis=0), least)
    return np.where(fastest > 0, fastest, 1.0), nearest


def _values(at: Start, Z: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The loss at each of the matrices Z_l, and whether every kinked unit is on the side on which it was."""
    same, A = np.ones(len(Z), bool), Z
    for j in at.above:
        layer, was = at.layers[j], at.run.Z[j]
        if j > at.l:
            Z = _times(A, layer.W) + (0.0 if layer.b is None else layer.b)
        if layer.activation.kinked:
            same &= ((Z.real > 0) == (was > 0)).all(axis=(1, 2))
        A = layer.activation(Z.reshape(-1, Z.shape[2])).reshape(Z.shape)
    return _losses(at.loss, at.layers[-1].activation, Z, A, at.Y), same


def _losses(loss: Loss, last: Activation, Z: Array, H: Array, Y: Array) -> Array:
    """The value of the loss for each of the matrices Z_L."""
    logs = [f(Z.reshape(-1, Z.shape[2])).reshape(Z.shape) for f in loss.logarithms(last) if f is not None]
    if logs:
        terms = sum(np.where(w == 0, 0, w * log) for w, log in zip((Y, 1 - Y), logs))
        found: Array = -np.asarray(terms).sum(axis=(1, 2)) / len(Y)
        return found
    if loss.name in SQUARES:
        of_squares: Array = ((H - Y) ** 2).sum(axis=(1, 2)) * SQUARES[loss.name](Y.size)
        return of_squares
    return np.array([loss.value(last, z, h, Y) for z, h in zip(Z, H)])


SQUARES: dict[str, Callable[[int], float]] = {
    "half_sse": lambda entries: 0.5,
    "sse": lambda entries: 1.0,
    "mse": lambda entries: 1.0 / entries,
}
