"""The whole answer of POST /gradients/check, from a parsed request; what is too large is refused before it is made."""

from typing import Any

from backproof_core import Network
from backproof_core import loss as losses
from backproof_core.errors import in_bytes
from backproof_core.judgement import judge
from backproof_service import claims, convert, reports
from backproof_service.http.problems import invalid
from backproof_service.settings import Settings
from backproof_service.weighing import OVERHEAD
from backproof_service.wire.check import CheckRequest

PASSES = 300  # at most of the forms, of the witnesses and of the mistakes that are tried
PASSES_FOR_A_BLOCK = 128  # of directions and of combinations: these cost by their number, not by their rows
COPIES = 16  # of the parameters and of what a pass keeps, at one time


def compute(request: CheckRequest, load: convert.LoadDataset, settings: Settings) -> dict[str, Any]:
    """The answer, its arrays as NumPy's; raises the core's errors and Problems."""
    layout = request.layout
    net = convert.network(request.network, request.dtype or "float64", layout)
    X, Y = convert.data(request.data, load, net, layout)
    claim = claims.claim(request, load, net)
    budget = settings.memory_budget_bytes - kept_bytes(net, len(X))  # for one witness, left out where it does not fit
    found = judge(net, X, Y, loss=request.loss, claim=claim, budget=budget)
    return reports.report(found, layout)


def check_size(request: CheckRequest, rows: int, settings: Settings) -> None:
    """Refuses what would take too many operations or too much memory, before anything of its size is made."""
    net, loss = convert.outline(request.network, "float64", request.layout), losses.named(request.loss)
    loss.check_last(net.last)
    pass_flops = 2 * rows * sum(layer.W.size for layer in net.layers)
    passes = PASSES + PASSES_FOR_A_BLOCK * len(net.blocks())
    flops = PASSES * pass_flops + passes * OVERHEAD * len(net.layers)
    needed = kept_bytes(net, rows)
    fewer = "Send fewer rows or a smaller network: mistakes show on a few rows."
    if flops > settings.max_check_flops:
        asked = f"Judging this would take about {flops:.2g} floating-point operations"
        need = f"the limit max_check_flops is {settings.max_check_flops:.2g}"
        raise invalid(f"{asked}; {need}. {fewer}", "data", code="limit_exceeded")
    if needed > settings.memory_budget_bytes:
        asked = f"Judging this would need {in_bytes(needed)}"
        need = f"the limit memory_budget_bytes is {in_bytes(settings.memory_budget_bytes)}"
        raise invalid(f"{asked}; {need}. {fewer}", "data", code="limit_exceeded")


def kept_bytes(net: Network, rows: int) -> int:
    """About the most memory that judging takes, but for a Jacobian."""
    return COPIES * 8 * (net.parameters + rows * sum(net.sizes))
