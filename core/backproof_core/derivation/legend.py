"""What the symbols of a derivation stand for, in the order in which a forward pass meets them."""

from backproof_core.algebra.show import dimension
from backproof_core.algebra.sizes import Sizes
from backproof_core.algebra.terms import Term
from backproof_core.backprop.architecture import Architecture
from backproof_core.derivation.proof import Proof
from backproof_core.derivation.unfolded import unfolded
from backproof_core.network import subscript

Definition = tuple[str, str]  # a name, and what it stands for: ("Z₂", "A₁ W₂")


def legend(proof: Proof, sizes: Sizes | None = None) -> tuple[Definition, ...]:
    """Each symbol of a derivation and what it is: data, layers, error; shapes in numbers where sizes are given.

    The slopes S_l are those of the layers that the derivation goes through.
    """
    form = proof.form
    found = [("X", f"the rows, {_shape(form.A(0), sizes)}"), ("Y", f"the targets, {_shape(form.Y, sizes)}")]
    for l in range(1, form.depth + 1):
        found += _layer(form, l, sizes)
        if l >= proof.layer and form.elementwise(l):
            S = form.S(l)
            found.append((S.name, f"{S.function}({form.Z(l).name}): ′ is the derivative, entry by entry"))
    error, *names = unfolded(form).error.split(",  ")
    return (*found, *(_split(told) for told in (*names, error)))


def _layer(form: Architecture, l: int, sizes: Sizes | None) -> list[Definition]:
    """Its weights and bias, Z_l and A_l."""
    W, b, Z, A = form.W(l), f"b{subscript(l)}", form.Z(l), form.outputs(l)
    found = [(W.name, f"the weights of layer {l}, {_shape(W, sizes)}")]
    below = "X" if l == 1 else form.outputs(l - 1).name
    bias = f" + 1 {b}ᵀ" if form.biases[l - 1] else ""
    if bias:
        found.append((b, f"the bias of layer {l}, {dimension(W.cols, sizes)}×1"))
    told = f"{A.function}({Z.name})"
    if l == form.depth and not form.elementwise(l):
        told += ", the outputs H"
    return [*found, (Z.name, f"{below} {W.name}{bias}"), (A.name, told)]


def _shape(term: Term, sizes: Sizes | None) -> str:
    return f"{dimension(term.rows, sizes)}×{dimension(term.cols, sizes)}"


def _split(equation: str) -> Definition:
    name, _, told = equation.partition(" = ")
    return name, told
