"""Callers' own right backprop, as people write it: any order of summation, several formulas, float32 or float64.

And networks of every kind that has made a right gradient look wrong: saturated, dead, tiny, huge, all rows alike.
"""

from dataclasses import dataclass

import numpy as np

from backproof_core import ACTIVATIONS, LOSSES, Layer, Loss, Network
from backproof_core.loss import admissible_pairs

LARGEST_CUBE = 1 << 18  # entries of the products that are summed one after the other


def blas(A, B, rng):
    return A @ B


def backwards(A, B, rng):
    return np.ascontiguousarray(A[:, ::-1]) @ np.ascontiguousarray(B[::-1])


def permuted(A, B, rng):
    order = rng.permutation(len(B))
    return A[:, order] @ B[order]


def blocked(A, B, rng):
    found = A[:, :7] @ B[:7]
    for k in range(7, len(B), 7):
        found = found + A[:, k : k + 7] @ B[k : k + 7]
    return found


def row_by_row(A, B, rng):
    """As a sum of outer products, in the given type."""
    found = np.zeros((len(A), B.shape[1]), A.dtype)
    for k in range(len(B)):
        found += A[:, k : k + 1] * B[k]
    return found


def einsum(A, B, rng):
    return np.einsum("ik,kj->ij", A, B)


def sequential(A, B, rng):
    if A.size * B.shape[1] > LARGEST_CUBE:
        return row_by_row(A, B, rng)
    return np.cumsum(A[:, :, None] * B[None], axis=1, dtype=A.dtype)[:, -1]


def pairwise(A, B, rng):
    if A.size * B.shape[1] > LARGEST_CUBE:
        return backwards(A, B, rng)
    return (A[:, None, :] * np.ascontiguousarray(B.T)[None]).sum(axis=2)


PRODUCTS = (blas, backwards, permuted, blocked, row_by_row, einsum, sequential, pairwise)


