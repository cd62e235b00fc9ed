"""POST /predict."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from backproof_core import Network
from backproof_core.errors import in_bytes
from backproof_service import convert
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.contract import operation
from backproof_service.http.problems import invalid
from backproof_service.settings import Settings
from backproof_service.wire.jobs import Predictions
from backproof_service.wire.predict import PredictRequest

router = APIRouter(tags=["predict"])

EXAMPLE: dict[str, Any] = {
    "network": {"layers": [{"weights": [[1.5], [-2.0]], "bias": [0.1], "activation": "sigmoid"}]},
    "x": [[0, 1], [1, 1]],
}


@router.post(
    "/predict",
    **operation(
        "predict",
        "Outputs of a network that is sent",
        request=PredictRequest,
        examples={"one layer": EXAMPLE},
        answers={200: ("The outputs.", Predictions)},
    ),
)
async def post_predict(request: Request) -> Response:
    """H = A_L for each row of x; with `include`, what each layer computed."""
    wanted = await parse(request, PredictRequest)
    settings: Settings = request.app.state.settings
    return await to_thread.run_sync(_answer, wanted, settings, limiter=request.app.state.computing)


def _answer(wanted: PredictRequest, settings: Settings) -> Response:
    _check_size(convert.outline(wanted.network, wanted.dtype, wanted.layout), wanted, settings)
    net = convert.network(wanted.network, wanted.dtype, wanted.layout)
    layout = wanted.layout
    run = net.forward(convert.samples(convert.in_dtype(wanted.x, wanted.dtype, "x"), layout))
    parts = {"pre_activations": run.Z, "activations": run.A[1:]}
    included = {name: layout.turn_each(parts[name]) for name in wanted.include}
    return respond.json({"object": "predictions", "outputs": layout.turn_samples(run.H), **included})


def _check_size(net: Network, wanted: PredictRequest, settings: Settings) -> None:
    """Refuses what would not fit the memory, or would be answered with more numbers than anybody reads as JSON."""
    rows, size = wanted.layout.instances(wanted.x), net.dtype.itemsize
    needed = size * (3 * net.parameters + 2 * rows * sum(net.sizes))
    if needed > settings.memory_budget_bytes:
        asked = f"{rows:,} rows through this network would need {in_bytes(needed)}"
        budget = in_bytes(settings.memory_budget_bytes)
        raise invalid(
            wanted.layout.words(f"{asked}; the limit memory_budget_bytes is {budget}. Send fewer rows."),
            "x",
            code="limit_exceeded",
        )
    numbers = rows * (net.sizes[-1] + len(wanted.include) * sum(net.sizes[1:]))
    if numbers > settings.max_answer_numbers:
        asked = f"The answer would hold {numbers:,} numbers"
        need = f"the limit max_answer_numbers is {settings.max_answer_numbers:,}"
        instead = wanted.layout.words("Send fewer rows, or include less")
        raise invalid(f"{asked}; {need}. {instead}.", "x", code="limit_exceeded")
