r"""Terms as the body of a formula in LaTeX with amsmath and amssymb: \operatorname{Diag}(\operatorname{vec} V)."""

from collections.abc import Collection

from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.show.notation import (
    PLAIN,
    SUBSCRIPTS,
    Memory,
    Pieces,
    indexed,
    is_product_of_names,
    split,
    valued,
    written,
)
from backproof_core.algebra.show.places import Mark, Place
from backproof_core.algebra.sizes import Monomial, Sizes

SIGNS = {"+": " + ", "−": " - ", "∘": r" \circ ", "⊘": r" \oslash ", "⊗": r" \otimes "}
GREEK = (
    "α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi "
    "ρ rho σ sigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi "
    "Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega ∇ nabla ∂ partial · cdot ∘ circ"
)
LETTERS = {letter: rf"\{name} " for letter, name in zip(GREEK.split()[::2], GREEK.split()[1::2])}
LETTERS |= {"′": "'", "−": "-", "\\": r"\backslash ", "^": r"\hat{\ }", "~": r"\tilde{\ }"}
LETTERS |= {letter: rf"\{letter}" for letter in "#$%&_{}"}


def latex(
    line: Labelled, *, sizes: Sizes | None = None, marked: Collection[int] = (), memory: Memory | None = None
) -> str:
    """The term as LaTeX, with the marked nodes in boxes and, where sizes are given, numbers."""
    return written(line, _Latex(), sizes, marked, memory)


def dimension_latex(m: Monomial, sizes: Sizes | None = None) -> str:
    r"""The dimension as LaTeX, such as N \cdot o, or its number."""
    sign, above, below = split(valued(m, sizes))
    quotient = rf"\tfrac{{{_times(above)}}}{{{_times(below)}}}" if below else _times(above)
    return ("-" if sign else "") + quotient


class _Latex:
    r"""A node leaves no trace but \boxed where it is set off."""

    beside = r" \, "
    minus = "-"

    def name(self, name: str) -> str:
        return _name(name)

    def head(self, name: str, *dimensions: Monomial) -> str:
        head = rf"\operatorname{{{name}}}" if len(name) > 1 else name
        return f"{head}_{{{','.join(dimension_latex(m) for m in dimensions)}}}" if dimensions else head

    def factor(self, value: Monomial) -> str:
        size = dimension_latex(value)
        return (f"({size})" if is_product_of_names(value) else size) + r" \, "

    def sign(self, sign: str) -> str:
        return SIGNS[sign]

    def spaced(self, head: str, argument: Place) -> Pieces:
        return (self.head(head), " ", argument)

    def applied(self, head: str, argument: Place) -> Pieces:
        return (head, *self.parentheses((argument,)))

    def transposed(self, of: str | Place) -> Pieces:
        return (of, r"^{\top}")

    def parentheses(self, inside: Pieces) -> Pieces:
        return ("(", *inside, ")")

    def set_off(self, inside: Pieces) -> Pieces:
        return (r"\boxed{", *inside, "}")

    def identity(self, place: Place) -> object:
        return place.term

    def node(self, place: Place, inside: Pieces) -> Pieces:
        return self.set_off(inside) if place.mark is Mark.OWN else inside


def _times(factors: list[str]) -> str:
    return r" \cdot ".join(factor if factor.isdigit() else _name(factor) for factor in factors)


def _name(name: str) -> str:
    """A name, with the digits at its end as a subscript; one of several letters, such as loss, in one piece."""
    base, digits = indexed(name)
    if len(base) > 1 and base.isascii() and base.isalpha():
        base = rf"\mathit{{{base}}}"
    else:
        base = "".join(_letter(letter) for letter in base).strip()
    return f"{base}_{{{digits}}}" if digits else base


def _letter(letter: str) -> str:
    return f"_{{{letter.translate(PLAIN)}}}" if letter in SUBSCRIPTS else LETTERS.get(letter, letter)
