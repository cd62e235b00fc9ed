"""Sizes that may be symbols: rational numbers times powers of names, so that m·n = n·m by construction."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

Sizes = Mapping[str, int]  # what each name stands for


@dataclass(frozen=True, slots=True)
class Monomial:
    """A rational number times powers of names, as 2/(N·o): a dimension of a term, or the factor of a multiple.

    Products compare as products, since powers are sorted by name and hold no zero exponent.
    """

    coefficient: Fraction
    powers: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str | None:
        """The name, where the monomial is nothing but one."""
        single = self.coefficient == 1 and len(self.powers) == 1 and self.powers[0][1] == 1
        return self.powers[0][0] if single else None

    def __mul__(self, other: "Monomial") -> "Monomial":
        return _product(self, other)

    def __truediv__(self, other: "Monomial") -> "Monomial":
        return _product(self, Monomial(1 / other.coefficient, tuple((name, -power) for name, power in other.powers)))

    def __neg__(self) -> "Monomial":
        return Monomial(-self.coefficient, self.powers)

    def replaced(self, values: Mapping[str, "Monomial"]) -> "Monomial":
        """The monomial with monomials in the place of names; other names stay."""
        found = Monomial(self.coefficient)
        for name, power in self.powers:
            value = values.get(name, Monomial(Fraction(1), ((name, 1),)))
            for _ in range(abs(power)):
                found = found * value if power > 0 else found / value
        return found

    def at(self, sizes: Sizes) -> Fraction:
        """The number that it is when each name stands for that number; raises KeyError for a name left out."""
        found = self.coefficient
        for name, power in self.powers:
            found *= Fraction(sizes[name]) ** power
        return found

    def count(self, sizes: Sizes) -> int:
        """The same for a dimension, which is a whole number."""
        return int(self.at(sizes))

    def __str__(self) -> str:
        above = [name for name, power in self.powers for _ in range(max(power, 0))]
        below = [name for name, power in self.powers for _ in range(max(-power, 0))]
        top, bottom = self.coefficient.numerator, self.coefficient.denominator
        sign = "−" if top < 0 else ""
        numerator = sign + "·".join(([] if abs(top) == 1 and above else [str(abs(top))]) + above)
        denominator = ([] if bottom == 1 else [str(bottom)]) + below
        if not denominator:
            return numerator
        return f"{numerator}/{denominator[0]}" if len(denominator) == 1 else f"{numerator}/({'·'.join(denominator)})"


SizeLike = Monomial | Fraction | int | str
ONE = Monomial(Fraction(1))


def size(value: SizeLike) -> Monomial:
    """The monomial that a number, a name or a monomial is."""
    return value if isinstance(value, Monomial) else _made(value)


@lru_cache(maxsize=4096)
def _made(value: Fraction | int | str) -> Monomial:
    return Monomial(Fraction(1), ((value, 1),)) if isinstance(value, str) else Monomial(Fraction(value))


@lru_cache(maxsize=65536)
def _product(one: Monomial, two: Monomial) -> Monomial:
    powers = dict(one.powers)
    for name, power in two.powers:
        powers[name] = powers.get(name, 0) + power
    kept = tuple(sorted((name, power) for name, power in powers.items() if power))
    return Monomial(one.coefficient * two.coefficient, kept)
