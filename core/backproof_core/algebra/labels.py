"""Terms whose every node carries a number, so that a part can be followed from one line of a derivation to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

from backproof_core.algebra.terms import Term


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A term with a number for itself and for each node in it; no two nodes of one derivation share a number."""

    id: int
    term: Term
    children: tuple["Labelled", ...]


def labelled(term: Term, fresh: Iterator[int]) -> Labelled:
    """The term with fresh numbers, a node before its children."""
    own = next(fresh)
    return Labelled(own, term, tuple(labelled(child, fresh) for child in term.children))
