"""Sections 7 and 8: the two lemmas, the proof for two layers, any depth."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core import Layer, Network, backprop
from docs.formulas.answer import J1, network
from docs.formulas.registry import Array, Operators, Pair, Two, formula, sigmoid


@formula("lemma-d", "vec(M)ᵀ Diag(vec N) = vec(M∘N)ᵀ")
def lemma_d(op: Operators, c: Two) -> Iterator[Pair]:
    M, N = c.rng.normal(size=(2, 3, 4))
    yield op.vec(M) @ op.Diag(op.vec(N)), op.vec(M * N)


@formula("lemma-d-proof", "(vec(M)ᵀ Diag(vec N))ᵀ = Diag(vec N)ᵀ vec M = Diag(vec N) vec M = vec(N∘M) = vec(M∘N)")
def lemma_d_proof(op: Operators, c: Two) -> Iterator[Pair]:
    M, N = c.rng.normal(size=(2, 3, 4))
    D, first = op.Diag(op.vec(N)), (op.vec(M)[None] @ op.Diag(op.vec(N))).T[:, 0]
    for line in (D.T @ op.vec(M), D @ op.vec(M), op.vec(N * M), op.vec(M * N)):
        yield first, line


@formula("lemma-k", "vec(M)ᵀ (B ⊗ A) = vec(Aᵀ M B)ᵀ")
def lemma_k(op: Operators, c: Two) -> Iterator[Pair]:
    A, M, B = (c.rng.normal(size=shape) for shape in ((3, 2), (3, 4), (4, 5)))
    yield op.vec(M) @ op.kron(B, A), op.vec(A.T @ M @ B)


@formula("lemma-k-proof", "(vec(M)ᵀ (B ⊗ A))ᵀ = (B ⊗ A)ᵀ vec M = (Bᵀ ⊗ Aᵀ) vec M = vec(Aᵀ M B)")
def lemma_k_proof(op: Operators, c: Two) -> Iterator[Pair]:
    A, M, B = (c.rng.normal(size=shape) for shape in ((3, 2), (3, 4), (4, 5)))
    first = (op.vec(M)[None] @ op.kron(B, A)).T[:, 0]
    for line in (op.kron(B, A).T @ op.vec(M), op.kron(B.T, A.T) @ op.vec(M), op.vec(A.T @ M @ B)):
        yield first, line


def factors(op: Operators, c: Two) -> tuple[Array, Array, Array, Array]:
    """Diag(vec S₂), W₂ᵀ⊗I, Diag(vec S₁), I⊗X."""
    return (
        op.Diag(op.vec(c.S2)),
        op.kron(c.W2.T, np.eye(c.N)),
        op.Diag(op.vec(c.S1)),
        op.kron(np.eye(c.h), c.X),
    )


def claim(op: Operators, c: Two) -> Array:
    """1ᵀ J₁, which every line of the proof equals, by differentiating the loss itself."""
    return op.jacobian(lambda W: c.error(W, c.W2).sum(keepdims=True), c.W1)[0]


@formula("proof-0", "1ᵀ ½Diag(vec 2V) Diag(vec S₂) (W₂ᵀ⊗I) Diag(vec S₁) (I⊗X)")
def proof_0(op: Operators, c: Two) -> Iterator[Pair]:
    D2, K2, D1, K1 = factors(op, c)
    one = np.ones(c.N * c.o)
    yield claim(op, c), one @ (0.5 * op.Diag(op.vec(2 * c.V))) @ D2 @ K2 @ D1 @ K1
    yield claim(op, c), one @ J1(op, c)


@formula("proof-1", "vec(V)ᵀ Diag(vec S₂) (W₂ᵀ⊗I) Diag(vec S₁) (I⊗X)")
def proof_1(op: Operators, c: Two) -> Iterator[Pair]:
    D2, K2, D1, K1 = factors(op, c)
    yield claim(op, c), op.vec(c.V) @ D2 @ K2 @ D1 @ K1
    yield np.ones(c.N * c.o), op.vec(np.ones((c.N, c.o)))


@formula("proof-2", "vec(V∘S₂)ᵀ (W₂ᵀ⊗I) Diag(vec S₁) (I⊗X)")
def proof_2(op: Operators, c: Two) -> Iterator[Pair]:
    _, K2, D1, K1 = factors(op, c)
    yield claim(op, c), op.vec(c.V * c.S2) @ K2 @ D1 @ K1


@formula("proof-3", "vec((V∘S₂)W₂ᵀ)ᵀ Diag(vec S₁) (I⊗X)")
def proof_3(op: Operators, c: Two) -> Iterator[Pair]:
    _, _, D1, K1 = factors(op, c)
    yield claim(op, c), op.vec((c.V * c.S2) @ c.W2.T) @ D1 @ K1


@formula("proof-4", "vec(((V∘S₂)W₂ᵀ)∘S₁)ᵀ (I⊗X)")
def proof_4(op: Operators, c: Two) -> Iterator[Pair]:
    yield claim(op, c), op.vec(((c.V * c.S2) @ c.W2.T) * c.S1) @ factors(op, c)[3]


@formula("proof-5", "vec(Xᵀ(((V∘S₂)W₂ᵀ)∘S₁))ᵀ")
def proof_5(op: Operators, c: Two) -> Iterator[Pair]:
    yield claim(op, c), op.vec(c.X.T @ (((c.V * c.S2) @ c.W2.T) * c.S1))


@formula("theorem", "∇W₁ = unvec( (1ᵀ J₁)ᵀ ) = Xᵀ( ((V∘S₂)W₂ᵀ)∘S₁ ) ∎")
def theorem(op: Operators, c: Two) -> Iterator[Pair]:
    result = c.X.T @ (((c.V * c.S2) @ c.W2.T) * c.S1)
    yield c.gradient(op), result
    yield op.unvec(np.ones(c.N * c.o) @ J1(op, c), c.d, c.h), result
    yield backprop.gradient(network(c), c.X, c.Y, loss="half_sse").layers[0].W, result


@dataclass(frozen=True)
class Deep:
    """Three layers 3-4-2-6 with bias on 5 rows: sigmoid, tanh, sigmoid. Lists count layers from 0."""

    X: Array
    Y: Array
    W: tuple[Array, ...]
    b: tuple[Array, ...]

    @classmethod
    def draw(cls, c: Two) -> "Deep":
        sizes = (3, 4, 2, 6)
        W = tuple(c.rng.normal(size=shape) for shape in zip(sizes, sizes[1:]))
        return cls(
            c.rng.normal(size=(5, 3)), c.rng.normal(size=(5, 6)), W, tuple(c.rng.normal(size=n) for n in sizes[1:])
        )

    def network(self) -> Network:
        names = ("sigmoid", "tanh", "sigmoid")
        return Network.make([Layer.make(W, b, name) for W, b, name in zip(self.W, self.b, names)])

    def forward(self) -> tuple[list[Array], list[Array]]:
        """Z_1 … Z_3 and A_0 … A_3."""
        Z: list[Array] = []
        A = [self.X]
        for W, b, f in zip(self.W, self.b, (sigmoid, np.tanh, sigmoid)):
            Z.append(A[-1] @ W + np.ones((5, 1)) @ b[None])
            A.append(f(Z[-1]))
        return Z, A

    def slopes(self) -> list[Array]:
        _, A = self.forward()
        return [A[1] * (1 - A[1]), 1 - A[2] ** 2, A[3] * (1 - A[3])]

    def deltas(self) -> list[Array]:
        """δ_1 … δ_3 by the matched form."""
        S, found = self.slopes(), []
        delta = (self.forward()[1][-1] - self.Y) * S[2]
        for l in (2, 1, 0):
            found.append(delta)
            delta = (delta @ self.W[l].T) * S[l - 1] if l else delta
        return found[::-1]

    def Deltas(self, op: Operators) -> list[Array]:
        """Δ_1 … Δ_3 by the vectorised form."""
        S, found = self.slopes(), []
        Delta = op.Diag(op.vec(self.forward()[1][-1] - self.Y)) @ op.Diag(op.vec(S[2]))
        for l in (2, 1, 0):
            found.append(Delta)
            if l:
                Delta = Delta @ op.kron(self.W[l].T, np.eye(5)) @ op.Diag(op.vec(S[l - 1]))
        return found[::-1]


@formula("layer", "Z_l = A_{l−1} W_l + 1_N b_lᵀ A_l = σ_l(Z_l) A_0 = X H = A_L")
def layer(op: Operators, c: Two) -> Iterator[Pair]:
    deep = Deep.draw(c)
    Z, A = deep.forward()
    run = deep.network().forward(deep.X)
    yield from zip(Z + A, run.Z + run.A, strict=True)


@formula(
    "matched-deep",
    "δ_L = (∂E/∂H)∘σ′(Z_L) δ_l = (δ_{l+1} W_{l+1}ᵀ)∘σ′(Z_l) N×d_l ∇W_l = A_{l−1}ᵀ δ_l ∇b_l = 1ᵀ δ_l",
)
def matched_deep(op: Operators, c: Two) -> Iterator[Pair]:
    deep = Deep.draw(c)
    A = deep.forward()[1]
    truth = backprop.numeric(deep.network(), deep.X, deep.Y, loss="half_sse").layers
    for l, delta in enumerate(deep.deltas()):
        yield A[l].T @ delta, truth[l].W
        yield np.ones(5) @ delta, truth[l].b
        yield delta.shape, (5, deep.W[l].shape[1])


@formula(
    "vectorized-deep",
    "Δ_L = D_H(E) · D σ(Z_L) Δ_l = Δ_{l+1} (W_{l+1}ᵀ ⊗ I_N) Diag(vec σ′(Z_l)) N·d_L × N·d_l "
    "∇W_l = unvec( (1ᵀ Δ_l (I ⊗ A_{l−1}))ᵀ ) ∇b_l = 1ᵀ Δ_l (I ⊗ 1_N)",
)
def vectorized_deep(op: Operators, c: Two) -> Iterator[Pair]:
    deep = Deep.draw(c)
    A = deep.forward()[1]
    truth = backprop.numeric(deep.network(), deep.X, deep.Y, loss="half_sse").layers
    for l, Delta in enumerate(deep.Deltas(op)):
        eye, row = np.eye(deep.W[l].shape[1]), np.ones(30) @ Delta
        yield op.unvec(row @ op.kron(eye, A[l]), *deep.W[l].shape), truth[l].W
        yield row @ op.kron(eye, np.ones((5, 1))), truth[l].b
        yield Delta.shape, (5 * 6, 5 * deep.W[l].shape[1])


@formula("link", "1ᵀ Δ_l = vec(δ_l)ᵀ")
def link(op: Operators, c: Two) -> Iterator[Pair]:
    deep = Deep.draw(c)
    for Delta, delta in zip(deep.Deltas(op), deep.deltas(), strict=True):
        yield np.ones(30) @ Delta, op.vec(delta)


@formula(
    "link-step",
    "1ᵀ Δ_l = vec(δ_{l+1})ᵀ (W_{l+1}ᵀ ⊗ I_N) Diag(vec σ′(Z_l)) "
    "= vec(δ_{l+1} W_{l+1}ᵀ)ᵀ Diag(vec σ′(Z_l)) = vec((δ_{l+1} W_{l+1}ᵀ)∘σ′(Z_l))ᵀ = vec(δ_l)ᵀ",
)
def link_step(op: Operators, c: Two) -> Iterator[Pair]:
    deep = Deep.draw(c)
    S, deltas, Deltas = deep.slopes(), deep.deltas(), deep.Deltas(op)
    for l in (1, 0):
        above, W, first = deltas[l + 1], deep.W[l + 1], np.ones(30) @ Deltas[l]
        yield first, op.vec(above) @ op.kron(W.T, np.eye(5)) @ op.Diag(op.vec(S[l]))
        yield first, op.vec(above @ W.T) @ op.Diag(op.vec(S[l]))
        yield first, op.vec((above @ W.T) * S[l])
        yield first, op.vec(deltas[l])


@formula("link-gradients", "vec(δ_l)ᵀ (I ⊗ A_{l−1}) = vec(A_{l−1}ᵀ δ_l)ᵀ vec(δ_l)ᵀ (I ⊗ 1_N) = 1ᵀ δ_l ∎")
def link_gradients(op: Operators, c: Two) -> Iterator[Pair]:
    deep = Deep.draw(c)
    A = deep.forward()[1]
    for l, delta in enumerate(deep.deltas()):
        eye = np.eye(delta.shape[1])
        yield op.vec(delta) @ op.kron(eye, A[l]), op.vec(A[l].T @ delta)
        yield op.vec(delta) @ op.kron(eye, np.ones((5, 1))), np.ones(5) @ delta
