"""Terms as plain Unicode: 1ᵀ Diag(vec V) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X)."""

from collections.abc import Collection

from backproof_core.algebra.labels import Labelled
from backproof_core.algebra.show.notation import LOWERED, Memory, Pieces, split, valued, written
from backproof_core.algebra.show.places import Mark, Place
from backproof_core.algebra.sizes import Monomial, Sizes

FRACTIONS = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾"}  # others are not in every font


def text(
    line: Labelled, *, sizes: Sizes | None = None, marked: Collection[int] = (), memory: Memory | None = None
) -> str:
    """The term as plain Unicode, with the marked nodes within ⟦ ⟧ and, where sizes are given, numbers."""
    return written(line, _Text(), sizes, marked, memory)


def dimension(m: Monomial, sizes: Sizes | None = None) -> str:
    """The dimension as plain Unicode, such as N·o, or its number."""
    sign, above, below = split(valued(m, sizes))
    bottom = "·".join(below) if len(below) < 2 else f"({'·'.join(below)})"
    return sign + "·".join(above) + (f"/{bottom}" if below else "")


class _Text:
    """A node leaves no trace in plain text but ⟦ ⟧ where it is set off."""

    beside = " "
    minus = "−"

    def name(self, name: str) -> str:
        return name

    def head(self, name: str, *dimensions: Monomial) -> str:
        written = ",".join(dimension(m) for m in dimensions)
        if len(dimensions) == 1 and written.isdigit():
            return name + written.translate(LOWERED)
        if len(dimensions) == 1 and len(written) == 1:
            return f"{name}_{written}"
        return f"{name}_{{{written}}}" if dimensions else name

    def factor(self, value: Monomial) -> str:
        size = dimension(value)
        return f"{FRACTIONS.get(size) or (size if size.isdigit() else f'({size})')} "

    def sign(self, sign: str) -> str:
        return sign if sign in "∘⊘" else f" {sign} "

    def spaced(self, head: str, argument: Place) -> Pieces:
        return (f"{head} ", argument)

    def applied(self, head: str, argument: Place) -> Pieces:
        return (head, *self.parentheses((argument,)))

    def transposed(self, of: str | Place) -> Pieces:
        return (of, "ᵀ")

    def parentheses(self, inside: Pieces) -> Pieces:
        return ("(", *inside, ")")

    def set_off(self, inside: Pieces) -> Pieces:
        return ("⟦", *inside, "⟧")

    def identity(self, place: Place) -> object:
        return place.term

    def node(self, place: Place, inside: Pieces) -> Pieces:
        return self.set_off(inside) if place.mark is Mark.OWN else inside