def _softmax_shifted(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def _softmax_plain(Z):
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


def _softmax_by_logarithm(Z):
    top = Z.max(axis=1, keepdims=True)
    return np.exp(Z - (top + np.log(np.exp(Z - top).sum(axis=1, keepdims=True))))


def _half(Z):
    return Z.dtype.type(0.5)


FORMULAS = {
    "identity": [np.copy],
    "relu": [lambda Z: np.maximum(Z, 0)],
    "leaky_relu": [lambda Z: np.where(Z > 0, Z, Z.dtype.type(0.01) * Z)],
    "sigmoid": [
        lambda Z: 1 / (1 + np.exp(-Z)),
        lambda Z: _half(Z) * (1 + np.tanh(_half(Z) * Z)),
        lambda Z: np.exp(Z) / (1 + np.exp(Z)),
    ],
    "tanh": [
        np.tanh,
        lambda Z: 2 / (1 + np.exp(-2 * Z)) - 1,
        lambda Z: (np.exp(Z) - np.exp(-Z)) / (np.exp(Z) + np.exp(-Z)),
    ],
    "softplus": [
        lambda Z: np.log1p(np.exp(-np.abs(Z))) + np.maximum(Z, 0),
        lambda Z: np.log(1 + np.exp(Z)),
        lambda Z: np.logaddexp(Z.dtype.type(0), Z),
    ],
    "softmax": [_softmax_shifted, _softmax_plain, _softmax_by_logarithm],
}

SLOPES = {
    "identity": [lambda Z, A: np.ones_like(Z)],
    "relu": [lambda Z, A: (Z > 0).astype(Z.dtype)],
    "leaky_relu": [lambda Z, A: np.where(Z > 0, Z.dtype.type(1), Z.dtype.type(0.01))],
    "sigmoid": [lambda Z, A: A * (1 - A), lambda Z, A: A - A * A, lambda Z, A: np.exp(-Z) / (1 + np.exp(-Z)) ** 2],
    "tanh": [lambda Z, A: 1 - A * A, lambda Z, A: 1 / np.cosh(Z) ** 2, lambda Z, A: (1 - A) * (1 + A)],
    "softplus": [lambda Z, A: 1 / (1 + np.exp(-Z))],
}


@dataclass(frozen=True)
class Numbers:
    """What a caller computed."""

    loss_value: float
    Z: list
    A: list
    deltas: list
    gradients: list  # (∇W, ∇b or None)


def compute(net, X, Y, loss, dtype, rng):
    """Right numbers at a point in that type, each operation in one of its ways; None where one of them overflowed."""
    own = _Caller(np.dtype(dtype), loss, rng)
    with np.errstate(all="ignore"):
        return own.numbers(net, X, Y)


@dataclass(frozen=True)
class _Caller:
    dtype: np.dtype
    loss: Loss
    rng: np.random.Generator

    def pick(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def times(self, A, B):
        return self.pick(PRODUCTS)(A, B, self.rng)

    def rows_summed(self, M):
        found = self.pick(
            [
                lambda: M.sum(axis=0),
                lambda: np.cumsum(M, axis=0)[-1],
                lambda: M[::-1].sum(axis=0),
                lambda: np.ascontiguousarray(M.T).sum(axis=1),
            ]
        )()
        return found.astype(self.dtype)

    def numbers(self, net, X, Y):
        A, Z = [X.astype(self.dtype)], []
        Y = Y.astype(self.dtype)
        for layer in net.layers:
            z = self.times(A[-1], layer.W.astype(self.dtype))
            if layer.b is not None:
                z = z + layer.b.astype(self.dtype)
            Z.append(z)
            A.append(self.pick(FORMULAS[layer.activation.name])(z).astype(self.dtype))
        delta, late = self.seed(net, Z[-1], A[-1], Y)
        deltas, gradients = [], []
        for l in range(len(net.layers) - 1, -1, -1):
            layer = net.layers[l]
            G = self.times(np.ascontiguousarray(A[l].T), delta) * late
            deltas.append(delta * late)
            gradients.append((G, None if layer.b is None else self.rows_summed(delta) * late))
            if l:
                M = self.times(delta, np.ascontiguousarray(layer.W.T.astype(self.dtype)))
                delta = self.pulled(net.layers[l - 1].activation, Z[l - 1], A[l], M)
        assert all(M.dtype == self.dtype for M in [*Z, *A, *deltas])
        if not all(np.isfinite(M).all() for M in [*Z, *A, *deltas]):
            return None
        return Numbers(self.value(net.last, Z[-1], A[-1], Y), Z, A[1:], deltas[::-1], gradients[::-1])

    def seed(self, net, Z, H, Y):
        """δ_L and a factor that is left for the end."""
        n = self.dtype.type({"half_sse": 1, "sse": 1, "mse": H.size}.get(self.loss.name, len(H)))
        first, late = self.pick([(n, self.dtype.type(1)), (self.dtype.type(1), 1 / n)])
        if net.last.name == self.loss.folded_with and self.rng.integers(3):
            return (H - Y) / first, late
        if self.loss.name == "cross_entropy":
            G = -Y / H
        elif self.loss.name == "binary_cross_entropy":
            G = self.pick([lambda: (1 - Y) / (1 - H) - Y / H, lambda: (H - Y) / (H * (1 - H))])()
        else:
            G = (H - Y) * self.dtype.type(1 if self.loss.name == "half_sse" else 2)
        if net.last.name == self.loss.folded_with == "sigmoid":
            return G / first * (H * (1 - H)), late  # what was divided by, to the bit
        return self.pulled(net.last, Z, H, G / first), late

    def pulled(self, activation, Z, A, M):
        if activation.name != "softmax":
            return M * self.pick(SLOPES[activation.name])(Z, A).astype(self.dtype)
        if self.rng.integers(2) and A.shape[1] < 40:
            eye = np.eye(A.shape[1], dtype=self.dtype)
            J = A[:, :, None] * (eye - A[:, None, :])
            return np.einsum("ni,nij->nj", M, J)
        return A * (M - (M * A).sum(axis=1, keepdims=True))

    def value(self, last, Z, H, Y):
        if not self.loss.logarithms(last):
            return float(
                ((H - Y) ** 2).sum(dtype=self.dtype) * {"half_sse": 0.5, "sse": 1.0}.get(self.loss.name, 1 / H.size)
            )
        if self.rng.integers(2):
            return float(self.loss.value(last, Z, H, Y))
        logs = np.where(Y == 0, 0, Y * np.log(H))
        if self.loss.name == "binary_cross_entropy":
            logs = logs + np.where(Y == 1, 0, (1 - Y) * np.log(1 - H))
        return float(-logs.sum(dtype=self.dtype) / len(H))


# ---------------------------------------------------------------- networks


KINDS = {  # and how often each is drawn
    "plain": 0.4,
    "saturated": 0.15,
    "dead": 0.1,
    "scaled": 0.15,
    "zero": 0.05,
    "twins": 0.06,  # rows that are equal, and units
    "constant": 0.04,  # every weight of a layer is the same, and every input of a row
    "integers": 0.05,
}


def networks(rng):
    """(net, X, Y, loss) at random, of any size and scale."""
    loss, last = admissible_pairs()[int(rng.integers(len(admissible_pairs())))]
    sizes, rows = _sizes(rng)
    if last == "softmax" or loss == "cross_entropy":
        sizes[-1] = max(sizes[-1], 2)
    names = [*rng.choice(sorted(ACTIVATIONS), size=len(sizes) - 2), last]
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    X = rng.normal(size=(rows, sizes[0]))
    gain = {"saturated": rng.uniform(2, 15), "scaled": 10.0 ** rng.uniform(-8, 2 if last == "softmax" else 8)}.get(
        kind, rng.uniform(0.3, 2)
    )
    layers = [_layer(rng, m, n, str(name), gain, kind) for m, n, name in zip(sizes, sizes[1:], names)]
    if kind == "integers":
        X = rng.integers(-1, 2, size=X.shape).astype(float)
    if kind == "scaled":
        X = X * 10.0 ** rng.uniform(-8, 8)
    if kind == "constant":
        X[:] = X[:, :1] if rng.integers(2) else X[0, 0]
    if kind == "twins":
        X = np.repeat(X[: max(1, rows // 50)], 50, axis=0)[:rows] if rows > 50 else np.repeat(X[:1], rows, axis=0)
    net = Network.make(layers)
    if rng.integers(2):
        net, X = net.astype("float32").astype("float64"), X.astype(np.float32).astype(np.float64)
    Y = _targets(rng, net, X, LOSSES[loss], kind)
    return net, X, LOSSES[loss].prepare_targets(Y)[0], LOSSES[loss]


def _sizes(rng):
    depth, largest = int(rng.integers(1, 5)), int(rng.choice([6, 24, 64, 512], p=[0.4, 0.3, 0.27, 0.03]))
    sizes = [int(np.exp(rng.uniform(0, np.log(largest + 0.99)))) for _ in range(depth + 1)]
    rows = int(np.exp(rng.uniform(0, np.log(rng.choice([8, 64, 300], p=[0.5, 0.4, 0.1])))))
    return sizes, max(rows, 1)


def _layer(rng, m, n, name, gain, kind):
    W = rng.normal(size=(m, n)) * gain / np.sqrt(m)
    b = rng.normal(size=n) * gain * 0.3 if rng.integers(3) else None
    if kind == "dead" and b is not None:
        b = b - rng.choice([0.0, 10.0], size=n)
    if kind == "zero":
        W, b = np.zeros_like(W), None if b is None else np.zeros_like(b)
    if kind == "twins" and n > 1:
        W[:] = W[:, :1]
    if kind == "constant":
        W[:] = W[0, 0]
    return Layer.make(W, b, name)


def _targets(rng, net, X, loss, kind):
    rows, k = len(X), net.sizes[-1]
    if loss.name == "cross_entropy":
        if kind == "zero" or rng.integers(2):
            return np.eye(k)[np.arange(rows) % k]
        return rng.dirichlet(np.ones(k), size=rows)
    if loss.name == "binary_cross_entropy":
        return rng.integers(0, 2, size=(rows, k)).astype(float) if rng.integers(2) else rng.uniform(size=(rows, k))
    if rng.integers(6) == 0:
        return net.predict(X)
    return rng.normal(size=(rows, k)) * (1.0 if kind != "scaled" else 10.0 ** rng.uniform(-8, 8))
