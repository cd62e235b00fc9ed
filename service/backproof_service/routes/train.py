"""POST /train."""

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from backproof_service import submission
from backproof_service.http.body import parse
from backproof_service.http.prefer import prefer
from backproof_service.routes import waiting
from backproof_service.store.jobs import Job
from backproof_service.wire import jobs as wire
from backproof_service.wire.train import TrainRequest

router = APIRouter()


@router.post("/train", status_code=202, response_model=wire.Job)
async def train(request: Request) -> Response:
    """Train a network; the answer is a job, which is queued. With `Prefer: wait=10`, 200 if it ends in that time."""
    body = await parse(request, TrainRequest)
    job: Job = await to_thread.run_sync(submission.submit_training, request.app.state.runtime, body)
    return await waiting.submitted(request, job, prefer(request).wait)
