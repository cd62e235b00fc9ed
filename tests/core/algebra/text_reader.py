"""Reads a term back from its plain text, given what the names stand for: so one text can stand for one term only."""

import re
from collections.abc import Mapping
from fractions import Fraction

from backproof_core.algebra.sizes import ONE, Monomial, size
from backproof_core.algebra.terms import (
    Add,
    Diag,
    Eye,
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
)

DIGITS = "₀₁₂₃₄₅₆₇₈₉"
LOWERED = str.maketrans(DIGITS, "0123456789")
DIMENSION = rf"(?:[a-zA-Z][{DIGITS}]*|\d+)"
PRODUCT = rf"{DIMENSION}(?:·{DIMENSION})*"
SUBSCRIPT = rf"_([a-zA-Z])|([{DIGITS}]+)|_\{{([^}}]*)\}}"  # _N, ₁₂, _{N·o}
FACTOR = re.compile(rf"−?(?:(\d+) |([½⅓⅔¼¾]) |\(({PRODUCT})(?:/(?:({DIMENSION})|\(({PRODUCT})\)))?\) )|−")
VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4"}
PAIRS = {"+": Add, "−": Sub, "⊗": Kron, "∘": Hadamard, "⊘": Quotient}
SUM = {"+", "−"}
HEADS = {"Diag(": Diag, "vec(": Vec, "vec ": Vec}
NAME = re.compile(rf"[^\W\d]′?[{DIGITS}]*")

Row = None  # a row of ones whose length only the next factor says


class Reader:
    """What is left of a text, and what its names stand for."""

    def __init__(self, text: str, names: Mapping[str, Term]) -> None:
        self.left, self.names = text, names
        self.closed = False  # what was read last ended with )

    def take(self, start: str) -> bool:
        found = self.left.startswith(start)
        self.left = self.left[len(start) :] if found else self.left
        self.closed = start == ")" if found else self.closed
        return found

    def match(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        found = re.match(pattern, self.left)
        self.closed = self.closed and not found
        self.left = self.left[found.end() :] if found else self.left
        return found

    def need(self, what: str) -> None:
        assert self.take(what), f"{what!r} expected before {self.left!r}"

    def whole(self) -> Term:
        found = self.expression()
        assert not self.left, f"left over: {self.left!r}"
        return found

    def expression(self) -> Term:
        """A chain of one operator, or of + and −."""
        first, meets = self.multiple()
        found, signs = first, set()
        while sign := self.match(r" ([+−⊗]) |([∘⊘])"):
            assert not self.left.startswith("−"), "two signs meet"
            right, right_meets = self.multiple()
            signs.add(sign[1] or sign[2])
            assert signs != {"⊘"} or not isinstance(found, Quotient) or found is first, "⊘ has no chains"
            assert len(signs) == 1 or signs == {"+", "−"}, f"two operators meet before {self.left!r}"
            assert signs <= meets & right_meets, f"a product meets another before {self.left!r}"
            found = PAIRS[sign[1] or sign[2]](found, right)
        return found

    def multiple(self) -> tuple[Term, set[str]]:
        """A term, and the operators that may stand beside it."""
        factor = self.match(FACTOR)
        assert not (factor and self.left.startswith("1")), "two numbers meet"
        term, meets = self.product()
        return (Scale(monomial(factor), term), SUM) if factor else (term, meets)

    def product(self) -> tuple[Term, set[str]]:
        factors = [self.transposed()]
        while not re.match(r" [+−⊗] ", self.left) and self.take(" "):
            factors.append(self.transposed())
        found: list[Term] = []
        for factor in reversed(factors):
            assert factor is not Row or found, "a row of ones of which nothing says how long it is"
            found.insert(0, Ones(ONE, found[0].rows) if factor is Row else factor)
        if len(found) > 1:
            return MatMul(tuple(found)), SUM
        bare_ones = isinstance(found[0], Ones) and ONE not in (found[0].m, found[0].n) and not self.closed
        return found[0], SUM | {"⊗"} if bare_ones else SUM | {"⊗", "∘", "⊘"}

    def transposed(self) -> Term | None:
        if self.left.startswith("1"):
            return self.ones()
        found = self.unit()
        return Transpose(found) if self.take("ᵀ") else found

    def unit(self) -> Term:
        if self.take("("):
            return self.closing(self.expression())
        for head, node in HEADS.items():
            if self.take(head):
                return node(self.closing(self.expression()) if head[-1] == "(" else self.unit())
        if self.take("unvec_{"):
            m, n = self.until("}").split(",")
            self.need("(")
            return Unvec(self.closing(self.expression()), times(m), times(n))
        if self.left.startswith("I"):
            self.need("I")
            return Eye(self.subscript())
        name = self.match(NAME)
        assert name, f"no term at {self.left!r}"
        return self.names[name[0]]

    def ones(self) -> Term | None:
        """1ᵀ, 1_nᵀ, 1_m, or 1_m 1_nᵀ as one matrix."""
        self.need("1")
        if self.take("ᵀ"):
            return Row
        first = self.subscript()
        if self.take("ᵀ"):
            return Ones(ONE, first)
        across = re.match(rf" 1(?:{SUBSCRIPT})ᵀ", self.left)
        if not across:
            return Ones(first, ONE)
        self.need(" 1")
        second = self.subscript()
        self.need("ᵀ")
        return Ones(first, second)

    def subscript(self) -> Monomial:
        found = self.match(SUBSCRIPT)
        assert found, f"no subscript at {self.left!r}"
        return times(next(group for group in found.groups() if group).translate(LOWERED if found[2] else {}))

    def until(self, end: str) -> str:
        found, _, self.left = self.left.partition(end)
        return found

    def closing(self, term: Term) -> Term:
        self.need(")")
        return term


def monomial(factor: re.Match[str]) -> Monomial:
    number, vulgar, above, below, product = factor.groups()
    sign = size(-1 if factor[0].startswith("−") else 1)
    if above:
        return sign * times(above) / times(below or product or "1")
    return sign * size(Fraction(VULGAR[vulgar] if vulgar else number or 1))


def times(text: str) -> Monomial:
    found = ONE
    for part in text.split("·"):
        found = found * size(int(part) if part.isdigit() else part)
    return found


def read(text: str, names: Mapping[str, Term]) -> Term:
    """The term that the text stands for."""
    return Reader(text, names).whole()
