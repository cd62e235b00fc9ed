"""The jacobian route: a full Jacobian by its structure, so that no factor of its size is ever built.

Every factor but the last acts within a row of the data. So of an N·r × N·d matrix only the N blocks are carried that
belong to one row each: G is N×r×d, and entry (k·N+n, j·N+n) of the matrix is G[n,k,j]. The last factor I ⊗ A makes a
Khatri–Rao product of it: J[k·N+n, j·c+i] = G[n,k,j]·A[n,i], for A of c columns.
"""

from dataclasses import dataclass

import numpy as np

from backproof_core.algebra.meaning import Env, Floats, value
from backproof_core.algebra.terms import Add, Diag, Eye, Kron, MatMul, Ones, Scale, Sub, Term, Vec
from backproof_core.errors import ShapeMismatch
from backproof_core.vec import Array


@dataclass(slots=True)
class Reading:
    """Where small terms, as S₁ or W₂ᵀ, get their values; and the bytes alive at the peak, with those that are kept."""

    domain: Floats
    env: Env[Array]
    kept: int = 0
    peak: int = 0

    def small(self, term: Term) -> Array:
        """The value of a term that is no larger than a matrix of the network."""
        return value(term, self.domain, self.env)

    def see(self, *alive: Array) -> None:
        """Counts the bytes of arrays that are alive together."""
        self.peak = max(self.peak, self.kept + sum(M.nbytes for M in alive))


def identity(rows: int, width: int, dtype: np.dtype[np.floating]) -> Array:
    """The blocks of the identity, N×r×r."""
    return np.repeat(np.eye(width, dtype=dtype)[None], rows, axis=0)


def times(G: Array, F: Term, reading: Reading) -> Array:
    """The blocks of the product with a factor that acts within a row; raises ShapeMismatch for one that does not.

    The Jacobian of a softmax, D − D(1ₖ1ₖᵀ ⊗ I_N)D, is such a factor, and so are the seeds.
    """
    match F:
        case Diag(of=Vec(of=S)):
            found: Array = G * reading.small(S)[:, None, :]  # N×r×d
        case Kron(left=Ones(n=n), right=Eye()):
            sums = G.sum(axis=2, keepdims=True)  # N×r×1, for every column
            return np.broadcast_to(sums, (*sums.shape[:2], n.count(reading.env.sizes)))
        case Kron(left=B, right=Eye()):
            N, r, d = G.shape
            found = (G.reshape(N * r, d) @ reading.small(B)).reshape(N, r, -1)
        case MatMul(factors=factors):
            found = G
            for factor in factors:
                found = times(found, factor, reading)
        case Scale(factor=factor, of=of):
            return _scaled(G, of, float(factor.at(reading.env.sizes)), reading)
        case Add(left=left, right=right):
            return _joined(np.add, G, left, right, reading)
        case Sub(left=left, right=right):
            return _joined(np.subtract, G, left, right, reading)
        case Eye():
            return G
        case _:
            raise ShapeMismatch(f"{type(F).__name__} does not act within a row of the data")
    reading.see(G, found)
    return found


def _scaled(G: Array, F: Term, factor: float, reading: Reading) -> Array:
    product = times(G, F, reading)
    found: Array = product * G.dtype.type(factor)
    reading.see(G, product, found)
    return found


def _joined(operation: np.ufunc, G: Array, left: Term, right: Term, reading: Reading) -> Array:
    """The sum or difference of two products, in the memory of the first if it is its own."""
    one, two = times(G, left, reading), times(G, right, reading)
    reading.see(G, one, two)
    own = one is not G and one.flags.writeable
    found: Array = operation(one, two, out=one) if own else operation(one, two)
    return found


def full(G: Array, F: Term, reading: Reading) -> Array:
    """The whole matrix of the product with a last factor I ⊗ A, written once: N·r × d·c.

    Raises ShapeMismatch for a factor of another kind.
    """
    match F:
        case Kron(left=Eye(), right=A):
            return khatri_rao(G, reading.small(A), reading)
    raise ShapeMismatch(f"a chain ends with I ⊗ A, not with {type(F).__name__}")


def khatri_rao(G: Array, A: Array, reading: Reading) -> Array:
    """J[k·N+n, j·c+i] = G[n,k,j]·A[n,i]."""
    (N, r, d), c = G.shape, A.shape[1]
    J = np.empty((r, N, d, c), G.dtype)
    np.multiply(G.transpose(1, 0, 2)[:, :, :, None], A[None, :, None, :], out=J)
    reading.see(G, J)
    return J.reshape(r * N, d * c)
