"""What answering POST /gradients will take, from its shapes alone: what is refused, what is at once, what is a job."""

from dataclasses import dataclass
from typing import Any, Protocol

from backproof_core import Network, backprop
from backproof_core import loss as losses
from backproof_core.backprop.cost import check_budget
from backproof_core.loss import Loss
from backproof_service import convert
from backproof_service.http.problems import invalid
from backproof_service.settings import Settings
from backproof_service.store.jobs import UnknownDataset
from backproof_service.wire.data import Data, DataReference
from backproof_service.wire.gradients import GradientsRequest
from backproof_service.wire.layout import Layout

PASSES = {"complex_step": 1, "central_difference": 4}  # forward passes for each parameter
COMPLEX = 4  # a complex product is four real ones
OVERHEAD = 50_000  # flops' worth of time that a layer of one pass costs even when it is tiny


@dataclass(frozen=True, slots=True)
class Weight:
    """What answering a request will take: floating-point operations and bytes."""

    flops: int
    bytes: int

    def is_light(self, settings: Settings) -> bool:
        """Whether it is answered at once."""
        return self.flops <= settings.direct_flops and self.bytes <= settings.direct_bytes


def weigh(request: GradientsRequest, rows: int, settings: Settings) -> Weight:
    """The weight of a request on that many rows; raises what refuses it, before anything of its size is made."""
    net, loss = convert.outline(request.network, request.dtype, request.layout), losses.named(request.loss)
    loss.check_last(net.last)
    budget = settings.memory_budget_bytes
    costs = [_form_cost(net, rows, loss, form, request.route, budget) for form in request.forms]
    _check_answer(request, net, rows, settings)
    size = net.dtype.itemsize
    forward = sum(2 * rows * layer.W.size for layer in net.layers)
    kept = size * (net.parameters * (2 + len(request.forms)) + 4 * rows * sum(net.sizes))
    flops = sum(cost.flops + forward for cost in costs)
    peak = max(cost.peak_bytes for cost in costs)
    if "jacobian" in request.include:
        jacobians = backprop.check_jacobians(net, rows, loss=loss, budget=budget)
        flops, peak = flops + jacobians.flops, max(peak, jacobians.peak_bytes)
    flops += sum(witness_flops(net, forward, name) for name in request.witnesses)
    if flops > settings.max_gradients_flops:
        asked = f"This would take about {flops:.2g} floating-point operations"
        need = f"the limit max_gradients_flops is {settings.max_gradients_flops:.2g}"
        raise invalid(f"{asked}; {need}. {_lighter(request)}", *_heaviest(request), code="limit_exceeded")
    return Weight(flops, kept + peak)


class Stored(Protocol):
    """The stored data sets, as far as they are needed to weigh a request."""

    def get(self, dataset: str) -> Any:
        """The description of a data set, with its rows; None where there is none."""


def rows_of(data: Data, stored: Stored, layout: Layout) -> int:
    """How many rows the data of a request has; raises UnknownDataset, and Problem for rows past the end."""
    if not isinstance(data, DataReference):
        return layout.instances(data.x)
    found = stored.get(data.dataset)
    if found is None:
        raise UnknownDataset(data.dataset)
    start, stop = data.rows or (0, found.rows)
    if stop > found.rows:
        raise invalid(f"rows is [{start}, {stop}], but the data set has {found.rows} rows.", "data", "rows")
    return int(stop - start)


def check_data(request: GradientsRequest, load: convert.LoadDataset) -> None:
    """Raises what `compute` would raise for the data: what becomes a job has been checked."""
    net = convert.outline(request.network, request.dtype, request.layout)
    X, Y = convert.data(request.data, load, net, request.layout)
    losses.named(request.loss).prepare_targets(net.targets_of(Y, len(net.rows_of(X))))


def witness_flops(net: Network, forward: int, name: str) -> int:
    """What a witness takes: forward passes for every parameter, in complex numbers."""
    return PASSES[name] * net.parameters * (COMPLEX * forward + OVERHEAD * len(net.layers))


def _form_cost(net: Network, rows: int, loss: Loss, form: str, route: str, budget: int) -> backprop.Cost:
    taken = None
    if form == "vectorized":
        taken = backprop.choose_route(net, rows, loss=loss, route=route, budget=budget)
    return check_budget(net, rows, loss=loss, form=form, route=taken, budget=budget)


def _check_answer(request: GradientsRequest, net: Network, rows: int, settings: Settings) -> None:
    """Refuses an answer of more numbers than anybody would read as JSON."""
    neurons = rows * sum(net.sizes[1:])
    sizes = {"gradients": net.parameters, "jacobian": rows * net.sizes[-1] * net.parameters}
    of_form = {name: sizes.get(name, neurons) * len(request.forms) for name in request.include}
    if "jacobian" in of_form:
        of_form["jacobian"] = sizes["jacobian"]
    numbers = sum(of_form.values()) + len(request.witnesses) * net.parameters
    if numbers > settings.max_answer_numbers:
        asked = f"The answer would hold {numbers:,} numbers; the limit max_answer_numbers is"
        instead = _lying(request, "Ask for less in include, for one form, or on fewer rows.")
        raise invalid(f"{asked} {settings.max_answer_numbers:,}. {instead}", "include", code="limit_exceeded")


def _heaviest(request: GradientsRequest) -> tuple[str, ...]:
    return ("witnesses",) if request.witnesses else ("data",)


def _lighter(request: GradientsRequest) -> str:
    if request.witnesses:
        return "A witness runs the network at least once for every parameter: ask for none, or send a smaller network."
    return _lying(request, "Send fewer rows or a smaller network.")


def _lying(request: GradientsRequest, words: str) -> str:
    """What is said of rows, said of the samples as they were sent."""
    return words if isinstance(request.data, DataReference) else request.layout.words(words)
