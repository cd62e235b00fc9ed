"""What a term means: literally np.kron, np.diag, np.eye, in floating point or exactly modulo a prime.

A domain is the arithmetic; `value` reads a term in one. Two are here: NumPy's floating point, and the integers modulo
2⁶¹ − 1, in which an identity of rational functions that fails anywhere fails at almost every point.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from backproof_core.algebra.sizes import Sizes
from backproof_core.algebra.terms import (
    Add,
    Diag,
    Eye,
    Fn,
    Hadamard,
    Kron,
    MatMul,
    Ones,
    Quotient,
    Scale,
    Sub,
    Sym,
    Term,
    Transpose,
    Unvec,
    Vec,
)
from backproof_core.errors import UnknownName
from backproof_core.vec import Array, unvec, vec

PRIME = 2**61 - 1
Residues = npt.NDArray[np.object_]  # of Python's integers, which do not overflow
V = TypeVar("V")


class Domain(Protocol[V]):
    """The type for an arithmetic of matrices."""

    def ones(self, m: int, n: int) -> V: ...
    def eye(self, n: int) -> V: ...
    def scale(self, factor: Fraction, A: V) -> V: ...
    def transpose(self, A: V) -> V: ...
    def matmul(self, A: V, B: V) -> V: ...
    def add(self, A: V, B: V) -> V: ...
    def sub(self, A: V, B: V) -> V: ...
    def hadamard(self, A: V, B: V) -> V: ...
    def quotient(self, A: V, B: V) -> V: ...
    def kron(self, B: V, A: V) -> V: ...
    def diag(self, v: V) -> V: ...
    def vec(self, A: V) -> V: ...
    def unvec(self, v: V, m: int, n: int) -> V: ...


@dataclass(frozen=True, slots=True)
class Floats:
    """NumPy's floating point of one type; a column is an n×1 matrix."""

    dtype: np.dtype[np.floating]

    def ones(self, m: int, n: int) -> Array:
        return np.ones((m, n), self.dtype)

    def eye(self, n: int) -> Array:
        return np.eye(n, dtype=self.dtype)

    def scale(self, factor: Fraction, A: Array) -> Array:
        """(numerator·A)/denominator, in this order: of 2/(N·o) the 2 comes first."""
        top = A if factor.numerator == 1 else factor.numerator * A
        return top if factor.denominator == 1 else top / factor.denominator

    def transpose(self, A: Array) -> Array:
        return A.T

    def matmul(self, A: Array, B: Array) -> Array:
        return A @ B

    def add(self, A: Array, B: Array) -> Array:
        return A + B

    def sub(self, A: Array, B: Array) -> Array:
        return A - B

    def hadamard(self, A: Array, B: Array) -> Array:
        return A * B

    def quotient(self, A: Array, B: Array) -> Array:
        """A⊘B; where a probability of B has been rounded to 0, its smallest positive value keeps it finite."""
        return A / np.where(B == 0, np.finfo(self.dtype).tiny, B)

    def kron(self, B: Array, A: Array) -> Array:
        return np.kron(B, A)

    def diag(self, v: Array) -> Array:
        return np.diag(v[:, 0])

    def vec(self, A: Array) -> Array:
        return vec(A)[:, None]

    def unvec(self, v: Array, m: int, n: int) -> Array:
        return unvec(v[:, 0], m, n)


@dataclass(frozen=True, slots=True)
class Modular:
    """The integers modulo 2⁶¹ − 1, in which every number but 0 has an inverse; nothing is ever rounded."""

    def ones(self, m: int, n: int) -> Residues:
        return np.full((m, n), 1, dtype=object)

    def eye(self, n: int) -> Residues:
        found = np.full((n, n), 0, dtype=object)
        found[np.arange(n), np.arange(n)] = 1
        return found

    def scale(self, factor: Fraction, A: Residues) -> Residues:
        return _reduced(A * (factor.numerator * pow(factor.denominator, -1, PRIME)))

    def transpose(self, A: Residues) -> Residues:
        return A.T

    def matmul(self, A: Residues, B: Residues) -> Residues:
        return _reduced(np.dot(A, B))

    def add(self, A: Residues, B: Residues) -> Residues:
        return _reduced(A + B)

    def sub(self, A: Residues, B: Residues) -> Residues:
        return _reduced(A - B)

    def hadamard(self, A: Residues, B: Residues) -> Residues:
        return _reduced(A * B)

    def quotient(self, A: Residues, B: Residues) -> Residues:
        return _reduced(A * _inverses(B))

    def kron(self, B: Residues, A: Residues) -> Residues:
        (m, n), (p, q) = B.shape, A.shape
        blocks = _reduced(B[:, None, :, None] * A[None, :, None, :])
        return blocks.reshape(m * p, n * q)

    def diag(self, v: Residues) -> Residues:
        found = np.full((len(v), len(v)), 0, dtype=object)
        found[np.arange(len(v)), np.arange(len(v))] = v[:, 0]
        return found

    def vec(self, A: Residues) -> Residues:
        return A.T.reshape(-1, 1)

    def unvec(self, v: Residues, m: int, n: int) -> Residues:
        return v.reshape(n, m).T


