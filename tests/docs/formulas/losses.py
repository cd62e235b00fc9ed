"""Sections 9 and 10: other losses, softmax, and what the literal form costs."""

from collections.abc import Callable, Iterator

import numpy as np

from backproof_core import Layer, Network, backprop
from docs.formulas.registry import Array, Operators, Pair, Two, formula, sigmoid, softmax


def distributions(c: Two) -> Array:
    """Targets whose rows sum to 1, of H's shape."""
    return softmax(c.rng.normal(size=(c.N, c.o)))


def last_layer(
    op: Operators, c: Two, loss: str, last: str, Y: Array, value: Callable[[Array], Array], delta: Array
) -> Iterator[Pair]:
    """The value and δ_L against the derivative of the value by Z_L, and against the core."""
    net = Network.make([Layer.make(c.W1, None, "sigmoid"), Layer.make(c.W2, None, last)])
    f = {"sigmoid": sigmoid, "softmax": softmax}[last]
    found = backprop.evaluate(net, c.X, Y, loss=loss)
    yield op.jacobian(lambda Z: np.reshape(value(f(Z)), (1, 1)), c.Z2)[0], op.vec(delta)
    yield found.loss_value, value(f(c.Z2))
    yield found.deltas[-1], delta


@formula("half-sse", "Σ ½(h−y)² | V∘S_L")
def half_sse(op: Operators, c: Two) -> Iterator[Pair]:
    yield from last_layer(op, c, "half_sse", "sigmoid", c.Y, lambda H: np.sum(0.5 * (H - c.Y) ** 2), c.V * c.S2)


@formula("sse", "Σ (h−y)² | 2V∘S_L")
def sse(op: Operators, c: Two) -> Iterator[Pair]:
    yield from last_layer(op, c, "sse", "sigmoid", c.Y, lambda H: np.sum((H - c.Y) ** 2), 2 * c.V * c.S2)


@formula("mse", "Σ (h−y)² / (N·d_L) | (2V/(N·d_L))∘S_L")
def mse(op: Operators, c: Two) -> Iterator[Pair]:
    count = c.N * c.o
    delta = (2 * c.V / count) * c.S2
    yield from last_layer(op, c, "mse", "sigmoid", c.Y, lambda H: np.sum((H - c.Y) ** 2) / count, delta)


@formula("bce", "−Σ(y ln h + (1−y) ln(1−h)) / N | (H−Y)/N")
def bce(op: Operators, c: Two) -> Iterator[Pair]:
    Y = c.rng.uniform(size=(c.N, c.o))

    def value(H: Array) -> Array:
        return np.asarray(-np.sum(Y * np.log(H) + (1 - Y) * np.log(1 - H)) / c.N)

    yield from last_layer(op, c, "binary_cross_entropy", "sigmoid", Y, value, (c.H - Y) / c.N)


@formula("ce", "−Σ y ln h / N | (H−Y)/N")
def ce(op: Operators, c: Two) -> Iterator[Pair]:
    Y = distributions(c)
    delta = (softmax(c.Z2) - Y) / c.N
    yield from last_layer(
        op, c, "cross_entropy", "softmax", Y, lambda H: np.asarray(-np.sum(Y * np.log(H)) / c.N), delta
    )


@formula("softmax", "P = softmax(Z) P[n,k] = exp(Z[n,k]) / Σ_j exp(Z[n,j])")
def softmax_value(op: Operators, c: Two) -> Iterator[Pair]:
    P = Network.make([Layer.make(c.W2, None, "softmax")]).predict(c.A1)
    for n, k in np.ndindex(c.N, c.o):
        yield P[n, k], np.exp(c.Z2[n, k]) / sum(np.exp(z) for z in c.Z2[n])


def same_row(op: Operators, Z: Array) -> Array:
    """1_k 1_kᵀ ⊗ I_N."""
    N, k = Z.shape
    return op.kron(np.ones((k, k)), np.eye(N))


def d_softmax(op: Operators, Z: Array) -> Array:
    D = op.Diag(op.vec(softmax(Z)))
    return D - D @ same_row(op, Z) @ D


@formula("d-softmax", "D softmax(Z) = D − D (1_k 1_kᵀ ⊗ I_N) D with D = Diag(vec P)")
def softmax_jacobian(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(softmax, c.Z1), d_softmax(op, c.Z1)


@formula("softmax-folded", "vec(M)ᵀ (D − D (1_k 1_kᵀ ⊗ I_N) D) = vec( P∘(M − (M∘P) 1_k 1_kᵀ) )ᵀ")
def softmax_folded(op: Operators, c: Two) -> Iterator[Pair]:
    M, P = c.rng.normal(size=c.Z1.shape), softmax(c.Z1)
    yield op.vec(M) @ d_softmax(op, c.Z1), op.vec(P * (M - (M * P) @ np.ones((c.h, c.h))))


@formula("softmax-ones", "1ᵀ (D − D (1_k 1_kᵀ ⊗ I_N) D) = 0ᵀ")
def softmax_ones(op: Operators, c: Two) -> Iterator[Pair]:
    yield np.ones(c.N * c.h) @ d_softmax(op, c.Z1), np.zeros(c.N * c.h)
    yield np.ones(c.N * c.h) @ (7 * d_softmax(op, c.Z1)), np.zeros(c.N * c.h)


def seed(op: Operators, Z: Array, Y: Array) -> Array:
    """Δ_L of cross_entropy after softmax."""
    DY, DP = op.Diag(op.vec(Y)), op.Diag(op.vec(softmax(Z)))
    return (DY @ same_row(op, Z) @ DP - DY) / len(Z)


@formula(
    "seed-cross-entropy",
    "Δ_L = (1/N) [ Diag(vec Y) (1_k 1_kᵀ ⊗ I_N) Diag(vec P) − Diag(vec Y) ] cross_entropy after softmax",
)
def seed_cross_entropy(op: Operators, c: Two) -> Iterator[Pair]:
    Y = softmax(c.rng.normal(size=c.Z1.shape))
    yield op.jacobian(lambda Z: -Y * np.log(softmax(Z)) / c.N, c.Z1), seed(op, c.Z1, Y)


@formula("seed-cross-entropy-sum", "1ᵀ Δ_L = vec( (P − Y)/N )ᵀ")
def seed_cross_entropy_sum(op: Operators, c: Two) -> Iterator[Pair]:
    Y = softmax(c.rng.normal(size=c.Z1.shape))
    yield np.ones(c.N * c.h) @ seed(op, c.Z1, Y), op.vec((softmax(c.Z1) - Y) / c.N)


@formula("seed-binary", "Δ_L = (1/N) Diag(vec(H − Y)) binary_cross_entropy after sigmoid")
def seed_binary(op: Operators, c: Two) -> Iterator[Pair]:
    Y = c.rng.uniform(size=c.Z2.shape)

    def E(Z: Array) -> Array:
        return -(Y * np.log(sigmoid(Z)) + (1 - Y) * np.log(1 - sigmoid(Z))) / c.N

    yield op.jacobian(E, c.Z2), op.Diag(op.vec(c.H - Y)) / c.N


@formula("cost-step-7", "(N·h)(d·h) entries for I_h ⊗ X the matched form needs N·d, for X itself")
def cost_step_7(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.kron(np.eye(c.h), c.X).size, c.N * c.h * c.d * c.h
    yield c.X.size, c.N * c.d
    yield round(8 * (128 * 128) * (784 * 128) / 2**30, 1), 12.2  # the figure in the text below it
