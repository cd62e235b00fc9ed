"""What both forms give: deltas, gradients and, from the vectorised form, Jacobians."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class LayerGradient:
    """∇W_l (d_{l−1}×d_l) and ∇b_l (d_l, or None where the layer has no bias)."""

    W: Array
    b: Array | None

    def blocks(self) -> list[tuple[str, Array]]:
        """The blocks by name: weights, and bias where there is one."""
        return [("weights", self.W)] + ([] if self.b is None else [("bias", self.b)])

    def map(self, f: Callable[[Array], Array]) -> "LayerGradient":
        """The same with f applied to each block."""
        return LayerGradient(f(self.W), None if self.b is None else f(self.b))


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """+∂loss/∂parameter for every layer, first layer first; each has its parameter's shape."""

    layers: tuple[LayerGradient, ...]

    def blocks(self) -> list[tuple[str, Array]]:
        """The blocks by path: layers.0.weights, layers.0.bias, layers.1.weights, …"""
        return [(f"layers.{l}.{name}", block) for l, layer in enumerate(self.layers) for name, block in layer.blocks()]


@dataclass(frozen=True, slots=True, eq=False)
class LayerJacobian:
    """∂vec E/∂(vec W_l)ᵀ (N·d_L × d_{l−1}d_l) and ∂vec E/∂b_lᵀ (N·d_L × d_l); rows and columns in vec order."""

    W: Array
    b: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class Backward:
    """What a backward pass computed: δ_1 … δ_L (N×d_l), the gradients, and the bytes alive at its peak."""

    deltas: tuple[Array, ...]
    gradients: Gradients
    peak_bytes: int


def peak_bytes(deltas: Sequence[Array], gradients: Gradients, making: int) -> int:
    """The bytes alive at the peak of a pass that carries only δ_l; making δ_L takes that many matrices of its shape."""
    sizes = [(M.nbytes, sum(block.nbytes for _, block in g.blocks())) for M, g in zip(deltas, gradients.layers)]
    return alive_at_peak(reversed(sizes), making)


def alive_at_peak(downward: Iterable[tuple[int, int]], making: int) -> int:
    """The same from the sizes of δ_l and of its layer's gradient, from the last layer down.

    What was kept before a δ is alive, and the matrices that it takes to make it, itself among them: two below δ_L.
    """
    kept, peak = 0, 0
    for delta, gradient in downward:
        peak = max(peak, kept + making * delta)
        kept, making = kept + delta + gradient, 2
    return max(peak, kept)
