"""The three routes of the vectorised form as terms, compiled once for each architecture.

    dense      J_l = Δ_l (I ⊗ A_{l−1}) from left to right, then unvec((1ᵀJ_l)ᵀ)
    row        δ_L, folded through the factors of the chain one after the other
    jacobian   the factors of the chain, as they are: their structure is all that it needs

Nothing here knows a number: the same routes serve every network of the architecture, whatever its sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from backproof_core.activation import Activation
from backproof_core.algebra import row
from backproof_core.algebra.program import Program, compiled
from backproof_core.algebra.sizes import ONE
from backproof_core.algebra.terms import Fn, Kron, MatMul, Ones, Sym, Term, Transpose, Unvec, product
from backproof_core.algebra.work import Work, work
from backproof_core.backprop.architecture import Architecture, architecture
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import subscript


def top(of: Architecture) -> Fn:
    """δ_L, N×d_L, as a matrix of its own: what Loss.delta gives to both the row route and the matched form."""
    return Fn(f"δ{subscript(of.depth)}", "δ", (of.H, of.Y))


def dense_terms(of: Architecture) -> list[Term]:
    """∇W_l, 1×d_l ∇b_l where there is one, and δ_l, for l from L down to 1, each by its full Jacobian."""
    found: list[Term] = []
    for l, factors in _downward(of):
        found.append(unstacked(summed(product(*factors, of.weights_jacobian(l))), of.W(l)))
        if of.biases[l - 1]:
            found.append(summed(product(*factors, of.bias_jacobian(l))))
        found.append(unstacked(summed(product(*factors)), of.Z(l)))
    return found


def row_terms(of: Architecture) -> list[Term]:
    """The same, each by folding δ_L."""
    found: list[Term] = []
    M: Term = top(of)
    for l, factors in _downward(of):
        M = row.through(M, factors[-2:] if l < of.depth else ())
        found.append(row.fold(M, of.weights_jacobian(l)))
        if of.biases[l - 1]:
            found.append(row.fold(M, of.bias_jacobian(l)))
        found.append(M)
    return found


def _downward(of: Architecture) -> list[tuple[int, tuple[Term, ...]]]:
    """(l, the factors of Δ_l) from L down to 1; a chain is the beginning of the next."""
    factors = of.chain(1)
    return [(l, factors[: 1 + 2 * (of.depth - l)]) for l in range(of.depth, 0, -1)]


def summed(J: Term) -> MatMul:
    """1ᵀJ, for which J is made first."""
    return MatMul((Ones(ONE, J.rows), J))


def unstacked(row_vector: Term, like: Term) -> Unvec:
    """The matrix of the shape of another whose vec, lying down, is the row."""
    return Unvec(Transpose(row_vector), like.rows, like.cols)


@dataclass(frozen=True, slots=True)
class Stage:
    """What the jacobian route does at layer l: the factors that lead from Δ_{l+1} to Δ_l, and the two last ones."""

    l: int
    factors: tuple[Term, ...]
    weights: Kron
    bias: Kron | None


@dataclass(frozen=True, eq=False)
class Routes:
    """The routes of one architecture, each compiled when it is first taken."""

    of: Architecture

    @cached_property
    def dense(self) -> Program:
        """The program of `dense_terms`."""
        return compiled(dense_terms(self.of))

    @cached_property
    def dense_work(self) -> Work:
        """What that takes."""
        return work(self.dense)

    @cached_property
    def row(self) -> Program:
        """The program of `row_terms`."""
        return compiled(row_terms(self.of))

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The jacobian route, from the last layer down to the first."""
        found = []
        for l, factors in _downward(self.of):
            seed = product(factors[0])
            new = (seed.factors if isinstance(seed, MatMul) else (seed,)) if l == self.of.depth else factors[-2:]
            bias = self.of.bias_jacobian(l) if self.of.biases[l - 1] else None
            found.append(Stage(l, new, self.of.weights_jacobian(l), bias))
        return tuple(found)

    @cached_property
    def read_by_stages(self) -> tuple[str, ...]:
        """The matrices that the jacobian route reads, by name."""
        factors = [f for s in self.stages for f in (*s.factors, s.weights)]
        return tuple(dict.fromkeys(name for factor in factors for name in _read(factor)))


def _read(term: Term) -> Sequence[str]:
    """The names of the matrices in a term; the value of a function is one, whatever its arguments are."""
    if isinstance(term, Sym | Fn):
        return [term.name]
    return [name for child in term.children for name in _read(child)]


@lru_cache(maxsize=256)
def routes(activations: tuple[Activation, ...], biases: tuple[bool, ...], loss: Loss) -> Routes:
    """The routes, the same object for the same arguments."""
    return Routes(architecture(activations, biases, loss))


def routes_of(layers: Sequence[Layer], loss: Loss) -> Routes:
    """The routes of layers under a loss."""
    return routes(tuple([layer.activation for layer in layers]), tuple([layer.b is not None for layer in layers]), loss)
