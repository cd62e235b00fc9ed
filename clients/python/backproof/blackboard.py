"""The blackboard's names of what has a path on the wire: ∇W₂ for the gradient at layers.1.weights, δ₁ for a delta."""

from __future__ import annotations

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LETTERS = {"pre_activations": "Z", "activations": "A", "deltas": "δ"}


def subscript(number: int) -> str:
    """The number as it stands below a letter."""
    return str(number).translate(SUBSCRIPTS)


def symbol(parameter: str) -> str:
    """The blackboard's name of a parameter: W₁ for layers.0.weights; what is no such path stays as it is."""
    _, _, path = parameter.partition("layers.")
    layer, _, block = path.partition(".")
    if not (layer.isascii() and layer.isdigit()) or block not in ("weights", "bias"):
        return parameter
    return ("W" if block == "weights" else "b") + subscript(int(layer) + 1)


def blackboard(parameter: str) -> str:
    """The blackboard's name of a parameter, and the wire's: W₁ (layers.0.weights)."""
    return f"{symbol(parameter)} ({parameter})"


def quantity(name: str, parameter: str, layer: int | None) -> str:
    """The blackboard's name of something that was computed: the list that holds it, its path there, its layer."""
    if name == "loss_value":
        return "loss"
    if name in LETTERS and layer is not None:
        return LETTERS[name] + subscript(layer + 1)
    if name == "gradients":
        return "∇" + symbol(parameter)
    return f"new {symbol(parameter)}" if name == "updated_weights" else parameter or name
