"""Terms drawn at random: well-shaped, of every kind of node, with symbols for dimensions.

A term is drawn from the outside: the shape comes first, then a node that can have it. Within one term a name always
stands for the same matrix.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import strategies as st

from backproof_core.algebra.sizes import ONE, Monomial, size
from backproof_core.algebra.terms import (
    Add,
    Diag,
    Fn,
    Hadamard,
    Kron,
    Quotient,
    Scale,
    Sub,
    Sym,
    Term,
    Transpose,
    Unvec,
    Vec,
    eye,
    ones,
    product,
)

NAMES = ("X", "Y", "V", "W₁", "W₂", "b₂", "A₁₂", "δ", "Q", "R", "T₀")
VALUES = ("S₁", "S₂", "P", "σ′")  # names of Fn
DIMENSIONS = ("N", "d", "h", "o", "d₀", "d₁₂")
PAIRS = (Add, Sub, Hadamard, Quotient)

Shape = tuple[Monomial, Monomial]


def factors() -> st.SearchStrategy[Monomial]:
    """What a multiple may have before it: 1, −2, ½, 2/(N·o), …"""
    numbers = st.sampled_from(
        [Fraction(n) for n in (1, -1, 2, -2, 3)] + [Fraction(1, 2), Fraction(-3, 8), Fraction(2, 3)]
    )
    powers = st.dictionaries(st.sampled_from(DIMENSIONS), st.sampled_from((1, -1, -1, 2)), max_size=2)
    return st.builds(lambda number, of: Monomial(number, tuple(sorted(of.items()))), numbers, powers)


def dimensions() -> st.SearchStrategy[Monomial]:
    """1, a name, a number, or a product of two names."""
    single = st.sampled_from(DIMENSIONS).map(size)
    return st.one_of(
        single, single, st.just(ONE), st.sampled_from((2, 3, 12)).map(size), st.builds(Monomial.__mul__, single, single)
    )


@st.composite
def terms(draw: st.DrawFn, max_depth: int = 4) -> Term:
    """A term of at most that many levels of nodes."""
    shape = (draw(dimensions()), draw(dimensions()))
    return _Growing(draw).term(shape, max_depth)


@dataclass
class _Growing:
    """A term in the making."""

    draw: st.DrawFn
    named: dict[str, Term] = field(default_factory=dict)

    def term(self, shape: Shape, depth: int) -> Term:
        rows, cols = shape
        leaves = [self.sym, self.sym, self.ones] + [self.eye] * 3 * (rows == cols)
        nodes = [
            self.fn,
            self.scale,
            self.transpose,
            self.matmul,
            self.matmul,
            self.pair,
            self.pair,
            self.kron,
            self.unvec,
        ]
        nodes += [self.vec] * 3 * (cols == ONE) + [self.diag] * 3 * (rows == cols)
        grown = depth > 1 and self.draw(st.integers(0, 9)) > 0
        return self.draw(st.sampled_from(nodes if grown else leaves))(shape, depth - 1)

    def sym(self, shape: Shape, _: int) -> Term:
        fitting = [name for name in NAMES if name not in self.named or self.shape_of(name) == shape]
        name = (
            self.draw(st.sampled_from(fitting))
            if fitting
            else f"M{''.join('₀₁₂₃₄₅₆₇₈₉'[int(c)] for c in str(len(self.named)))}"
        )
        return self.named.setdefault(name, Sym(name, *shape))

    def ones(self, shape: Shape, _: int) -> Term:
        return ones(*shape)

    def eye(self, shape: Shape, _: int) -> Term:
        return eye(shape[0])

    def fn(self, shape: Shape, depth: int) -> Term:
        fitting = [name for name in VALUES if name not in self.named or self.shape_of(name) == shape]
        if not fitting:
            return self.sym(shape, depth)
        name = self.draw(st.sampled_from(fitting))
        if name not in self.named:
            args = tuple(self.term(shape, depth) for _ in range(self.draw(st.integers(1, 2))))
            self.named.setdefault(name, Fn(name, "f", args))
        return self.named[name] if self.shape_of(name) == shape else self.sym(shape, depth)

    def scale(self, shape: Shape, depth: int) -> Term:
        return Scale(self.draw(factors()), self.term(shape, depth))

    def transpose(self, shape: Shape, depth: int) -> Term:
        return Transpose(self.term(shape[::-1], depth))

    def matmul(self, shape: Shape, depth: int) -> Term:
        inner = self.draw(st.lists(dimensions(), min_size=1, max_size=3))
        sides = [shape[0], *inner, shape[1]]
        return product(*(self.term(sides_of, depth) for sides_of in zip(sides, sides[1:])))

    def pair(self, shape: Shape, depth: int) -> Term:
        return self.draw(st.sampled_from(PAIRS))(self.term(shape, depth), self.term(shape, depth))

    def kron(self, shape: Shape, depth: int) -> Term:
        (r1, r2), (c1, c2) = self.halves(shape[0]), self.halves(shape[1])
        return Kron(self.term((r1, c1), depth), self.term((r2, c2), depth))

    def diag(self, shape: Shape, depth: int) -> Term:
        return Diag(self.term((shape[0], ONE), depth))

    def vec(self, shape: Shape, depth: int) -> Term:
        return Vec(self.term(self.halves(shape[0]), depth))

    def unvec(self, shape: Shape, depth: int) -> Term:
        return Unvec(self.term((shape[0] * shape[1], ONE), depth), *shape)

    def halves(self, m: Monomial) -> Shape:
        """Two dimensions whose product that is."""
        found = [ONE, ONE]
        for part in [Monomial(m.coefficient)] + [size(name) for name, power in m.powers for _ in range(power)]:
            at = self.draw(st.integers(0, 1))
            found[at] = found[at] * part
        return found[0], found[1]

    def shape_of(self, name: str) -> Shape:
        return self.named[name].rows, self.named[name].cols
