"""GET /jobs, GET /jobs/{id}, cancel and DELETE."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request, Response

from backproof_service import answers
from backproof_service.http import respond
from backproof_service.http.contract import operation
from backproof_service.http.prefer import PreferWait, prefer
from backproof_service.http.problems import Problem
from backproof_service.routes import waiting
from backproof_service.runtime import Runtime
from backproof_service.store import states
from backproof_service.store.jobs import Filters
from backproof_service.wire import jobs as wire

router = APIRouter(tags=["jobs"])

LABEL = "label."
WAITED = {"Preference-Applied": "The wait that was honoured."}

JobId = Annotated[str, Path(description="The job's id.", examples=["job_01J8Z6Q4T7WZ1V5KJ3M9N2C8RB"])]

Limit = Annotated[int, Query(ge=1, le=500, description="Most jobs in the answer.")]
After = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]
State = Annotated[
    list[wire.ListedState] | None, Query(description="Only jobs in this state; may be given more than once.")
]
Kind = Annotated[wire.JobKind | None, Query(description="Only jobs of this kind.")]


@router.get("/jobs", **operation("jobs", "List jobs, newest first", answers={200: ("A page of jobs.", wire.JobList)}))
async def listed(
    request: Request, limit: Limit = 50, after: After = None, state: State = None, kind: Kind = None
) -> Response:
    """`label.KEY=VALUE`, for any KEY, keeps those jobs that carry that label.

    The result of a gradients job is null here; the job itself has it.
    """
    runtime: Runtime = request.app.state.runtime
    labels = {k.removeprefix(LABEL): v for k, v in request.query_params.items() if k.startswith(LABEL)}
    filters = Filters(tuple(state or ()), kind, labels)
    cursor = None if after is None else int(after)
    found, following = await to_thread.run_sync(runtime.jobs.list, limit, cursor, filters)
    page = [answers.job(job) for job in found]
    return respond.json({"object": "list", "data": page, "next": None if following is None else str(following)})


@router.get(
    "/jobs/{job_id}",
    **operation("job", "A job", answers={200: ("The job.", wire.Job)}, headers={200: WAITED}, problems=[404]),
)
async def one(request: Request, job_id: JobId, _: PreferWait = None) -> Response:
    """`Prefer: wait=25` answers when the job comes to rest, or after that many seconds with the job as it is."""
    runtime: Runtime = request.app.state.runtime
    wait = prefer(request).wait
    job = await (waiting.rested(runtime, job_id, wait) if wait else waiting.existing(runtime, job_id))
    return await waiting.answer(runtime, job, headers=waiting.applied(wait))


@router.post(
    "/jobs/{job_id}/cancel",
    **operation(
        "cancel",
        "Cancel a job",
        answers={200: ("It is cancelled.", wire.Job), 202: ("It is about to stop.", wire.Job)},
        problems=[404, 409],
    ),
)
async def cancel(request: Request, job_id: JobId) -> Response:
    """The job stops at the end of a step and keeps what it learnt; one that has ended is a 409."""
    runtime: Runtime = request.app.state.runtime
    job = await to_thread.run_sync(runtime.jobs.cancel, job_id)
    if job is None:
        raise waiting.no_job(job_id)
    if job.state not in (states.CANCELLED, states.CANCELLING):
        detail = f"The job is {job.state} and cannot be cancelled any more; GET /jobs/{job_id} has what it found."
        raise Problem(409, "already_finished", detail, title="The job has ended", state=job.state)
    return await waiting.answer(runtime, job, 200 if job.state == states.CANCELLED else 202)


@router.delete(
    "/jobs/{job_id}",
    **operation("delete_job", "Delete a job", answers={204: ("It is gone.", None)}, problems=[404, 409]),
)
async def remove(request: Request, job_id: JobId) -> Response:
    """The job and everything that only it needed are forgotten; 409 while it runs."""
    runtime: Runtime = request.app.state.runtime
    job = await to_thread.run_sync(runtime.jobs.delete, job_id)
    if job is None:
        raise waiting.no_job(job_id)
    if job.state in states.UNDER_WAY:
        detail = f"The job is {job.state}; POST /jobs/{job_id}/cancel first, and delete it when it has stopped."
        raise Problem(409, "job_under_way", detail, title="The job is under way", state=job.state)
    runtime.changes.wake(job_id)
    return Response(status_code=204)