def _reduced(A: Residues) -> Residues:
    """The remainders modulo p."""
    found: Residues = A % PRIME
    return found


def _inverses(B: Residues) -> Residues:
    """Entry by entry; raises ZeroDivisionError where there is none."""
    if (B % PRIME == 0).any():
        raise ZeroDivisionError("0 has no inverse modulo p")
    found: Residues = np.frompyfunc(lambda b: pow(int(b), -1, PRIME), 1, 1)(B)
    return found


@dataclass(slots=True)
class Env(Generic[V]):
    """What the names in a term stand for: sizes, matrices, functions. known keeps values of terms that come again.

    A value is known by the term that it belongs to, as an object; rewriting leaves untouched parts as they are.
    """

    sizes: Sizes
    matrices: Mapping[str, V]
    functions: Mapping[str, Callable[..., V]] = field(default_factory=dict)
    known: dict[int, tuple[Term, V]] = field(default_factory=dict)


def value(term: Term, domain: Domain[V], env: Env[V]) -> V:
    """The matrix that a term is in a domain, products from left to right.

    Raises UnknownName for a matrix or a function that env leaves out.
    """
    found = env.known.get(id(term))
    if found is None:
        found = env.known[id(term)] = (term, _value(term, domain, env))
    return found[1]


def _value(term: Term, domain: Domain[V], env: Env[V]) -> V:  # noqa: C901 — one case for each node of the closed set
    match term:
        case Sym(name=name):
            return _named(name, env)
        case Fn(name=name) if name in env.matrices:
            return env.matrices[name]
        case Fn(function=function, args=args):
            if function not in env.functions:
                raise UnknownName("function", function, env.functions)
            return env.functions[function](*(value(arg, domain, env) for arg in args))
        case Eye(n=n):
            return domain.eye(n.count(env.sizes))
        case Ones(m=m, n=n):
            return domain.ones(m.count(env.sizes), n.count(env.sizes))
        case MatMul(factors=factors):
            result = value(factors[0], domain, env)
            for factor in factors[1:]:
                result = domain.matmul(result, value(factor, domain, env))
            return result
        case Scale(factor=factor, of=of):
            return domain.scale(factor.at(env.sizes), value(of, domain, env))
        case Unvec(of=of, m=m, n=n):
            return domain.unvec(value(of, domain, env), m.count(env.sizes), n.count(env.sizes))
        case Transpose(of=of):
            return domain.transpose(value(of, domain, env))
        case Vec(of=of):
            return domain.vec(value(of, domain, env))
        case Diag(of=of):
            return domain.diag(value(of, domain, env))
        case Kron(left=left, right=right):
            return domain.kron(value(left, domain, env), value(right, domain, env))
        case Add(left=left, right=right):
            return domain.add(value(left, domain, env), value(right, domain, env))
        case Sub(left=left, right=right):
            return domain.sub(value(left, domain, env), value(right, domain, env))
        case Hadamard(left=left, right=right):
            return domain.hadamard(value(left, domain, env), value(right, domain, env))
        case Quotient(left=left, right=right):
            return domain.quotient(value(left, domain, env), value(right, domain, env))
    raise AssertionError(f"no meaning for {type(term).__name__}")


def _named(name: str, env: Env[V]) -> V:
    if name not in env.matrices:
        raise UnknownName("matrix", name, env.matrices)
    return env.matrices[name]


def dense(term: Term, env: Env[Array]) -> Array:
    """The matrix that a term is, in the floating-point type of env's matrices."""
    kinds = [M.dtype for M in env.matrices.values()]
    return value(term, Floats(np.result_type(*kinds) if kinds else np.dtype(np.float64)), env)


def modular(term: Term, env: Env[Residues]) -> Residues:
    """The matrix that a term is, exactly, modulo 2⁶¹ − 1."""
    return value(term, Modular(), env)
