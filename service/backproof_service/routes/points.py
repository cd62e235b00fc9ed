"""POST /points."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from backproof_service import points
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.contract import operation
from backproof_service.wire.points import PointAnswer, PointRequest

router = APIRouter(tags=["gradients"])

CLASSES: dict[str, Any] = {
    "network": {"sizes": [2, 3, 3], "activation": ["tanh", "softmax"]},
    "loss": "cross_entropy",
    "seed": 1,
}
COLUMNS: dict[str, Any] = {
    "network": {"sizes": [784, 128, 10], "activation": "sigmoid", "bias": False},
    "loss": "half_sse",
    "layout": {"weights": "out_in", "samples": "columns"},
}


@router.post(
    "/points",
    **operation(
        "point",
        "A point that shows every mistake, with the right numbers",
        request=PointRequest,
        examples={"classes": CLASSES, "instances in columns": COLUMNS},
        answers={200: ("The point.", PointAnswer)},
    ),
)
async def post_points(request: Request) -> Response:
    """Weights, rows and targets for your tests: small, off kinks, of the architecture and loss that you name.

    Layers wider than 8 are made narrow, equal and in order where they were. What your code computes there, send to
    /gradients/check, or compare with the answers that come with the point.
    """
    wanted = await parse(request, PointRequest)
    return await to_thread.run_sync(_answer, wanted, limiter=request.app.state.computing)


def _answer(wanted: PointRequest) -> Response:
    return respond.json(points.compute(wanted))
