"""POST /train."""

from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from backproof_service import submission
from backproof_service.http.body import parse
from backproof_service.http.contract import operation
from backproof_service.http.prefer import PreferWait, prefer
from backproof_service.routes import waiting
from backproof_service.runtime import Runtime
from backproof_service.wire import jobs as wire
from backproof_service.wire.train import TrainRequest

router = APIRouter(tags=["training"])

XOR: dict[str, Any] = {
    "network": {
        "sizes": [2, 2, 1],
        "activation": "sigmoid",
        "bias": False,
        "init": {"type": "uniform", "low": 0, "high": 1},
        "seed": 7,
    },
    "loss": "half_sse",
    "optimizer": {"type": "sgd", "learning_rate": 1.0},
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
    "epochs": 500,
}
CLASSES: dict[str, Any] = {
    "network": {"sizes": [2, 4, 2], "activation": ["tanh", "softmax"]},
    "loss": "cross_entropy",
    "optimizer": {"type": "adam", "learning_rate": 0.01, "schedule": {"type": "cosine"}},
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1], [0.9, 0.1]], "labels": [0, 1, 1, 0, 1]},
    "epochs": 20,
    "batch_size": 2,
    "validation": {"share": 0.2},
    "early_stopping": {"patience": 5},
    "labels": {"exp": "a"},
}
PLACE = {"Location": "The job.", "Preference-Applied": "The wait that was honoured."}


@router.post(
    "/train",
    **operation(
        "train",
        "Train a network",
        request=TrainRequest,
        examples={"xor": XOR, "classes": CLASSES},
        answers={
            200: ("The job, which ended within the wait.", wire.Job),
            202: ("The job, which is queued or under way.", wire.Job),
        },
        headers={200: PLACE, 202: PLACE},
    ),
)
async def post_train(request: Request, _: PreferWait = None) -> Response:
    """The answer is a job; with `Prefer: wait=10` it comes when the job ends, or after that many seconds."""
    body = await parse(request, TrainRequest)
    runtime: Runtime = request.app.state.runtime
    job = await to_thread.run_sync(submission.submit_training, runtime, body, limiter=runtime.submitting)
    return await waiting.submitted(request, job, prefer(request).wait)
