"""The gradient by the vectorised form, by its routes that share no code with the matched one, as far as it is cheap."""

import numpy as np
import numpy.typing as npt

from backproof_core.backprop import vectorized
from backproof_core.backprop.cost import predict_cost
from backproof_core.backprop.gradients import Gradients, LayerGradient
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass
from backproof_core.vec import Array

DENSE_BYTES, DENSE_FLOPS = 4 << 20, 20_000_000
ALIVE = 64 << 20


def jacobian(net: Network, run: Pass, Y: Array, *, loss: Loss, budget: int) -> Gradients | None:
    """The gradient by full Jacobians, of so few rows at a time as fit 64 MiB; None where one row is too much."""
    N = len(Y)

    def bytes_of(rows: int) -> int:
        return predict_cost(net, rows, loss=loss, form="vectorized", route="jacobian").peak_bytes

    if bytes_of(1) > budget:
        return None
    size = N
    while size > 1 and bytes_of(size) > min(ALIVE, budget):
        size = (size + 1) // 2
    walk = vectorized.walk(net.layers, loss, "jacobian")
    total: Gradients | None = None
    for k in range(0, N, size):
        part = slice(k, k + size)
        found = walk(net.layers, rows_of(run, part), Y[part], loss).gradients
        weight = len(Y[part]) / N if loss.averages else 1.0
        total = _plus(total, found, weight)
    return total


def _plus(total: Gradients | None, new: Gradients, weight: float) -> Gradients:
    scaled = tuple(layer.map(lambda M: M * weight) for layer in new.layers)
    if total is None:
        return Gradients(scaled)
    return Gradients(
        tuple(
            LayerGradient(a.W + b.W, None if a.b is None or b.b is None else a.b + b.b)
            for a, b in zip(total.layers, scaled)
        )
    )


def dense(net: Network, run: Pass, Y: Array, *, loss: Loss, budget: int) -> Gradients | None:
    """The gradient by the literal Jacobians, None where they are not small."""
    cost = predict_cost(net, len(Y), loss=loss, form="vectorized", route="dense")
    if cost.peak_bytes > min(DENSE_BYTES, budget) or cost.flops > DENSE_FLOPS:
        return None
    walk = vectorized.walk(net.layers, loss, "dense")
    return walk(net.layers, run, Y, loss).gradients


def rows_of(run: Pass, rows: slice | npt.NDArray[np.int64]) -> Pass:
    """The pass of some of the rows."""
    return Pass(tuple(Z[rows] for Z in run.Z), tuple(A[rows] for A in run.A))
