"""The whole answer of POST /gradients/check, from a parsed request; what is too large is refused before it is made."""

from typing import Any

from backproof_core import backprop
from backproof_core import loss as losses
from backproof_core.errors import in_bytes
from backproof_core.judgement import judge
from backproof_service import claims, convert, reports
from backproof_service.http.problems import invalid
from backproof_service.settings import Settings
from backproof_service.weighing import OVERHEAD
from backproof_service.wire.check import CheckRequest

PASSES = 64  # of the forms, and of the mistakes that are tried
PASSES_FOR_A_BLOCK = 64  # of complex step and differences, along 8 directions and at the worst entry
COPIES = 8  # of what a pass keeps, at one time


def compute(request: CheckRequest, load: convert.LoadDataset, settings: Settings) -> dict[str, Any]:
    """The answer, its arrays as NumPy's; raises the core's errors and Problems."""
    layout = request.layout
    net = convert.network(request.network, request.dtype or "float64", layout)
    X, Y = convert.data(request.data, load, net, layout)
    claim = claims.claim(request, load, net)
    found = judge(net, X, Y, loss=request.loss, claim=claim, budget=settings.memory_budget_bytes)
    return reports.report(found, layout)


def check_size(request: CheckRequest, rows: int, settings: Settings) -> None:
    """Refuses what would take too many operations or too much memory, before anything of its size is made."""
    net, loss = convert.outline(request.network, "float64", request.layout), losses.named(request.loss)
    loss.check_last(net.last)
    jacobian = backprop.predict_cost(net, rows, loss=loss, form="vectorized", route="jacobian")
    passes = PASSES + PASSES_FOR_A_BLOCK * len(net.blocks())
    flops = jacobian.flops + passes * sum(2 * rows * layer.W.size + OVERHEAD for layer in net.layers)
    needed = jacobian.peak_bytes + COPIES * net.dtype.itemsize * (net.parameters + 2 * rows * sum(net.sizes))
    fewer = "Send fewer rows or a smaller network: mistakes show on a few rows."
    if flops > settings.max_check_flops:
        asked = f"Judging this would take about {flops:.2g} floating-point operations"
        need = f"the limit max_check_flops is {settings.max_check_flops:.2g}"
        raise invalid(f"{asked}; {need}. {fewer}", "data", code="limit_exceeded")
    if needed > settings.memory_budget_bytes:
        asked = f"Judging this would need {in_bytes(needed)}"
        need = f"the limit memory_budget_bytes is {in_bytes(settings.memory_budget_bytes)}"
        raise invalid(f"{asked}; {need}. {fewer}", "data", code="limit_exceeded")
