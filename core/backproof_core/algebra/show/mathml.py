"""Terms as presentation MathML: each node has one element, which says by data-term which node it is."""

from collections.abc import Collection
from html import escape

from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.show.notation import Memory, Pieces, indexed, is_product_of_names, split, written
from backproof_core.algebra.show.places import Mark, Place
from backproof_core.algebra.sizes import Monomial, Sizes

SPACE = 'rspace="0.17em"'  # without it, what stands side by side would touch
TOP = "<mi>⊤</mi>"
OPEN, CLOSE = '<mo stretchy="false">(</mo>', '<mo stretchy="false">)</mo>'  # as in LaTeX; stretched ones stand apart


def mathml(
    line: Labelled, *, sizes: Sizes | None = None, marked: Collection[int] = (), memory: Memory | None = None
) -> str:
    """The term as one math element, with class="marked" at the marked nodes and, where sizes are given, numbers.

    The matrices within Fn are not written, so they have no element.
    """
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{written(line, _MathML(), sizes, marked, memory)}</math>'


class _MathML:
    """A node is an mrow, its own parentheses within it, so that it is one argument wherever one is needed."""

    beside = f"<mo {SPACE}>&#x2062;</mo>"
    minus = '<mo form="prefix">−</mo>'

    def name(self, name: str) -> str:
        return _name(name)

    def head(self, name: str, *dimensions: Monomial) -> str:
        base = f"<mn>{name}</mn>" if name == "1" else f"<mi>{name}</mi>"
        index = "<mo>,</mo>".join(_quotient(m) for m in dimensions)
        return (
            f"<msub>{base}{index if len(dimensions) == 1 else f'<mrow>{index}</mrow>'}</msub>" if dimensions else base
        )

    def factor(self, value: Monomial) -> str:
        size = _quotient(value)
        return (f"<mrow>{OPEN}{size}{CLOSE}</mrow>" if is_product_of_names(value) else size) + self.beside

    def sign(self, sign: str) -> str:
        return f"<mo>{sign}</mo>"

    def spaced(self, head: str, argument: Place) -> Pieces:
        return (self.head(head), f"<mo {SPACE}>&#x2061;</mo>", argument)

    def applied(self, head: str, argument: Place) -> Pieces:
        return (head, "<mo>&#x2061;</mo>", "<mrow>", *self.parentheses((argument,)), "</mrow>")

    def transposed(self, of: str | Place) -> Pieces:
        return ("<msup>", of, f"{TOP}</msup>")

    def parentheses(self, inside: Pieces) -> Pieces:
        return (f"{OPEN}<mrow>", *inside, f"</mrow>{CLOSE}")

    def set_off(self, inside: Pieces) -> Pieces:
        return ('<mrow class="marked">', *inside, "</mrow>")

    def identity(self, place: Place) -> object:
        return place.node

    def node(self, place: Place, inside: Pieces) -> Pieces:
        mark = ' class="marked"' if place.mark is Mark.OWN else ""
        return (f'<mrow data-term="{place.node.id}"{mark}>', *inside, "</mrow>")


def _quotient(m: Monomial) -> str:
    """A dimension or the size of a factor, as one element."""
    sign, above, below = split(m)
    size = f"<mfrac>{_times(above)}{_times(below)}</mfrac>" if below else _times(above)
    return f"<mrow><mo>−</mo>{size}</mrow>" if sign else size


def _times(factors: list[str]) -> str:
    found = [f"<mn>{factor}</mn>" if factor.isdigit() else _name(factor) for factor in factors]
    return found[0] if len(found) == 1 else f"<mrow>{'<mo>·</mo>'.join(found)}</mrow>"


def _name(name: str) -> str:
    base, digits = indexed(name)
    base = f"<mi>{escape(base)}</mi>"
    return f"<msub>{base}<mn>{digits}</mn></msub>" if digits else base
