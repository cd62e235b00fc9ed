"""The whole answer of POST /gradients, from a parsed request: in a thread of the service, or in a worker as a job."""

import time
from collections.abc import Callable
from math import isfinite
from typing import Any

from backproof_core import Network, backprop, check
from backproof_core import loss as losses
from backproof_core.errors import in_bytes
from backproof_core.loss import Loss
from backproof_core.vec import Array
from backproof_service import convert
from backproof_service.settings import Settings
from backproof_service.wire.gradients import GradientsRequest

NOT_FINITE = "the loss or a gradient is not finite; nothing can be said about agreement there"


def compute(request: GradientsRequest, load: convert.LoadDataset, settings: Settings) -> dict[str, Any]:
    """The answer, its arrays as NumPy's; raises the core's errors and Problems."""
    net = convert.network(request.network, request.dtype, request.layout)
    X, Y = convert.data(request.data, load, net, request.layout)
    loss = losses.named(request.loss)
    budget = settings.memory_budget_bytes
    _, notes = loss.prepare_targets(net.targets_of(Y, len(X)))  # the core prepares Y itself, wherever it is used
    notes = convert.notes(notes, request.data, request.layout)
    jacobian = None
    if "jacobian" in request.include:
        jacobian = convert.jacobians(backprop.jacobian(net, X, Y, loss=loss, budget=budget))
    found = [
        backprop.evaluate(net, X, Y, loss=loss, form=form, route=request.route, budget=budget) for form in request.forms
    ]
    witnesses = {name: _timed(check.WITNESSES[name], net, X, Y, loss) for name in request.witnesses}
    compared = _comparisons(net, X, Y, loss, found, [witness for witness, _ in witnesses.values()])
    notes = [*notes, *_route_notes(request, net, len(X), found, budget)]
    notes += [note for witness, _ in witnesses.values() for note in witness.notes]
    if not all(isfinite(comparison.max_abs) for comparison in compared):
        notes.append(NOT_FINITE)
    answer = {
        "object": "gradients",
        "loss_value": found[0].loss_value,
        "agree": all(comparison.agree for comparison in compared),
        "forms": {one.form: _form(one, request, jacobian) for one in found},
        "witnesses": {
            name: {"gradients": convert.gradients(witness.gradients, request.layout), "seconds": seconds}
            for name, (witness, seconds) in witnesses.items()
        },
        "comparison": [convert.comparison(comparison) for comparison in compared],
    }
    return answer | ({"notes": notes} if notes else {})


def _timed(
    witness: Callable[..., check.Witness], net: Network, X: Array, Y: Array, loss: Loss
) -> tuple[check.Witness, float]:
    start = time.perf_counter()
    found = witness(net, X, Y, loss=loss)
    return found, time.perf_counter() - start


def _comparisons(
    net: Network,
    X: Array,
    Y: Array,
    loss: Loss,
    found: list[backprop.Evaluation],
    witnesses: list[check.Witness],
) -> list[check.Comparison]:
    """Every further form and witness against the first form, per parameter."""
    first = (found[0].form, found[0].gradients)
    others: list[Any] = [*((one.form, one.gradients) for one in found[1:]), *witnesses]
    return [row for other in others for row in check.compare(net, X, Y, loss=loss, first=first, second=other)]


def _form(
    found: backprop.Evaluation, request: GradientsRequest, jacobian: list[dict[str, Any]] | None
) -> dict[str, Any]:
    """What is sent of one form."""
    vectorized, turned = found.form == "vectorized", request.layout.turn_each
    parts: dict[str, Any] = {
        "gradients": convert.gradients(found.gradients, request.layout),
        "deltas": turned(found.deltas),
        "activations": turned(found.run.A[1:]),
        "pre_activations": turned(found.run.Z),
    }
    sent: dict[str, Any] = {"route": found.route} if vectorized else {}
    sent |= {name: parts[name] for name in request.include if name in parts}
    if vectorized and jacobian is not None:
        sent["jacobian"] = jacobian
    return sent | {
        "seconds": found.seconds,
        "predicted_bytes": found.predicted.peak_bytes,
        "peak_bytes": found.peak_bytes,
        "predicted_flops": found.predicted.flops,
    }


def _route_notes(
    request: GradientsRequest, net: Network, rows: int, found: list[backprop.Evaluation], budget: int
) -> list[str]:
    """That `auto` took the row route, why, and which route would be a second opinion."""
    if request.route != "auto" or not any(one.route == "row" for one in found):
        return []
    loss = losses.named(request.loss)
    dense, jacobian = (
        backprop.predict_cost(net, rows, loss=loss, form="vectorized", route=route).peak_bytes
        for route in ("dense", "jacobian")
    )
    need = f"the dense one would need {in_bytes(dense)}"
    instead = f'; route "jacobian" is one, and would need {in_bytes(jacobian)}'
    return [
        f'route "auto" took the row route: {need}; row gives the matched form\'s bits, so it is no second opinion'
        + (instead if jacobian <= budget else "")
    ]
