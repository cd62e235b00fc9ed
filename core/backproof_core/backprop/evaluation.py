"""The front of both forms: one call that checks, chooses the route, runs and reports the price."""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.backprop import cost, matched, vectorized
from backproof_core.backprop.cost import DEFAULT_BUDGET, Cost
from backproof_core.backprop.gradients import Backward, Gradients, LayerJacobian
from backproof_core.loss import Loss
from backproof_core.network import Network, Pass
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A loss value with the deltas and gradients of one form, and what it cost: predicted and measured."""

    form: str
    route: str | None  # of the vectorised form
    loss_value: float
    run: Pass
    deltas: tuple[Array, ...]
    gradients: Gradients
    seconds: float  # of the backward pass
    peak_bytes: int
    predicted: Cost


def evaluate(
    net: Network,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: Loss | str,
    form: str = "matched",
    route: str = "auto",
    budget: int = DEFAULT_BUDGET,
) -> Evaluation:
    """The loss value, deltas and gradients of a network on rows X with targets Y, by one form.

    X is N×d_0, Y is N×d_L. Raises ShapeMismatch, InadmissiblePair, InvalidValue, UnknownName and, before anything is
    allocated, TooLargeForForm.
    """
    loss, X, Y = _checked(net, X, Y, loss)
    cost.check_form(form)
    taken = cost.choose_route(net, len(X), loss=loss, route=route, budget=budget) if form == "vectorized" else None
    predicted = cost.check_budget(net, len(X), loss=loss, form=form, route=taken, budget=budget)
    run = net.forward(X)
    with np.errstate(all="ignore"):
        start = time.perf_counter()
        found = backward(net, run, Y, loss=loss, form=form, route=taken)
        seconds = time.perf_counter() - start
        value = float(loss.value(net.last, run.Z[-1], run.H, Y))
    return Evaluation(form, taken, value, run, found.deltas, found.gradients, seconds, found.peak_bytes, predicted)


def backward(net: Network, run: Pass, Y: Array, *, loss: Loss, form: str, route: str | None) -> Backward:
    """The backward pass of a form, by a route if it is the vectorised one, without checks."""
    if form == "matched":
        return matched.backward(net.layers, run, Y, loss)
    return vectorized.walk(net.layers, loss, route or "dense")(net.layers, run, Y, loss)


def gradient(
    net: Network,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: Loss | str,
    form: str = "matched",
    route: str = "auto",
    budget: int = DEFAULT_BUDGET,
) -> Gradients:
    """+∂loss/∂W_l and +∂loss/∂b_l for every layer; see evaluate for arguments and errors."""
    return evaluate(net, X, Y, loss=loss, form=form, route=route, budget=budget).gradients


def deltas(
    net: Network,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: Loss | str,
    form: str = "matched",
    route: str = "auto",
    budget: int = DEFAULT_BUDGET,
) -> tuple[Array, ...]:
    """δ_1 … δ_L, each N×d_l: the derivative of the loss by the pre-activations Z_l; see evaluate."""
    return evaluate(net, X, Y, loss=loss, form=form, route=route, budget=budget).deltas


def jacobian(
    net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, *, loss: Loss | str, budget: int = DEFAULT_BUDGET
) -> tuple[LayerJacobian, ...]:
    """∂vec E/∂(vec W_l)ᵀ and ∂vec E/∂b_lᵀ for every layer: each row is the gradient of one entry of the error E.

    By the jacobian route. Raises what evaluate raises; the budget covers all Jacobians together.
    """
    loss, X, Y = _checked(net, X, Y, loss)
    cost.check_jacobians(net, len(X), loss=loss, budget=budget)
    with np.errstate(all="ignore"):
        return vectorized.jacobians(net.layers, net.forward(X), Y, loss)


def _checked(net: Network, X: npt.ArrayLike, Y: npt.ArrayLike, loss: Loss | str) -> tuple[Loss, Array, Array]:
    """The loss by its value, and X and Y as conforming matrices; raises what evaluate raises."""
    known = losses.named(loss) if isinstance(loss, str) else loss
    known.check_last(net.last)
    rows = net.rows_of(X)
    targets, _ = known.prepare_targets(net.targets_of(Y, len(rows)))
    return known, rows, targets.astype(net.dtype)
