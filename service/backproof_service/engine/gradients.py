"""A gradients job in a worker: the answer of POST /gradients, computed once and stored as JSON."""

from backproof_service import gradients
from backproof_service.http import respond
from backproof_service.settings import Settings
from backproof_service.store import states
from backproof_service.store.documents import restored
from backproof_service.store.folder import Store
from backproof_service.store.jobs import Job
from backproof_service.store.runs import Report
from backproof_service.wire.gradients import GradientsRequest


def run(store: Store, settings: Settings, job: Job) -> None:
    """Compute what the job asks for. Raises Fenced when the attempt is over."""
    blob = store.jobs.blob(job.id, "input")
    arrays = {} if blob is None else store.blobs.arrays(blob)
    request = GradientsRequest.model_validate(restored(job.config, arrays))
    answer = respond.dumps(gradients.compute(request, store.datasets.load, settings))
    staged = store.blobs.stage(answer)
    store.runs.end(job.id, job.attempt, states.SUCCEEDED, Report(blobs={"answer": staged}))
