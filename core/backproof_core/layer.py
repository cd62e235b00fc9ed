"""One layer: Z = A_in W + 1bᵀ, A = σ(Z).  A column of W is a neuron."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core import activation as activations
from backproof_core.activation import Activation
from backproof_core.errors import InvalidValue, ShapeMismatch, Where
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Weights W (d_in×d_out), bias b (d_out entries, or None) and activation of one layer."""

    W: Array
    b: Array | None
    activation: Activation

    @classmethod
    def make(cls, W: npt.ArrayLike, b: npt.ArrayLike | None, activation: Activation | str) -> "Layer":
        """A layer of copies of W and b, read-only; raises ShapeMismatch, InvalidValue, UnknownName."""
        σ = activations.named(activation) if isinstance(activation, str) else activation
        weights = _constant(W, "weights")
        if weights.ndim != 2 or 0 in weights.shape:
            raise ShapeMismatch(
                f"weights must be a matrix of at least 1×1, not of shape {weights.shape}", where=("weights",)
            )
        bias = None if b is None else _constant(b, "bias").astype(weights.dtype)
        if bias is not None and bias.shape != (weights.shape[1],):
            raise ShapeMismatch(
                f"the bias must have {weights.shape[1]} entries, one for each column of the "
                f"{weights.shape[0]}×{weights.shape[1]} weights, not shape {bias.shape}",
                where=("bias",),
            )
        return cls(weights, bias, σ)

    @property
    def d_in(self) -> int:
        return int(self.W.shape[0])

    @property
    def d_out(self) -> int:
        return int(self.W.shape[1])

    def affine(self, A: Array) -> Array:
        """Z = A W + 1bᵀ, N×d_out."""
        Z = A @ self.W
        if self.b is not None:
            Z += self.b
        return Z

    def blocks(self) -> list[tuple[str, Array]]:
        """The layer's parameters by name: weights, and bias where there is one."""
        return [("weights", self.W)] + ([] if self.b is None else [("bias", self.b)])


def _constant(values: npt.ArrayLike, name: str) -> Array:
    """A read-only contiguous copy: float32 stays float32, all else becomes float64; raises InvalidValue."""
    where: Where = (name,)
    try:
        given = np.asarray(values)
        kind = np.dtype(np.float32 if given.dtype == np.float32 else np.float64)
        array: Array = np.array(given, dtype=kind, order="C")
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"the {name} must be numbers in rows of one length: {error}", where=where) from None
    if not np.isfinite(array).all():
        raise InvalidValue(f"the {name} hold a number that is not finite", where=where)
    array.flags.writeable = False
    return array
