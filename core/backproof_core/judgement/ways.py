"""The ways to make each mistake: what a wrong backward pass computes at each of its places.

A pass has few places: δ_L is made (seeds), sent down through W (sends), pulled back through an activation (pulls), and
turned into the gradients of weights and biases (weights, biases), which may then be turned around (turned). At each
place a table says what else may be written there. The same tables plant a mistake and find it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from backproof_core.activation import ACTIVATIONS, Activation, Elementwise, softmax
from backproof_core.judgement.setting import Setting
from backproof_core.loss import LOSSES, Loss
from backproof_core.vec import Array, unvec, vec

Rows = npt.NDArray[np.intp]

SQUARES = ("half_sse", "sse", "mse")


@dataclass(frozen=True, slots=True)
class Way:
    """A mistake and which of its ways it is: another activation, a loss, a row, a number."""

    id: str
    detail: str = ""


Made = tuple[tuple[Way, ...], Array]  # the mistakes that were made, and what came of them


# ---------------------------------------------------------------- pulling back through an activation


def pulls(at: Setting, l: int, M: Array) -> Iterator[tuple[Way, Array]]:
    """M pulled back through layer l in every wrong way."""
    activation, Z, A = at.activation(l), at.run.Z[l], at.run.A[l + 1]
    yield Way("missing_derivative"), M
    yield Way("derivative_at_activation"), activation.pullback(A, activation(A), M)
    yield Way("derivative_at_preactivation"), _at_preactivation(activation, Z, M)
    if isinstance(activation, Elementwise):
        for other in _elementwise_but(activation):
            yield Way("wrong_activation", other.name), other.pullback(Z, other(Z), M)
            if other.name != "softplus":  # its derivative is not written in a
                yield Way("wrong_activation", other.name), other.pullback(Z, A, M)
        if activation.name == "leaky_relu":
            yield Way("leaky_slope_missing"), M * (Z > 0)
        yield Way("wrong_activation", "softmax"), softmax.pullback(Z, softmax(Z), M)
        if A.shape[1] > 1:  # of one output it would be the slope of a sigmoid
            yield Way("wrong_activation", "softmax"), softmax.pullback(Z, A, M)
        return
    inner: Array = (M * A).sum(axis=1, keepdims=True)
    yield Way("softmax_diagonal"), M * A * (1 - A)
    yield Way("softmax_sign"), A * (M - 2 * M * A + inner)
    yield Way("softmax_sign"), A * (M + inner)
    for other in _elementwise_but(activation):
        yield Way("wrong_activation", other.name), other.pullback(Z, other(Z), M)
    yield Way("wrong_activation", "tanh"), ACTIVATIONS["tanh"].pullback(Z, A, M)


def _at_preactivation(activation: Activation, Z: Array, M: Array) -> Array:
    """σ′ written in a and fed with z."""
    if activation.name == "softplus":
        return M * -np.expm1(-Z)
    return activation.pullback(Z, Z, M)


def _elementwise_but(one: Activation) -> list[Activation]:
    return [a for a in ACTIVATIONS.values() if isinstance(a, Elementwise) and a.name != one.name]


# ---------------------------------------------------------------- δ_L


def losses_but(at: Setting) -> list[Loss]:
    """The other losses that are defined on those outputs: a formula asks no leave of the targets."""
    return [one for one in LOSSES.values() if one.name != at.loss.name and one.admits(at.net.last)]


def admits(loss: Loss, at: Setting) -> bool:
    """Whether the targets there are such as the loss requires."""
    if loss.name == "cross_entropy":
        return bool((at.Y >= 0).all() and np.allclose(at.Y.sum(axis=1), 1, atol=1e-6))
    return loss.name != "binary_cross_entropy" or bool(((at.Y >= 0) & (at.Y <= 1)).all())


def seeds(at: Setting) -> Iterator[Made]:
    """δ_L in every wrong way: by another loss, with another pullback, with the derivative left out or left in."""
    l = at.last
    for loss in (at.loss, *losses_but(at)):
        wrong = () if loss is at.loss else (Way("wrong_loss", loss.name),)
        of_loss = replace(at, loss=loss)
        if wrong:
            yield wrong, of_loss.seed()
        slope = of_loss.slope()
        for way, delta in pulls(of_loss, l, slope):
            yield (*wrong, way), delta
        if loss.name in SQUARES:
            yield (*wrong, Way("output_derivative_missing")), slope
        if of_loss.folded:
            for delta in _left_in(of_loss):
                yield (*wrong, Way("output_derivative_extra")), delta


def _left_in(at: Setting) -> Iterator[Array]:
    """(H − Y)/N with the last activation's derivative multiplied once more."""
    seed, H = at.seed(), at.run.H
    yield at.pull(at.last, seed)
    if not isinstance(at.net.last, Elementwise):
        yield seed * H * (1 - H)


