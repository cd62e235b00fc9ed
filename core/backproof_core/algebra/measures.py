"""What a rewriting rule makes smaller: functions from terms to natural numbers.

Each rule names one and strictly lowers it; and it raises none that stands above it in this table. So every application
lowers the whole list in lexicographic order, and no derivation can go on for ever.
"""

from collections.abc import Callable

from backproof_core.algebra.terms import (
    Diag,
    Fn,
    Hadamard,
    Kron,
    MatMul,
    Ones,
    Quotient,
    Scale,
    Sub,
    Term,
    Transpose,
    Unvec,
    Vec,
    subterms,
)


def nodes(term: Term) -> int:
    """The nodes of the term."""
    return len(subterms(term))


def slopes(term: Term) -> int:
    """The values of functions that have arguments: what a fact about a slope unfolds."""
    return sum(isinstance(part, Fn) and len(part.args) > 1 for part in subterms(term))


def differences_to_distribute(term: Term) -> int:
    """Differences of operators in products, each counted as often as factors stand to its left."""
    return sum(i for i, factor in _factors(term) if isinstance(factor, Sub) and _operates(factor))


def negative_multiples_of_differences(term: Term) -> int:
    """Negative multiples that stand beside a difference in a product."""
    return sum(
        isinstance(left, Scale) and left.factor.coefficient < 0 and isinstance(right, Sub)
        for left, right in _neighbours(term)
    )


def unvecs(term: Term) -> int:
    """The places where a column is made a matrix."""
    return _number(term, Unvec)


def krons(term: Term) -> int:
    """Kronecker products."""
    return _number(term, Kron)


def ones_outside_vec(term: Term) -> int:
    """Matrices of ones that stand under no vec."""
    if isinstance(term, Vec):
        return 0
    return isinstance(term, Ones) + sum(ones_outside_vec(child) for child in term.children)


def operators_to_turn(term: Term) -> int:
    """Factors made of diagonal matrices or Kronecker products that something in a product stands to the left of."""
    return sum(i > 0 and _operates(factor) for i, factor in _factors(term))


def transposed_krons(term: Term) -> int:
    """Transposes of Kronecker products."""
    return sum(isinstance(part, Transpose) and isinstance(part.of, Kron) for part in subterms(term))


def multiples_before_ones(term: Term) -> int:
    """Multiples, alone or in entrywise products or differences, to the left of a matrix of ones in a product."""
    return sum(_is_multiple(left) and _is_ones(right) for left, right in _neighbours(term))


def multiples_in_products(term: Term) -> int:
    """Multiples among the factors of products, each counted as often as factors stand up to it."""
    return sum(i + 1 for i, factor in _factors(term) if isinstance(factor, Scale))


def multiples_over_quotients(term: Term) -> int:
    """Quotients of multiples."""
    return sum(isinstance(part, Quotient) and isinstance(part.left, Scale) for part in subterms(term))


def reach_of_multiples(term: Term) -> int:
    """The nodes that stand under multiples."""
    return sum(nodes(part.of) for part in subterms(term) if isinstance(part, Scale))


def slopes_on_the_left(term: Term) -> int:
    """Entrywise products with a function's value on the left and something else on the right."""
    return sum(
        isinstance(part, Hadamard) and isinstance(part.left, Fn) and not isinstance(part.right, Fn)
        for part in subterms(term)
    )


MEASURES: dict[str, Callable[[Term], int]] = {
    f.__name__: f
    for f in (
        unvecs,
        differences_to_distribute,
        slopes,
        negative_multiples_of_differences,
        krons,
        ones_outside_vec,
        operators_to_turn,
        transposed_krons,
        multiples_before_ones,
        nodes,
        multiples_in_products,
        multiples_over_quotients,
        reach_of_multiples,
        slopes_on_the_left,
    )
}


def _neighbours(term: Term) -> list[tuple[Term, Term]]:
    """Each factor of each product with the next one."""
    return [pair for part in subterms(term) if isinstance(part, MatMul) for pair in zip(part.factors, part.factors[1:])]


def _number(term: Term, kind: type[Term]) -> int:
    return sum(isinstance(part, kind) for part in subterms(term))


def _factors(term: Term) -> list[tuple[int, Term]]:
    """Each factor of each product, with its position."""
    return [pair for part in subterms(term) if isinstance(part, MatMul) for pair in enumerate(part.factors)]


def _is_ones(term: Term) -> bool:
    return _is_ones(term.of) if isinstance(term, Transpose) else isinstance(term, Ones)


def _is_multiple(term: Term) -> bool:
    return isinstance(term, Scale) or (isinstance(term, Hadamard | Sub) and any(map(_is_multiple, term.children)))


def _operates(term: Term) -> bool:
    """Whether the term is made of diagonal or Kronecker factors: a matrix that acts on a vec."""
    if isinstance(term, Diag | Kron):
        return True
    return isinstance(term, Sub | MatMul | Scale | Transpose) and any(_operates(child) for child in term.children)
