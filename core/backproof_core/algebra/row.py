"""The row route: vec(M)ᵀ F carried as the matrix M′ with vec(M′)ᵀ = vec(M)ᵀ F, by the two lemmas of the proof.

    D   vec(M)ᵀ Diag(vec S) = vec(M∘S)ᵀ                  K   vec(M)ᵀ (B ⊗ A) = vec(AᵀMB)ᵀ

Products are taken factor by factor; what multiplies every entry, and sums and differences, pass through.
"""

from collections.abc import Sequence

from backproof_core.algebra.terms import (
    Add,
    Diag,
    Eye,
    Hadamard,
    Kron,
    MatMul,
    Ones,
    Scale,
    Sub,
    Term,
    Transpose,
    Vec,
    product,
)
from backproof_core.errors import ShapeMismatch


def fold(M: Term, F: Term) -> Term:
    """The matrix M′ with vec(M′)ᵀ = vec(M)ᵀ F; raises ShapeMismatch for an F that the lemmas do not know."""
    match F:
        case Diag(of=Vec(of=S)):
            return Hadamard(M, S)
        case Kron(left=B, right=A):
            return between(A, M, B)
        case Sub(left=Diag(of=Vec(of=P)) as D, right=MatMul(factors=(*before, last))) if last == D:
            return Hadamard(P, Sub(M, through(M, before)))  # D − F D = (I − F)D
        case MatMul(factors=factors):
            return through(M, factors)
        case Scale(factor=factor, of=of):
            return Scale(factor, fold(M, of))
        case Add(left=left, right=right):
            return Add(fold(M, left), fold(M, right))
        case Sub(left=left, right=right):
            return Sub(fold(M, left), fold(M, right))
        case Eye():
            return M
    raise ShapeMismatch(f"no lemma carries a row through {type(F).__name__}")


def through(M: Term, factors: Sequence[Term]) -> Term:
    """M folded through one factor after the other."""
    for F in factors:
        M = fold(M, F)
    return M


def between(A: Term, M: Term, B: Term) -> Term:
    """AᵀMB, without the identities among A and B."""
    return product(*(() if isinstance(A, Eye) else (transposed(A),)), M, *(() if isinstance(B, Eye) else (B,)))


def transposed(A: Term) -> Term:
    """Aᵀ, with (Aᵀ)ᵀ = A and (1ₘ1ₙᵀ)ᵀ = 1ₙ1ₘᵀ."""
    match A:
        case Transpose(of=of):
            return of
        case Ones(m=m, n=n):
            return Ones(n, m)
    return Transpose(A)
