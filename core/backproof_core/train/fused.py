"""One training step's gradient, written into buffers that are allocated once.

Matched evaluates the same floating-point expressions as backprop.matched, so its bits are the same; a test holds it to
that. Literal runs the vectorised form, compiled for its layers beforehand.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from backproof_core.activation import Activation
from backproof_core.backprop import vectorized
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import run_forward
from backproof_core.vec import Array


class Gradient(Protocol):
    """The type for a function of a batch that writes the gradients of its layers where it was told to."""

    def __call__(self, X: Array, Y: Array) -> tuple[float, Array]:
        """The loss value and the outputs H on a batch, as they are before any update."""


class Matched:
    """The matched form on batches of at most that many rows: gradient layers are written, buffers reused."""

    __slots__ = ("_above", "_buffers", "_into", "_layers", "_loss", "_rows", "_transposed", "_views")

    def __init__(self, layers: Sequence[Layer], into: Sequence[Layer], loss: Loss, rows: int) -> None:
        self._layers, self._into, self._loss, self._rows = tuple(layers), tuple(into), loss, rows
        self._transposed = tuple(layer.W.T for layer in layers)
        self._buffers = tuple(
            (np.empty((rows, layer.d_out), layer.W.dtype), np.empty((rows, layer.d_in), layer.W.dtype))
            for layer in layers
        )
        self._views: dict[int, tuple[tuple[Array, Array], ...]] = {rows: self._buffers}

    def __call__(self, X: Array, Y: Array) -> tuple[float, Array]:
        N = len(X)
        buffers = self._views.get(N) or self._shortened(N)
        A = [X]
        for layer, (Z, _) in zip(self._layers, buffers):
            np.matmul(A[-1], layer.W, out=Z)  # N × d_l
            if layer.b is not None:
                Z += layer.b
            A.append(layer.activation(Z))
        last: Activation = self._layers[-1].activation
        H, Z = A[-1], buffers[-1][0]
        value = self._loss.value(last, Z, H, Y)
        self._backward(A, buffers, self._loss.delta(last, Z, H, Y))
        return float(value), H

    def _backward(self, A: list[Array], buffers: tuple[tuple[Array, Array], ...], delta: Array) -> None:
        """δ_l = (δ_{l+1} W_{l+1}ᵀ) ∘ σ'(Z_l),   ∇W_l = A_{l−1}ᵀ δ_l,   ∇b_l = 1ᵀ δ_l."""
        for l in range(len(self._layers) - 1, -1, -1):
            into = self._into[l]
            np.matmul(A[l].T, delta, out=into.W)
            if into.b is not None:
                np.add.reduce(delta, axis=0, out=into.b)
            if l > 0:
                M = np.matmul(delta, self._transposed[l], out=buffers[l][1])  # N × d_{l−1}
                delta = self._layers[l - 1].activation.pullback(buffers[l - 1][0], A[l], M)

    def _shortened(self, rows: int) -> tuple[tuple[Array, Array], ...]:
        """The buffers' first rows, for the short last batch."""
        self._views[rows] = tuple((Z[:rows], M[:rows]) for Z, M in self._buffers)
        return self._views[rows]


class Literal:
    """The vectorised form by a route, copied into the gradient layers."""

    __slots__ = ("_into", "_layers", "_loss", "_walk")

    def __init__(self, layers: Sequence[Layer], into: Sequence[Layer], loss: Loss, route: str) -> None:
        self._layers, self._into, self._loss = tuple(layers), tuple(into), loss
        self._walk = vectorized.walk(self._layers, loss, route)

    def __call__(self, X: Array, Y: Array) -> tuple[float, Array]:
        run = run_forward(self._layers, X)
        found = self._walk(self._layers, run, Y, self._loss)
        for into, gradient in zip(self._into, found.gradients.layers):
            into.W[...] = gradient.W
            if into.b is not None and gradient.b is not None:
                into.b[...] = gradient.b
        return float(self._loss.value(self._layers[-1].activation, run.Z[-1], run.H, Y)), run.H
