"""Sections 1 to 3: the network, the chain rule that does not conform, and the trick."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from docs.formulas.registry import Array, Operators, Pair, Two, formula, sigmoid

XOR = Two(N=4, d=2, h=2, o=1)


@formula("forward", "Z₁ = X W₁ A₁ = σ(Z₁) Z₂ = A₁ W₂ H = σ(Z₂) that is, H(X) = σ(σ(X W₁) W₂)")
def forward(op: Operators, c: Two) -> Iterator[Pair]:
    yield c.H, sigmoid(sigmoid(c.X @ c.W1) @ c.W2)
    yield c.Z1.shape, (c.N, c.h)
    yield c.H.shape, (c.N, c.o)


@formula("error", "E = ½ (H−Y)∘(H−Y)")
def error(op: Operators, c: Two) -> Iterator[Pair]:
    yield c.error(c.W1, c.W2), [[0.5 * (h - y) ** 2 for h, y in zip(*rows)] for rows in zip(c.H, c.Y)]


@formula("update", "loss = Σ E ∇W₁ = ∂loss/∂W₁ W₁ ← W₁ − rate · ∇W₁")
def update(op: Operators, c: Two) -> Iterator[Pair]:
    """A small step lowers the loss by rate·|∇W₁|²: the sign is right, and so is the size."""
    gradient, rate = c.gradient(op), 1e-9
    before, after = (c.error(W, c.W2).sum() for W in (c.W1, c.W1 - rate * gradient))
    yield np.round((before - after) / (rate * np.sum(gradient**2)), 4), 1.0


@formula("sigmoid-slope", "σ(z) = 1/(1 + e⁻ᶻ) σ′(z) = a (1 − a) with a = σ(z)")
def sigmoid_slope(op: Operators, c: Two) -> Iterator[Pair]:
    z = c.rng.normal(size=9)
    yield sigmoid(z + 1e-20j).imag / 1e-20, sigmoid(z) * (1 - sigmoid(z))


@formula("scalar-chain", "∂E/∂W₁ = V · S₂ · W₂ · S₁ · X for N = d = h = o = 1")
def scalar_chain(op: Operators, c: Two) -> Iterator[Pair]:
    one = Two(N=1, d=1, h=1, o=1)
    yield one.gradient(op), one.V @ one.S2 @ one.W2 @ one.S1 @ one.X


def refused(A: Array, B: Array, shapes: str) -> Iterator[Pair]:
    """The two shapes are those in the text, and NumPy refuses the product."""
    yield [f"({A.shape[0]}×{A.shape[1]})({B.shape[0]}×{B.shape[1]})" == shapes], [True]
    try:
        A @ B
    except ValueError:
        return
    yield 0, 1


@formula("naive-1", "V · S₂ | (4×1)(4×1)")
def naive_1(op: Operators, c: Two) -> Iterator[Pair]:
    yield from refused(XOR.V, XOR.S2, "(4×1)(4×1)")


@formula("naive-2", "(V∘S₂) · W₂ | (4×1)(2×1)")
def naive_2(op: Operators, c: Two) -> Iterator[Pair]:
    yield from refused(XOR.V * XOR.S2, XOR.W2, "(4×1)(2×1)")


@formula("naive-3", "((V∘S₂) W₂ᵀ) · S₁ | (4×2)(4×2)")
def naive_3(op: Operators, c: Two) -> Iterator[Pair]:
    yield from refused((XOR.V * XOR.S2) @ XOR.W2.T, XOR.S1, "(4×2)(4×2)")


@formula("naive-4", "(((V∘S₂) W₂ᵀ)∘S₁) · X | (4×2)(4×2)")
def naive_4(op: Operators, c: Two) -> Iterator[Pair]:
    yield from refused(((XOR.V * XOR.S2) @ XOR.W2.T) * XOR.S1, XOR.X, "(4×2)(4×2)")


@formula("matched", "δ₂ = V∘S₂ N×o ∇W₂ = A₁ᵀ δ₂ h×o δ₁ = (δ₂ W₂ᵀ)∘S₁ N×h ∇W₁ = Xᵀ δ₁ d×h")
def matched(op: Operators, c: Two) -> Iterator[Pair]:
    delta2 = c.V * c.S2
    delta1 = (delta2 @ c.W2.T) * c.S1
    by_W2 = op.jacobian(lambda W: c.error(c.W1, W).sum(keepdims=True), c.W2)[0]
    yield c.X.T @ delta1, c.gradient(op)
    yield c.A1.T @ delta2, op.unvec(by_W2, c.h, c.o)
    yield (delta2.shape, delta1.shape), ((c.N, c.o), (c.N, c.h))


@formula("eighteen", "on XOR, 2-2-1: 18 different products have the shape of W₁, and 1 of them is ∇W₁")
def eighteen(op: Operators, c: Two) -> Iterator[Pair]:
    found = [M for M in products((XOR.X, XOR.V, XOR.S2, XOR.W2, XOR.S1)) if M.shape == XOR.W1.shape]
    yield len(found), 18
    yield sum(np.allclose(M, XOR.gradient(op)) for M in found), 1


def products(operands: tuple[Array, ...]) -> list[Array]:
    """The different matrices that come of using each operand once, transposed or not, joined by @ and ∘."""

    @cache
    def of(chosen: frozenset[int]) -> list[Array]:
        found: dict[tuple[object, ...], Array] = {}
        for M in singles(chosen) + pairs(chosen):
            found[(M.shape, *np.round(M, 9).ravel())] = M
        return list(found.values())

    def singles(chosen: frozenset[int]) -> list[Array]:
        return [M for i in chosen if len(chosen) == 1 for M in (operands[i], operands[i].T)]

    def pairs(chosen: frozenset[int]) -> list[Array]:
        return [M for left in subsets(chosen) for A in of(left) for B in of(chosen - left) for M in joined(A, B)]

    return of(frozenset(range(len(operands))))


def subsets(chosen: frozenset[int]) -> list[frozenset[int]]:
    """The subsets that are neither empty nor everything."""
    items = sorted(chosen)
    bits = range(1, 2 ** len(items) - 1)
    return [frozenset(item for k, item in enumerate(items) if b >> k & 1) for b in bits]


def joined(A: Array, B: Array) -> list[Array]:
    """A @ B and A ∘ B, where the shapes allow them."""
    inner = [A @ B] if A.shape[1] == B.shape[0] else []
    return [*inner, A * B] if A.shape == B.shape else inner
