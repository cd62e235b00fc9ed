"""Points that can show mistakes: few rows of short numbers, off kinks and not saturated, no two of them alike.

Weights and inputs are multiples of 2⁻⁷ and 2⁻⁵: exact in single precision too, and readable.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from backproof_core.activation import Activation, Softmax, named
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.vec import Array

Rng = np.random.Generator

MARGIN = 0.05  # of pre-activations from a kink
BENT = 0.3  # the largest pre-activation of a unit, at least: near 0 many activations are straight lines
SATURATED = 4.0
SATURATED_SOFTMAX = 1.5  # so that no probability is more than e³ times another of its row
RESIDUAL = 0.1
CANDIDATES = 100  # for one neuron at a time
TRIES = 30
PATIENCE = 6  # draws that are no better, before the best is taken
WIDEST = 8


def small(sizes: Sequence[int]) -> tuple[int, ...]:
    """The sizes where none is above 8, else small ones, equal and in order where these are: 784-128-10 → 5-4-3.

    A width of 1 stays, no other becomes 1. More than seven different widths cannot all stay different.
    """
    if max(sizes) <= WIDEST:
        return tuple(sizes)
    different = sorted(set(sizes) - {1})
    lowest = 3 if len(different) <= WIDEST - 2 else 2
    new = {d: min(lowest + k, WIDEST) for k, d in enumerate(different)}
    return tuple(new.get(d, 1) for d in sizes)


def rows_for(sizes: Sequence[int]) -> int:
    """A number of rows N, of 3 … 7 where one is no width, for which 2, N, d_L, N·d_L and their inverses differ.

    Where it can be, two of them do not make a third either, as in N = 2·d_L.
    """
    d = int(sizes[-1])
    free: list[int] = [N for N in (3, 5, 7, 6, 4, 9, 11, 13, 10, 8, *range(14, 15 + len(sizes))) if N not in sizes]
    return next((N for N in free if N < 8 and N not in (4, 2 * d, d * d) and d != 2 * N), free[0])


def draw(
    sizes: Sequence[int], activations: Sequence[str], *, loss: Loss, bias: Sequence[bool], rows: int, seed: int
) -> tuple[Network, Array, Array]:
    """A network, rows X and targets Y that show mistakes, the same for the same arguments.

    No number of X, W and b is 0, no two in a column are equal up to their sign. Each unit is bent but not saturated,
    and on both sides of its kink, if it has one, where there are two rows. The best of a bounded number of draws: for
    some architectures, as one dead relu below another without biases, there is no such point.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = [named(a) for a in activations]
    best: tuple[float, tuple[Layer, ...], Array] | None = None
    since = 0
    for _ in range(TRIES):
        X = _different(rng, rows, sizes[0], digits=5, std=1.0)
        layers, H, flaws = _layers(rng, X, sizes, chosen, bias)
        since += 1
        if best is None or flaws < best[0]:
            best, outputs, since = (flaws, layers, X), H, 0
        if best[0] == 0 or since == PATIENCE:
            break
    assert best is not None
    return Network(best[1]), best[2], _targets(rng, loss, outputs)


def _layers(
    rng: Rng, X: Array, sizes: Sequence[int], activations: Sequence[Activation], bias: Sequence[bool]
) -> tuple[tuple[Layer, ...], Array, float]:
    """Layers drawn one on the other, their outputs on X, and how much is wrong with them: 0 where nothing is."""
    layers: list[Layer] = []
    A, flaws = X, 0.0
    for (_, d_out), activation, biased in zip(pairwise(sizes), activations, bias):
        layer, wrong = _layer(rng, A, d_out, activation, biased=biased)
        A = activation(layer.affine(A))
        layers.append(layer)
        flaws += wrong + np.count_nonzero(~A.any(axis=1))  # rows that say nothing to the layers above
    return tuple(layers), A, flaws