# ---------------------------------------------------------------- sending down


def sends(at: Setting, l: int, delta: Array) -> Iterator[tuple[Way, Array]]:
    """δ of layer l sent to the layer below through a wrong matrix."""
    W = at.net.layers[l].W
    if W.shape[0] == W.shape[1]:
        yield Way("weights_not_transposed"), delta @ W


# ---------------------------------------------------------------- gradients of weights


def weights(at: Setting, l: int, delta: Array, rows: Rows | None = None) -> Iterator[Made]:
    """The gradient of W_l made from δ_l in every wrong way, or only those rows of it; some have another shape."""
    A, Z, d_in = at.run.A, at.run.Z, at.run.A[l].shape[1]
    of_input: list[tuple[tuple[Way, ...], Array]] = [((), A[l])]
    if l > 0:
        of_input.append(((Way("input_for_activation", "z"),), Z[l - 1]))
        of_input.append(((Way("input_for_activation", "x"),), A[0]))
    of_input.append(((Way("activation_for_input"),), A[l + 1]))
    for wrong, M in of_input:
        inputs = M if rows is None or M.shape[1] != d_in else M[:, rows]
        if wrong:
            yield wrong, inputs.T @ delta
        for way, row, c in _single(at):
            yield (*wrong, way), c * (inputs[row].T @ delta[row])


def biases(at: Setting, delta: Array) -> Iterator[tuple[Way, Array]]:
    """The gradient of b_l made from δ_l in every wrong way."""
    yield Way("bias_missing"), np.zeros(delta.shape[1])
    yield Way("bias_one_row", "the first row"), delta[0]
    yield Way("bias_one_row", "the last row"), delta[-1]
    for way, row, c in _single(at):
        yield way, c * delta[row].sum(axis=0)


def _single(at: Setting) -> Iterator[tuple[Way, slice, float]]:
    """One row alone, with its share in a mean or with all of it."""
    N = at.rows
    for detail, row in (("the last row", slice(N - 1, N)), ("the first row", slice(0, 1))):
        yield Way("last_instance_only", detail), row, 1.0
        if at.loss.averages and N > 1:
            yield Way("last_instance_only", f"{detail}, not divided by N"), row, float(N)


def turned(M: Array) -> Iterator[tuple[Way, Array]]:
    """A weight gradient laid out otherwise."""
    if M.ndim != 2 or M.size == 1:
        return
    yield Way("transposed_gradient"), M.T
    p, q = M.shape
    if p > 1 and q > 1:
        yield Way("row_major_unvec"), vec(M).reshape(p, q)
        yield Way("row_major_unvec"), unvec(M.reshape(-1), p, q)


def turned_back(M: Array, shape: tuple[int, ...]) -> Iterator[tuple[Way, Array]]:
    """What a block of that shape was before it was laid out otherwise."""
    if M.ndim != 2 or M.size == 1:
        return
    if M.shape == shape[::-1] or M.shape != shape:
        yield Way("transposed_gradient"), M.T
    p, q = M.shape
    if p > 1 and q > 1:
        yield Way("row_major_unvec"), unvec(M.reshape(-1), p, q)
        yield Way("row_major_unvec"), vec(M).reshape(p, q)


# ---------------------------------------------------------------- factors


def constants(at: Setting) -> dict[str, float]:
    """The factors that may be named, by their names: −1, 2, ½, N, 1/N, N·d, 1/(N·d), and a rate that was sent."""
    N, d = at.rows, at.outputs
    found = {"-1": -1.0, "2": 2.0, "1/2": 0.5}
    if N > 1:
        found |= {"N": float(N), "1/N": 1 / N}
    if N * d > 1 and d > 1:
        found |= {"N·d": float(N * d), "1/(N·d)": 1 / (N * d)}
    rate = at.claim.learning_rate
    if rate is not None and rate not in (0.0, 1.0):
        found |= {"rate": rate, "1/rate": 1 / rate}
    return found
