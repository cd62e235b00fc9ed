"""POST /derivations."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from backproof_service import derivations, weighing
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.contract import operation
from backproof_service.runtime import Runtime
from backproof_service.wire.derivations import DerivationAnswer, DerivationRequest

router = APIRouter(tags=["derivations"])

XOR: dict[str, Any] = {
    "network": {"sizes": [2, 2, 1], "activation": "sigmoid", "bias": False},
    "loss": "half_sse",
    "parameter": "layers.0.weights",
}
LAYERS: dict[str, Any] = {
    "network": {
        "layers": [
            {"weights": [[0.5, -0.4], [0.3, 0.8]], "bias": [0.1, -0.1], "activation": "tanh"},
            {"weights": [[0.7], [-0.6]], "bias": None, "activation": "sigmoid"},
        ]
    },
    "loss": "mse",
    "parameter": "layers.0.bias",
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
}
SOFTMAX: dict[str, Any] = {
    "network": {"sizes": [2, 3], "activation": "softmax", "seed": 3},
    "loss": "cross_entropy",
    "parameter": "layers.0.weights",
    "data": {"x": [[0.5, -1.0], [2.0, 0.25]], "labels": [2, 0]},
}


@router.post(
    "/derivations",
    **operation(
        "derivations",
        "The proof, line by line, that the vectorised gradient is the matched one",
        request=DerivationRequest,
        examples={"xor": XOR, "layers on data": LAYERS, "softmax and cross entropy": SOFTMAX},
        answers={200: ("The derivation.", DerivationAnswer)},
    ),
)
async def post_derivations(request: Request) -> Response:
    """From the chain of Jacobians to the shape-matched form, one rule at a time, each line with its reason.

    Every line is compared with the first one exactly, modulo the prime 2^61 − 1, on random matrices; and where data is
    sent also in float64 on its first rows. There is no dtype: derivations are always float64.
    """
    wanted = await parse(request, DerivationRequest)
    runtime: Runtime = request.app.state.runtime
    return await to_thread.run_sync(_answer, runtime, wanted, limiter=request.app.state.computing)


def _answer(runtime: Runtime, wanted: DerivationRequest) -> Response:
    if wanted.data is not None:
        weighing.rows_of(wanted.data, runtime.datasets, wanted.layout)  # refuses rows past the end of a data set
    return respond.json(derivations.compute(wanted, runtime.datasets.load, runtime.settings))
