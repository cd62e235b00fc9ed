"""POST /gradients/check."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from backproof_service import checks, claims, weighing
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.contract import operation
from backproof_service.runtime import Runtime
from backproof_service.wire.check import CheckRequest
from backproof_service.wire.report import GradientReport

router = APIRouter(tags=["gradients"])

NETWORK: dict[str, Any] = {
    "layers": [
        {"weights": [[0.5, -0.25], [0.75, 1.0]], "bias": [0.125, -0.5], "activation": "tanh"},
        {"weights": [[1.5], [-0.75]], "bias": [0.25], "activation": "identity"},
    ]
}
DATA: dict[str, Any] = {"x": [[1.0, 0.5], [-0.5, 2.0], [0.25, -1.0]], "y": [[0.5], [-1.0], [0.75]]}
LAST_LAYER: dict[str, Any] = {
    "network": NETWORK,
    "loss": "mse",
    "data": DATA,
    "gradients": [None, {"weights": [[-1.8025515921209987], [-1.2905577161333703]], "bias": [-1.6303355223114384]}],
}
PYTORCH: dict[str, Any] = {
    "network": {"layers": [{"weights": [[0.5, -0.25, 1.0]], "bias": [0.125], "activation": "sigmoid"}]},
    "loss": "binary_cross_entropy",
    "data": {"x": [[1.0, 0.5, -1.0], [-0.5, 2.0, 0.25]], "y": [[1], [0]]},
    "layout": {"weights": "out_in"},
    "dtype": "float32",
    "loss_value": 0.7486001,
    "gradients": [{"weights": [[-0.413063, 0.25171858, 0.36214632]], "bias": [-0.107562944]}],
}


@router.post(
    "/gradients/check",
    **operation(
        "check",
        "A report on the gradients that your own code computed",
        request=CheckRequest,
        examples={"last layer": LAST_LAYER, "weights as outputs by inputs": PYTORCH},
        answers={200: ("The report.", GradientReport)},
    ),
)
async def post_check(request: Request) -> Response:
    """Right, or wrong *here*, because of *this*, mend it *so*; and which mistakes this point cannot show.

    Send the loss value, pre-activations, activations, deltas, gradients or updated weights that your code computed, or
    any part of them. Their shapes and numbers may be anything: what is wrong with them is judged, not refused.
    """
    wanted = await parse(request, CheckRequest)
    runtime: Runtime = request.app.state.runtime
    return await to_thread.run_sync(_answer, runtime, wanted, limiter=request.app.state.computing)


def _answer(runtime: Runtime, wanted: CheckRequest) -> Response:
    rows = weighing.rows_of(wanted.data, runtime.datasets, wanted.layout)
    before = wanted.previous
    if before is not None and before.data is not None:
        with claims.below_previous(before):
            rows += weighing.rows_of(before.data, runtime.datasets, wanted.layout)
    checks.check_size(wanted, rows, runtime.settings)
    return respond.json(checks.compute(wanted, runtime.datasets.load, runtime.settings))