def _layer(rng: Rng, A: Array, d_out: int, activation: Activation, *, biased: bool) -> tuple[Layer, float]:
    """One layer on inputs A, neuron by neuron, each the best of its candidates, and their flaws."""
    neurons: list[tuple[Array, float]] = []
    flaws, silent = 0.0, np.ones(len(A), bool)
    spread = float(np.linalg.norm(A - A.mean(axis=0))) / np.sqrt(len(A))  # how far a row's inputs are from the mean
    std = (0.8 if isinstance(activation, Softmax) else 1.4) / max(spread, 0.5)
    for j in range(d_out):
        W = _different(rng, A.shape[1], CANDIDATES, digits=7, std=std)
        b = _rounded(rng, 6, rng.normal(-(A @ W).mean(axis=0), 0.5)) * biased
        Z = A @ W + b  # N × candidates
        wrong = _flaws(activation, Z)
        if biased:  # no bias that another neuron has, up to its sign
            wrong += np.isin(np.abs(b), [abs(other) for _, other in neurons])
        if j == d_out - 1:  # the last one is to speak where all the others are silent
            wrong += np.count_nonzero(activation(Z)[silent] == 0, axis=0)
        k = int(wrong.argmin())
        silent &= activation(Z[:, [k]])[:, 0] == 0
        neurons.append((W[:, k], float(b[k])))
        flaws += float(wrong[k])
    found = np.stack([w for w, _ in neurons], axis=1)
    return Layer.make(found, [b for _, b in neurons] if biased else None, activation), flaws


def _flaws(activation: Activation, Z: Array) -> Array:
    """For each column of Z, a unit's pre-activations, how much keeps it from showing what its activation does."""
    size = np.abs(Z)
    limit = SATURATED_SOFTMAX if isinstance(activation, Softmax) else SATURATED
    found: Array = np.count_nonzero(size >= limit, axis=0) + (size.max(axis=0) < BENT).astype(np.float64)
    if activation.kinked:
        found += 10 * np.count_nonzero(size < MARGIN, axis=0)
        found += ~(Z > 0).any(axis=0)
        if len(Z) > 1:
            found += ~(Z < 0).any(axis=0)
    return found


def _different(rng: Rng, rows: int, columns: int, *, digits: int, std: float) -> Array:
    """A matrix of normal numbers to so many binary digits, none 0, no two in a column alike up to their sign.

    Where a column is too long for that it has as few of them as a bounded number of draws leaves.
    """
    M = _rounded(rng, digits, rng.normal(0.0, std, (rows, columns)))
    for _ in range(TRIES):
        order = np.argsort(np.abs(M), axis=0, kind="stable")
        ranked = np.take_along_axis(np.abs(M), order, axis=0)
        again = np.zeros_like(M, dtype=bool)
        np.put_along_axis(again, order[1:], ranked[1:] == ranked[:-1], axis=0)
        if not again.any():
            break
        M[again] = _rounded(rng, digits, rng.normal(0.0, std, int(again.sum())))
    return M


def _rounded(rng: Rng, digits: int, x: Array) -> Array:
    """The numbers as multiples of 2^−digits, none of them 0: what would be is the smallest one, of either sign."""
    scaled = np.rint(np.ldexp(x, digits))
    sign = rng.choice([-1.0, 1.0], size=x.shape)
    return np.ldexp(np.where(scaled == 0, sign, scaled), -digits)


def _targets(rng: Rng, loss: Loss, H: Array) -> Array:
    """Targets that the loss admits, each far enough from the output to be seen."""
    if loss.name == "cross_entropy":
        drawn = [_distributions(rng, *H.shape) for _ in range(TRIES)]
        return max(drawn, key=lambda Y: min(float(np.abs(H - Y).max(axis=1).min()), RESIDUAL))
    if loss.name == "binary_cross_entropy":
        candidates = rng.choice([0.0, 0.25, 0.75, 1.0], size=(TRIES, *H.shape))
    else:
        candidates = _rounded(rng, 5, rng.normal(size=(TRIES, *H.shape)))
    far = np.abs(candidates - H) >= RESIDUAL
    chosen: Array = np.take_along_axis(candidates, far.argmax(axis=0)[None], axis=0)[0]
    return chosen


def _distributions(rng: Rng, rows: int, classes: int) -> Array:
    """Exact distributions, likeliest classes taking turns; of three rows one is one-hot."""
    whole = 1 << max(int(4 * classes - 1).bit_length(), 2)
    most = max((whole // 2 - 1) // max(classes - 1, 1), 1)  # of the others together less than half
    parts = rng.integers(1, most + 1, size=(rows, classes))
    likeliest = (rng.integers(classes) + np.arange(rows)) % classes
    parts[np.arange(rows), likeliest] = 0
    if rows > 2:
        parts[rng.integers(rows)] = 0
    parts[np.arange(rows), likeliest] = whole - parts.sum(axis=1)
    return np.asarray(parts, np.float64) / whole
