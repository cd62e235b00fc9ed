"""Sections 4 to 6: the tools, the seven steps, the whole Jacobian."""

from collections.abc import Iterator

import numpy as np

from backproof_core import Layer, Network, backprop
from docs.formulas.registry import Array, Operators, Pair, Two, formula, sigmoid


@formula("vec", "⎡ 1 3 5 ⎤ vec ⎣ 2 4 6 ⎦ = (1, 2, 3, 4, 5, 6)ᵀ unvec of it, to 2×3, is the matrix again")
def vec(op: Operators, c: Two) -> Iterator[Pair]:
    M = np.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]])
    yield op.vec(M), [1, 2, 3, 4, 5, 6]
    yield op.unvec(np.arange(1.0, 7.0), 2, 3), M


@formula("jacobian", "D F(X) = ∂vec F(X) / ∂(vec X)ᵀ F is p×q, X is m×n: D F(X) is pq×mn")
def jacobian(op: Operators, c: Two) -> Iterator[Pair]:
    """Entry (p·k + i, m·l + j) is ∂F[i,k]/∂X[j,l], here of F(X) = B X, 5×4 for X 3×4."""
    B, X = c.rng.normal(size=(5, 3)), c.rng.normal(size=(3, 4))
    D = op.jacobian(lambda X: B @ X, X)
    yield D.shape, (20, 12)
    for (i, k), (j, l) in [((1, 2), (0, 2)), ((4, 3), (2, 3)), ((3, 0), (1, 1))]:
        yield D[5 * k + i, 3 * l + j], B[i, j] if k == l else 0.0


@formula("chain", "D (G∘F)(X) = D G(F(X)) · D F(X)")
def chain(op: Operators, c: Two) -> Iterator[Pair]:
    A, X, C = (c.rng.normal(size=shape) for shape in ((2, 3), (3, 4), (4, 5)))

    def F(M: Array) -> Array:
        return A @ np.exp(M)

    def G(M: Array) -> Array:
        return np.sin(M @ C)

    yield op.jacobian(lambda M: G(F(M)), X), op.jacobian(G, F(X)) @ op.jacobian(F, X)


@formula("vec-abc", "vec(A B C) = (Cᵀ ⊗ A) vec B so ∂vec(A B C)/∂(vec B)ᵀ = Cᵀ ⊗ A")
def vec_abc(op: Operators, c: Two) -> Iterator[Pair]:
    A, B, C = (c.rng.normal(size=shape) for shape in ((2, 3), (3, 4), (4, 5)))
    yield op.vec(A @ B @ C), op.kron(C.T, A) @ op.vec(B)
    yield op.jacobian(lambda B: A @ B @ C, B), op.kron(C.T, A)


@formula("vec-hadamard", "vec(A∘B) = Diag(vec A) vec B")
def vec_hadamard(op: Operators, c: Two) -> Iterator[Pair]:
    A, B = c.rng.normal(size=(2, 3, 4))
    yield op.vec(A * B), op.Diag(op.vec(A)) @ op.vec(B)


@formula("d-hadamard", "∂vec(A∘B) = Diag(vec A) ∂vec B + Diag(vec B) ∂vec A")
def d_hadamard(op: Operators, c: Two) -> Iterator[Pair]:
    """With A = sin P and B = K P, both functions of P."""
    K, P = c.rng.normal(size=(4, 4)), c.rng.normal(size=(4, 3))
    by_A, by_B = op.Diag(op.vec(K @ P)), op.Diag(op.vec(np.sin(P)))
    right = by_B @ op.jacobian(lambda P: K @ P, P) + by_A @ op.jacobian(np.sin, P)
    yield op.jacobian(lambda P: np.sin(P) * (K @ P), P), right


