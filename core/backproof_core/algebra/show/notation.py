"""The notation of terms, written once: what stands where. A style says how each thing looks.

A term is written from left to right by a loop with its own stack, so that neither the depth of a term nor its size can
do harm: each node is looked at once. With a memory, what lines have in common is written once.
"""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple, Protocol

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

    def identity(self, place: Place) -> object:
        """Of what the print of a node is a function: its term, or the node with its numbers."""

    def node(self, place: Place, inside: Pieces) -> Pieces:
        """What is written for a node, its own parentheses among it; place.mark says whether it is set off."""


Key = tuple[int, bool, bool, bool]


class Memory:
    """What was written for parts without marks, in one style and with the same sizes.

    A part is known by its identity and by what its place says about its print. Lines of a derivation share most of
    their parts; of those, only the ones that the line before had are remembered.
    """

    def __init__(self) -> None:
        self._before: dict[Key, tuple[object, str]] = {}  # the object is kept, so that its identity stays its own
        self._met: dict[Key, tuple[object, str]] = {}

    def next_line(self) -> None:
        """Forgets what the last line did not have."""
        self._before, self._met = self._met, {}

    def recall(self, key: Key) -> str | None:
        found = self._met.get(key) or self._before.get(key)
        if found is None:
            return None
        self._met[key] = found
        return found[1]

    def keep(self, key: Key, part: object, told: str) -> None:
        self._met[key] = part, told


class _End(NamedTuple):
    """Where what is written for a part ends, where it began, and what it is known by."""

    start: int
    key: Key
    part: object
    memory: Memory


def written(
    line: Labelled, style: Style, sizes: Sizes | None, marked: Collection[int], memory: Memory | None = None
) -> str:
    """The term in that style; what memory knows is not written again."""
    chosen = frozenset(marked)
    around = _around(line, chosen) if chosen and memory is not None else chosen
    found: list[str] = []
    waiting: list[str | Place | _End] = [Place(line, mark=Mark.OWN if line.id in chosen else Mark.NONE)]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            found.append(piece)
        elif isinstance(piece, _End):
            found[piece.start :] = ["".join(found[piece.start :])]
            piece.memory.keep(piece.key, piece.part, found[-1])
        elif memory is None or piece.node.id in around:
            waiting.extend(reversed(_pieces(piece, style, sizes, chosen)))
        else:
            part = style.identity(piece)
            key = _key(part, piece)
            known = memory.recall(key)
            if known is None:
                waiting.append(_End(len(found), key, part, memory))
                waiting.extend(reversed(_pieces(piece, style, sizes, chosen)))
            else:
                found.append(known)
    return "".join(found)


def _pieces(place: Place, style: Style, sizes: Sizes | None, chosen: frozenset[int]) -> Pieces:
    """What is written for a node, all around it."""
    inside = _notation(place, style, sizes, chosen)
    return style.node(place, style.parentheses(inside) if bracketed(place) else inside)


def _key(part: object, place: Place) -> Key:
    """By what a part is known: its identity, and all that its place says about its print."""
    return id(part), bracketed(place), short(place), isinstance(place.term, Vec) and bare(place)


def _around(line: Labelled, chosen: frozenset[int]) -> frozenset[int]:
    """The numbers of the marked nodes and of all nodes that hold one."""
    above: dict[int, int] = {}
    waiting = [line]
    while waiting:
        node = waiting.pop()
        above.update((child.id, node.id) for child in node.children)
        waiting.extend(node.children)
    found: set[int] = set()
    for number in chosen:
        here: int | None = number
        while here is not None and here not in found:
            found.add(here)
            here = above.get(here)
    return frozenset(found)


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
