"""POST /gradients."""

from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from backproof_service import answers, gradients, submission, weighing
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.contract import operation
from backproof_service.http.prefer import PreferAsync, prefer
from backproof_service.runtime import Runtime
from backproof_service.wire.gradients import GradientsAnswer, GradientsRequest
from backproof_service.wire.jobs import Job

router = APIRouter(tags=["gradients"])

XOR: dict[str, Any] = {
    "network": {
        "sizes": [2, 2, 1],
        "activation": "sigmoid",
        "bias": False,
        "init": {"type": "uniform", "low": 0, "high": 1},
        "seed": 7,
    },
    "loss": "half_sse",
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
}
LAYERS: dict[str, Any] = {
    "network": {"layers": [{"weights": [[0.1, -0.2], [0.3, 0.4]], "bias": [0, 0], "activation": "softmax"}]},
    "loss": "cross_entropy",
    "data": {"x": [[1, 2], [3, 4]], "labels": [0, 1]},
    "witnesses": ["complex_step"],
    "include": ["gradients", "deltas"],
}


@router.post(
    "/gradients",
    **operation(
        "gradients",
        "Gradients in each form, their comparison, and the cost of each",
        request=GradientsRequest,
        examples={"xor": XOR, "layers": LAYERS},
        answers={
            200: ("The gradients.", GradientsAnswer),
            202: (
                "A job of kind gradients: this was too large to be answered at once, or respond-async was preferred.",
                Job,
            ),
        },
        headers={202: {"Location": "The job.", "Preference-Applied": "respond-async, where it was preferred."}},
    ),
)
async def post_gradients(request: Request, _: PreferAsync = None) -> Response:
    """Both forms and the witnesses asked for, each compared with the first form, per parameter."""
    wanted = await parse(request, GradientsRequest)
    runtime: Runtime = request.app.state.runtime
    answer = partial(_answer, runtime, wanted, as_job=prefer(request).respond_async)
    return await to_thread.run_sync(answer, limiter=request.app.state.computing)


def _answer(runtime: Runtime, wanted: GradientsRequest, *, as_job: bool) -> Response:
    weight = weighing.weigh(wanted, weighing.rows_of(wanted.data, runtime.datasets, wanted.layout), runtime.settings)
    if as_job or not weight.is_light(runtime.settings):
        weighing.check_data(wanted, runtime.datasets.load)
        job = answers.job(submission.submit_gradients(runtime, wanted))
        applied = {"Preference-Applied": "respond-async"} if as_job else {}
        return respond.json(job, 202, {"Location": job["links"]["self"], **applied})
    return respond.json(gradients.compute(wanted, runtime.datasets.load, runtime.settings))
