"""Where the chain begins: each loss unfolded, one factor for each function that it is made of.

A table, keyed by the name of the loss: the steps from E down to H, the slope ∂E/∂H as one term, and what must hold for
them to be defined. To add a loss: one entry. The article's steps 1 to 3 are those of half_sse.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from backproof_core.algebra.sizes import ONE, Monomial, size
from backproof_core.algebra.terms import Diag, Eye, Ones, Quotient, Scale, Sub, Sym, Term, Vec, product
from backproof_core.backprop.architecture import Architecture, N

PRODUCT_RULE = "∂vec(A∘B) = Diag(vec A) ∂vec B + Diag(vec B) ∂vec A"
ENTRY_BY_ENTRY = "∂vec f(A)/∂(vec A)ᵀ = Diag(vec f′(A))"
HALF = size(Fraction(1, 2))
LINEAR = "∂x/∂xᵀ = I"


@dataclass(frozen=True, slots=True)
class Step:
    """One function of the composition: which by what, the formula used, and its Jacobian."""

    differentiates: str
    formula: str
    factor: Term


@dataclass(frozen=True, slots=True)
class Unfolded:
    """A loss as a chain from E down to H, and the slope ∂E/∂H, N×d_L, that it amounts to."""

    error: str
    steps: tuple[Step, ...]
    slope: Term


def unfolded(form: Architecture) -> Unfolded:
    """The loss of an architecture, unfolded; raises KeyError for a loss that is not in the table."""
    return UNFOLDED[form.loss.name](form)


def _squares(form: Architecture, a: Monomial) -> Unfolded:
    """E = a·(H−Y)∘(H−Y)."""
    V = difference(form)
    told = "" if a == ONE else "½ " if a == HALF else f"({a}) "
    steps = (
        Step(f"E = {told}U by U", LINEAR, _multiple(a, Eye(_entries(form)))),
        Step("U = V∘V by V", f"{PRODUCT_RULE}, both terms equal", Scale(size(2), Diag(Vec(V)))),
        Step(
            f"V = {form.H.name} − Y by {form.H.name}", "∂vec(A−B) = ∂vec A − ∂vec B; Y is constant", Eye(_entries(form))
        ),
    )
    return Unfolded(f"E = {told}V∘V,  V = {form.H.name} − Y", steps, _multiple(a * size(2), V))


def _cross_entropy(form: Architecture) -> Unfolded:
    """E = −(1/N) Y∘ln H."""
    H, Y = form.H, form.Y
    reciprocal = Quotient(_ones(form), H)
    steps = (
        Step("E = −(1/N) U by U", LINEAR, Scale(-ONE / N, Eye(_entries(form)))),
        Step("U = Y∘L by L", "vec(A∘B) = Diag(vec A) vec B, and Y is constant", Diag(Vec(Y))),
        Step(f"L = ln {H.name} by {H.name}", f"{ENTRY_BY_ENTRY}, ln′ = 1/·", Diag(Vec(reciprocal))),
    )
    return Unfolded(f"E = −(1/N) Y∘ln {H.name}", steps, Scale(-ONE / N, Quotient(Y, H)))


def _binary_cross_entropy(form: Architecture) -> Unfolded:
    """E = −(1/N)(Y∘ln H + (1−Y)∘ln(1−H))."""
    H, Y, one = form.H, form.Y, _ones(form)
    rising = product(Diag(Vec(Y)), Diag(Vec(Quotient(one, H))))
    falling = product(Diag(Vec(Sub(one, Y))), Diag(Vec(Quotient(one, Sub(one, H)))))
    h = H.name
    steps = (
        Step("E = (1/N) U by U", LINEAR, Scale(ONE / N, Eye(_entries(form)))),
        Step(
            f"U = −Y∘ln {h} − (1−Y)∘ln(1−{h}) by {h}",
            f"vec(A∘B) = Diag(vec A) vec B, and {ENTRY_BY_ENTRY}, ln′ = 1/·",
            Sub(falling, rising),
        ),
    )
    slope = Sub(Quotient(Sub(one, Y), Sub(one, H)), Quotient(Y, H))
    return Unfolded(f"E = −(1/N) (Y∘ln {h} + (1−Y)∘ln(1−{h}))", steps, Scale(ONE / N, slope))


UNFOLDED: dict[str, Callable[[Architecture], Unfolded]] = {
    "half_sse": lambda form: _squares(form, HALF),
    "sse": lambda form: _squares(form, ONE),
    "mse": lambda form: _squares(form, ONE / _entries(form)),
    "binary_cross_entropy": _binary_cross_entropy,
    "cross_entropy": _cross_entropy,
}


def difference(form: Architecture) -> Sym:
    """V = H − Y."""
    return Sym("V", form.Y.rows, form.Y.cols)


def _entries(form: Architecture) -> Monomial:
    """N·d_L."""
    return N * form.width(form.depth)


def _ones(form: Architecture) -> Ones:
    return Ones(N, form.width(form.depth))


def _multiple(factor: Monomial, of: Term) -> Term:
    """factor·of, which is of itself where the factor is 1."""
    return of if factor == ONE else Scale(factor, of)
