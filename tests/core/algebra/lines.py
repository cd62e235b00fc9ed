"""What the tests of printing print: the start of a proof, terms at random, and the numbers of their nodes."""

from collections.abc import Iterator
from functools import cache
from itertools import count
from random import Random

from hypothesis import given, settings

from backproof_core.algebra.labels import Labelled, labelled
from backproof_core.algebra.sizes import ONE, size
from backproof_core.algebra.terms import Diag, Fn, Kron, Term, Vec, eye, ones, product, scale, sym
from core.algebra.terms_at_random import terms
from specimens import counted

N, d, h, o = map(size, "Ndho")
HALF = ONE / size(2)
X, Y, P, V = sym("X", N, d), sym("Y", N, o), sym("P", N, o), sym("V", N, o)
W2, b2 = sym("W₂", h, o), sym("b₂", o, 1)
S1, S2 = sym("S₁", N, h), Fn("S₂", "σ′", (sym("Z₂", N, o),))
START = product(
    ones(1, N * o),
    scale(HALF, eye(N * o)),
    scale(2, Diag(Vec(V))),
    eye(N * o),
    Diag(Vec(S2)),
    Kron(W2.T, eye(N)),
    Diag(Vec(S1)),
    Kron(eye(h), X),
)
SIZES = {"N": 4, "d": 2, "h": 3, "o": 1, "d₀": 5, "d₁₂": 7}


def numbered(term: Term) -> Labelled:
    return labelled(term, count(1))


def nodes(line: Labelled) -> Iterator[Labelled]:
    """Those that are printed: what is within Fn is not."""
    yield line
    for child in printed_children(line):
        yield from nodes(child)


def printed_children(line: Labelled) -> tuple[Labelled, ...]:
    return () if isinstance(line.term, Fn) else line.children


def chosen(line: Labelled, random: Random) -> set[int]:
    """Some of its numbers."""
    return {node.id for node in nodes(line) if random.random() < 0.3}


@cache
def sample() -> tuple[Term, ...]:
    """Two hundred terms at random, the same ones each time."""
    found: list[Term] = []

    @settings(counted(2000), max_examples=200)
    @given(terms())
    def draw(term: Term) -> None:
        found.append(term)

    draw()
    return tuple(found)
