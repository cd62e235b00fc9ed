"""The notation of terms, written once: what stands where. A style says how each thing looks.

A term is written from left to right by a loop with its own stack, so that neither the depth of a term nor its size can
do harm: each node is looked at once and no string is copied on the way up.
"""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Protocol

from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.show.places import Mark, Place, bare, bracketed, is_row, short
from backproof_core.algebra.sizes import ONE, Monomial, Sizes
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

Pieces = tuple[str | Place, ...]  # what is written, from left to right; a place stands for what is written for its node

SIGNS: dict[type[Term], str] = {Add: "+", Sub: "−", Hadamard: "∘", Quotient: "⊘", Kron: "⊗"}


class Style(Protocol):
    """How each thing looks. A dimension and a factor come as they are to be written, numbers put in already."""

    beside: str  # stands between the factors of a product
    minus: str  # the sign of a multiple

    def name(self, name: str) -> str: ...
    def head(self, name: str, *dimensions: Monomial) -> str:
        """I, 1, vec, Diag or unvec, with its subscript."""

    def factor(self, value: Monomial) -> str:
        """The number before a multiple, which is not negative, with what stands between them."""

    def sign(self, sign: str) -> str: ...
    def spaced(self, head: str, argument: Place) -> Pieces:
        """vec V."""

    def applied(self, head: str, argument: Place) -> Pieces:
        """vec(V∘S)."""

    def transposed(self, of: str | Place) -> Pieces: ...
    def parentheses(self, inside: Pieces) -> Pieces: ...
    def set_off(self, inside: Pieces) -> Pieces:
        """A run of marked factors."""

    def node(self, place: Place, inside: Pieces) -> Pieces:
        """What is written for a node, its own parentheses among it; place.mark says whether it is set off."""


def written(line: Labelled, style: Style, sizes: Sizes | None, marked: Collection[int]) -> str:
    """The term in that style."""
    chosen = frozenset(marked)
    found: list[str] = []
    waiting: list[str | Place] = [Place(line, mark=Mark.OWN if line.id in chosen else Mark.NONE)]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            found.append(piece)
        else:
            inside = _notation(piece, style, sizes, chosen)
            inside = style.parentheses(inside) if bracketed(piece) else inside
            waiting.extend(reversed(style.node(piece, inside)))
    return "".join(found)


def valued(m: Monomial, sizes: Sizes | None) -> Monomial:
    """The monomial, or the number that it is where sizes are given."""
    return m if sizes is None else Monomial(m.at(sizes))


def split(m: Monomial) -> tuple[str, list[str], list[str]]:
    """The minus sign or nothing, the factors above the line and those below, without ones that may be left out."""
    above = [name for name, power in m.powers for _ in range(power)]
    below = [name for name, power in m.powers for _ in range(-power)]
    top, bottom = abs(m.coefficient.numerator), m.coefficient.denominator
    above = above if top == 1 and above else [str(top), *above]
    below = below if bottom == 1 else [str(bottom), *below]
    return "−" if m.coefficient < 0 else "", above, below


def is_product_of_names(factor: Monomial) -> bool:
    """It has names and no denominator, as 2·N: before a matrix, those could be taken for matrices."""
    return bool(factor.powers) and not split(factor)[2]


def indexed(name: str) -> tuple[str, str]:
    """The name without the subscript digits at its end, and those as plain digits: W₁₂ gives W and 12."""
    base = name.rstrip(SUBSCRIPTS)
    return (base, name[len(base) :].translate(PLAIN)) if base else (name, "")


SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
PLAIN = str.maketrans(SUBSCRIPTS, "0123456789")
LOWERED = str.maketrans("0123456789", SUBSCRIPTS)


def _notation(place: Place, style: Style, sizes: Sizes | None, chosen: frozenset[int]) -> Pieces:
    """What is written for a node without its own parentheses."""
    term, children = place.term, tuple(_children(place, chosen))
    match term:
        case Sym(name=name) | Fn(name=name):
            return (style.name(name),)
        case Eye(n=n):
            return (style.head("I", valued(n, sizes)),)
        case Ones():
            return _ones(place, term, style, sizes)
        case Scale(factor=factor):
            return (_factor(valued(factor, sizes), style), *children)
        case Transpose():
            return style.transposed(children[0])
        case MatMul():
            return _product(children, style)
        case Vec():
            return style.spaced("vec", children[0]) if bare(place) else style.applied(style.head("vec"), children[0])
        case Diag():
            return style.applied(style.head("Diag"), children[0])
        case Unvec(m=m, n=n):
            return style.applied(style.head("unvec", valued(m, sizes), valued(n, sizes)), children[0])
        case _:
            return (children[0], style.sign(SIGNS[type(term)]), children[1])


def _children(place: Place, chosen: frozenset[int]) -> Iterator[Place]:
    for at, child in enumerate(place.node.children):
        if place.mark is not Mark.NONE:
            mark = Mark.AROUND
        else:
            mark = Mark.OWN if child.id in chosen else Mark.NONE
        yield Place(child, place.term, at, mark)


def _factor(value: Monomial, style: Style) -> str:
    if value == -ONE:
        return style.minus
    return style.minus + style.factor(-value) if value.coefficient < 0 else style.factor(value)


def _ones(place: Place, term: Ones, style: Style, sizes: Sizes | None) -> Pieces:
    across = style.head("1") if short(place) else style.head("1", valued(term.n, sizes))
    if is_row(term):
        return style.transposed(across)
    down = style.head("1", valued(term.m, sizes))
    return (down,) if term.n == ONE else (down, style.beside, *style.transposed(across))


def _product(factors: tuple[Place, ...], style: Style) -> Pieces:
    """The factors side by side; marked neighbours are set off as one."""
    found: list[str | Place] = []
    for mark, group in groupby(factors, key=lambda factor: factor.mark):
        run = tuple(group)
        if mark is Mark.OWN and len(run) > 1:
            around = tuple(Place(factor.node, factor.above, factor.at, Mark.AROUND) for factor in run)
            found += [style.beside, *style.set_off(_side_by_side(around, style))]
        else:
            found += [style.beside, *_side_by_side(run, style)]
    return tuple(found[1:])


def _side_by_side(factors: tuple[Place, ...], style: Style) -> Pieces:
    return tuple(piece for factor in factors for piece in (style.beside, factor))[1:]
