"""Why a mistake does not show: at a point, or at every point of an architecture."""

import numpy as np

from backproof_core.activation import Elementwise
from backproof_core.backprop.gradients import Backward
from backproof_core.judgement.setting import Setting
from backproof_core.network import subscript
from backproof_core.vec import Array

NOISE = 1e-12
OF_ROWS = ("summed_not_averaged", "averaged_not_summed", "bias_averaged", "bias_one_row", "last_instance_only")
OF_DELTA = ("missing_derivative",)  # which shows that a δ should be zero
OF_SLOPE = (
    "missing_derivative",
    "output_derivative_missing",
    "output_derivative_extra",
    "derivative_at_activation",
    "derivative_at_preactivation",
    "leaky_slope_missing",
    "wrong_activation",
)


def never(at: Setting, id_: str, l: int | None) -> str | None:
    """Why no point of the architecture shows a mistake in a layer; None where one might."""
    if at.net.last.name == "softmax" and at.outputs == 1:
        return "a softmax of one output is 1 whatever its input, so that there is no gradient"
    if l is not None:
        return _never_in_layer(at, id_, l)
    if id_ == "layout_weights" and all(g.W.size == 1 for g in at.net.layers):
        return "a matrix of one entry is its own transpose"
    return None


def _never_in_layer(at: Setting, id_: str, l: int) -> str | None:
    activation, below = at.activation(l), at.activation(l - 1) if l > 0 else None
    if activation.name == "identity" and id_ in OF_SLOPE and id_ != "wrong_activation":
        return "the slope of the identity is 1 everywhere"
    if activation.name in ("relu", "leaky_relu"):
        if id_ == "derivative_at_activation":
            return f"A is positive exactly where Z is, so the slope of {activation.name} is the same at both"
        if id_ == "derivative_at_preactivation":
            return f"the slope of {activation.name} is written in Z as it is in A"
    if id_ == "row_major_unvec" and 1 in at.net.layers[l].W.shape:
        return "one row or one column is stacked in one way only"
    if id_ == "input_for_activation" and below is not None and below.name == "identity" and l == 1:
        return "the layer below is the identity"
    constant = [k for k in range(l, at.depth) if at.activation(k).name == "softmax" and at.net.layers[k].d_out == 1]
    if constant and not (constant[0] == l and id_ in OF_DELTA):
        return f"the softmax of layer {constant[0]} has one output, which is 1 whatever its input"
    return None


def reason(at: Setting, right: Backward, id_: str, l: int | None) -> str:
    """Why a mistake does not show at this point."""
    where = at.last if l is None else l
    if id_ in ("weight_decay_included", "weight_decay_doubled"):
        W = f"W{subscript(where + 1)}"
        return f"{W} is zero" if _is_zero(at.net.layers[where].W) else f"λ{W} is too small beside the gradient"
    if _is_zero(right.deltas[-1]):
        return "the outputs equal the targets, so every δ is zero"
    if _is_zero(right.deltas[where]):
        return _of_no_delta(at, where)
    if id_ in OF_ROWS and at.rows == 1:
        return "there is only one row"
    if all(_is_zero(G) for _, G in right.gradients.blocks()):
        return "every gradient is zero here: what the rows add cancels"
    if l is not None:
        return _of_layer(at, right, id_, l) or "it gives the same numbers at this point"
    return "it gives the same numbers at this point"


def _of_layer(at: Setting, right: Backward, id_: str, l: int) -> str:
    """Why a mistake in a layer does not show though its δ is not zero."""
    if id_ == "weights_not_transposed":
        above = at.net.layers[l + 1].W
        name = f"W{subscript(l + 2)}"
        return f"{name} is zero" if _is_zero(above) else f"{name} is symmetric" if np.allclose(above, above.T) else ""
    if id_ in ("transposed_gradient", "row_major_unvec"):
        return f"the gradient of W{subscript(l + 1)} is zero or symmetric here"
    if id_ == "input_for_activation":
        return "what stands below the activation and above it is the same here"
    if id_ == "weights_already_updated":
        return f"the step of W{subscript(l + 2)} is zero here"
    if id_ == "bias_missing":
        return f"the gradient of b{subscript(l + 1)} is zero here"
    if all(_is_zero(G) for _, G in right.gradients.layers[l].blocks()):
        return f"the gradients of layer {l} are zero here: what the rows add cancels"
    return _of_slope(at, l) if id_ in OF_SLOPE else ""


def _of_slope(at: Setting, l: int) -> str:
    activation, Z = at.activation(l), at.run.Z[l]
    if activation.kinked and (Z > 0).all():
        return f"every unit is on, where the slope of {activation.name} is 1"
    if activation.kinked and (Z <= 0).all():
        return f"every unit is off, at every row: Z{subscript(l + 1)} is nowhere above 0"
    if _is_zero(Z):
        return f"Z{subscript(l + 1)} is zero everywhere"
    return ""


def _of_no_delta(at: Setting, l: int) -> str:
    """Why δ_l is zero though δ_L is not."""
    for k in range(l + 1, at.depth):
        if _is_zero(at.net.layers[k].W):
            return f"W{subscript(k + 1)} is zero, so nothing comes down to this layer"
    for k in range(l, at.depth):
        activation, Z = at.activation(k), at.run.Z[k]
        if activation.name == "relu" and (Z <= 0).all():
            return f"every unit of layer {k} is off, at every row"
        if isinstance(activation, Elementwise) and _is_zero(activation.df(Z, at.run.A[k + 1])):
            return f"every unit of layer {k} is saturated, so that its slope is zero but for rounding"
    return "nothing comes down to this layer here"


def _is_zero(M: Array) -> bool:
    return bool(np.abs(M).max(initial=0.0) <= NOISE)