@formula("d-elementwise", "∂vec σ(A)/∂(vec A)ᵀ = Diag(vec σ′(A))")
def d_elementwise(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(sigmoid, c.Z1), op.Diag(op.vec(c.S1))
    yield op.jacobian(np.tanh, c.Z1), op.Diag(op.vec(1 - np.tanh(c.Z1) ** 2))


@formula("d-difference", "∂vec(A−B) = ∂vec A − ∂vec B")
def d_difference(op: Operators, c: Two) -> Iterator[Pair]:
    P = c.rng.normal(size=(4, 3))
    right = op.jacobian(np.sin, P) - op.jacobian(np.exp, P)
    yield op.jacobian(lambda P: np.sin(P) - np.exp(P), P), right


@formula("step-1", "½ I | N·o × N·o")
def step_1(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda U: 0.5 * U, c.V * c.V), 0.5 * np.eye(c.N * c.o)


@formula("step-2", "2 Diag(vec V) | N·o × N·o")
def step_2(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda V: V * V, c.V), 2 * op.Diag(op.vec(c.V))


@formula("step-3", "I | N·o × N·o")
def step_3(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda H: H - c.Y, c.H), np.eye(c.N * c.o)


@formula("step-4", "Diag(vec S₂) | N·o × N·o")
def step_4(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(sigmoid, c.Z2), op.Diag(op.vec(c.S2))
    yield op.Diag(op.vec(c.S2)).shape, (c.N * c.o, c.N * c.o)


@formula("step-5", "W₂ᵀ ⊗ I_N | N·o × N·h")
def step_5(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda A: A @ c.W2, c.A1), op.kron(c.W2.T, np.eye(c.N))
    yield op.kron(c.W2.T, np.eye(c.N)).shape, (c.N * c.o, c.N * c.h)


@formula("step-6", "Diag(vec S₁) | N·h × N·h")
def step_6(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(sigmoid, c.Z1), op.Diag(op.vec(c.S1))
    yield op.Diag(op.vec(c.S1)).shape, (c.N * c.h, c.N * c.h)


@formula("step-7", "I_h ⊗ X | N·h × d·h")
def step_7(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda W: c.X @ W, c.W1), op.kron(np.eye(c.h), c.X)
    yield op.kron(np.eye(c.h), c.X).shape, (c.N * c.h, c.d * c.h)


@formula("step-w2", "∂vec Z₂/∂(vec W₂)ᵀ = I_o ⊗ A₁ N·o × h·o")
def step_w2(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda W: c.A1 @ W, c.W2), op.kron(np.eye(c.o), c.A1)
    yield op.kron(np.eye(c.o), c.A1).shape, (c.N * c.o, c.h * c.o)


def J1(op: Operators, c: Two) -> Array:
    """Section 6's product, N·o × d·h."""
    top = op.Diag(op.vec(c.V)) @ op.Diag(op.vec(c.S2)) @ op.kron(c.W2.T, np.eye(c.N))
    return top @ op.Diag(op.vec(c.S1)) @ op.kron(np.eye(c.h), c.X)


def network(c: Two) -> Network:
    """The same network in the core."""
    return Network.make([Layer.make(c.W1, None, "sigmoid"), Layer.make(c.W2, None, "sigmoid")])


@formula("j1", "J₁ = Diag(vec V) · Diag(vec S₂) · (W₂ᵀ ⊗ I_N) · Diag(vec S₁) · (I_h ⊗ X) N·o × d·h")
def j1(op: Operators, c: Two) -> Iterator[Pair]:
    yield op.jacobian(lambda W: c.error(W, c.W2), c.W1), J1(op, c)
    yield J1(op, c).shape, (c.N * c.o, c.d * c.h)
    yield J1(op, c), backprop.jacobian(network(c), c.X, c.Y, loss="half_sse")[0].W


@formula("j2", "J₂ = Diag(vec V) · Diag(vec S₂) · (I_o ⊗ A₁) N·o × h·o")
def j2(op: Operators, c: Two) -> Iterator[Pair]:
    product = op.Diag(op.vec(c.V)) @ op.Diag(op.vec(c.S2)) @ op.kron(np.eye(c.o), c.A1)
    yield op.jacobian(lambda W: c.error(c.W1, W), c.W2), product
    yield product.shape, (c.N * c.o, c.h * c.o)
    yield product, backprop.jacobian(network(c), c.X, c.Y, loss="half_sse")[1].W


@formula("row-sum", "loss = 1ᵀ vec E ∂loss/∂(vec W₁)ᵀ = 1ᵀ J₁ ∇W₁ = unvec( (1ᵀ J₁)ᵀ )")
def row_sum(op: Operators, c: Two) -> Iterator[Pair]:
    E, one = c.error(c.W1, c.W2), np.ones(c.N * c.o)
    yield E.sum(), one @ op.vec(E)
    yield op.jacobian(lambda W: c.error(W, c.W2).sum(keepdims=True), c.W1)[0], one @ J1(op, c)
    yield op.unvec(one @ J1(op, c), c.d, c.h), c.X.T @ (((c.V * c.S2) @ c.W2.T) * c.S1)


@formula("vectorized-update", "W₁ ← W₁ − rate · unvec( (1ᵀ J₁)ᵀ )")
def vectorized_update(op: Operators, c: Two) -> Iterator[Pair]:
    """The core's gradients, by either form, make the same step."""
    stepped = c.W1 - op.unvec(np.ones(c.N * c.o) @ J1(op, c), c.d, c.h)
    for form in ("matched", "vectorized"):
        yield stepped, c.W1 - backprop.gradient(network(c), c.X, c.Y, loss="half_sse", form=form).layers[0].W


@formula("jacobian-row", "row k·N + n of J₁ = vec( ∂E[n,k]/∂W₁ )ᵀ")
def jacobian_row(op: Operators, c: Two) -> Iterator[Pair]:
    for n, k in np.ndindex(c.N, c.o):
        alone = op.jacobian(lambda W, n=n, k=k: c.error(W, c.W2)[n : n + 1, k : k + 1], c.W1)
        yield J1(op, c)[k * c.N + n], alone[0]


@formula(
    "per-example",
    "∇W₁ of example n alone = unvec( ( Σ_k row k·N + n )ᵀ ) = X[n]ᵀ δ₁[n] X[n], δ₁[n]: row n, as 1×d and 1×h",
)
def per_example(op: Operators, c: Two) -> Iterator[Pair]:
    delta1 = ((c.V * c.S2) @ c.W2.T) * c.S1
    for n in range(c.N):
        rows = sum(J1(op, c)[k * c.N + n] for k in range(c.o))
        alone = backprop.gradient(network(c), c.X[[n]], c.Y[[n]], loss="half_sse").layers[0].W
        yield op.unvec(np.asarray(rows), c.d, c.h), c.X[[n]].T @ delta1[[n]]
        yield alone, c.X[[n]].T @ delta1[[n]]
