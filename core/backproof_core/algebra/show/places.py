"""Where a node stands, and what that says about its print: parentheses, and the two short forms.

Two different operators that meet are kept apart by parentheses, so that nobody needs to know which binds tighter. Only
what everybody reads alike has none: a product or a multiple beside + and −, and a chain of one operator from the left.

    A B − 2 C      (V∘S) Wᵀ      (A + B)∘C      A + B − C      A − (B − C)      Diag(vec V) (W₂ᵀ ⊗ I_N)

1_m 1_nᵀ, written for one matrix of ones, is one thing: it has parentheses before ᵀ and beside ∘ and ⊘.

Short forms:

    vec V    vec(V)    the argument has no parentheses if it is a name or I_n, and if nothing follows that could seem
                       to belong to it: no ᵀ, no other factor, no ∘, ⊘ or ⊗
    1ᵀ       1_nᵀ      a row of ones has no subscript where another factor follows, whose rows are as many
"""

from dataclasses import dataclass
from enum import Enum

from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.sizes import ONE
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

# Nothing beside these can be taken for a part of them.
TIGHT = (Sym, Fn, Eye, Ones, Transpose, Vec, Diag, Unvec)


class Mark(Enum):
    """Whether a node is set off from the rest: it is, something around it is, or neither."""

    NONE = 0
    OWN = 1
    AROUND = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A node of a term, the node above it, and which of that one's children it is."""

    node: Labelled
    above: Term | None = None
    at: int = 0
    mark: Mark = Mark.NONE

    @property
    def term(self) -> Term:
        return self.node.term

    @property
    def followed(self) -> bool:
        """It is a factor of a product, and not the last one."""
        return isinstance(self.above, MatMul) and self.at < len(self.above.factors) - 1


def bracketed(place: Place) -> bool:
    """The node stands in parentheses of its own; those of a function, as in Diag(…), are not meant."""
    match place.above:
        case Transpose():
            return not isinstance(place.term, (Sym, Fn, Eye, Vec, Diag, Unvec))
        case Scale():
            return not isinstance(place.term, (*TIGHT, MatMul)) or _begins_with_ones(place.term)
        case MatMul():
            return not isinstance(place.term, TIGHT) or _seems_one_matrix(place)
        case Hadamard() | Quotient():
            return not (isinstance(place.term, TIGHT) or _continues(place)) or _is_wide(place.term)
        case Kron():
            return not (isinstance(place.term, TIGHT) or _continues(place))
        case Add() | Sub():
            return _bracketed_in_sum(place)
        case _:
            return False


def bare(place: Place) -> bool:
    """The argument of vec has no parentheses, as in vec V."""
    assert isinstance(place.term, Vec)
    held = isinstance(place.above, (Transpose, Hadamard, Quotient, Kron)) or place.followed
    return isinstance(place.term.of, (Sym, Fn, Eye)) and not held


def short(place: Place) -> bool:
    """The row of ones has no subscript, as in 1ᵀ A."""
    return is_row(place.term) and place.followed


def is_row(term: Term) -> bool:
    """It is 1_nᵀ."""
    return isinstance(term, Ones) and term.m == ONE and term.n != ONE


def _is_column(term: Term) -> bool:
    return isinstance(term, Ones) and term.n == ONE


def _is_wide(term: Term) -> bool:
    return isinstance(term, Ones) and not is_row(term) and not _is_column(term)


def _continues(place: Place) -> bool:
    """It is the left end of a chain of one operator, as A∘B in A∘B∘C."""
    return place.at == 0 and type(place.term) is type(place.above) and not isinstance(place.term, Quotient)


def _begins_with_ones(term: Term) -> bool:
    """A number before it would seem to be one with the 1 of its ones."""
    return isinstance(term, Ones) or (isinstance(term, MatMul) and isinstance(term.factors[0], Ones))


def _seems_one_matrix(place: Place) -> bool:
    """It is the row of a product that ends with 1_m (1_nᵀ), which is not the same term as 1_m 1_nᵀ."""
    before = place.above.children[place.at - 1] if place.above is not None and place.at > 0 else place.term
    return is_row(place.term) and not place.followed and _is_column(before)


def _bracketed_in_sum(place: Place) -> bool:
    match place.term:
        case Add() | Sub():
            return place.at == 1
        case Scale(factor=factor):
            return place.at == 1 and factor.coefficient < 0
        case MatMul():
            return False
        case _:
            return not isinstance(place.term, TIGHT)
