"""Waiting for jobs: `Prefer: wait=…` on what makes a job and on what reads one."""

import anyio
from anyio import to_thread
from fastapi import Request, Response

from backproof_service import answers
from backproof_service.http import respond
from backproof_service.http.problems import Problem
from backproof_service.http.words import shortened
from backproof_service.runtime import Runtime
from backproof_service.store import states
from backproof_service.store.jobs import Job


async def submitted(request: Request, job: Job, wait: float | None) -> Response:
    """202 and where the job is, or 200 and the job when it comes to rest within the wait."""
    runtime: Runtime = request.app.state.runtime
    if wait:
        job = await rested(runtime, job.id, wait)
    headers = {"Location": f"/jobs/{job.id}"} | applied(wait)
    return await answer(runtime, job, 200 if job.state in states.RESTING else 202, headers)


async def rested(runtime: Runtime, job: str, wait: float) -> Job:
    """The job, as soon as it rests, the wait is over or the service stops. Raises a 404."""
    with runtime.changes.watch(job) as woken:
        found = await existing(runtime, job)
        if found.state in states.RESTING:
            return found
        with anyio.move_on_after(wait):
            await woken.wait()
    return await existing(runtime, job)


async def existing(runtime: Runtime, job: str) -> Job:
    """The job with this id; raises a 404."""
    found = await to_thread.run_sync(runtime.jobs.get, job)
    if found is None:
        raise no_job(job)
    return found


async def answer(runtime: Runtime, job: Job, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The job as an answer, with the stored result of a gradients job."""
    return respond.json(answers.job(job, await to_thread.run_sync(result_of, runtime, job)), status, headers)


def result_of(runtime: Runtime, job: Job) -> bytes | None:
    """The stored answer of a gradients job, as JSON; None for other jobs and before it is there."""
    if job.kind != "gradients" or job.state != states.SUCCEEDED:
        return None
    sha256 = runtime.jobs.blob(job.id, "answer")
    return None if sha256 is None else runtime.blobs.content(sha256)


def applied(wait: float | None) -> dict[str, str]:
    """The header that says which wait was honoured."""
    return {} if wait is None else {"Preference-Applied": f"wait={wait:g}"}


def no_job(job: str) -> Problem:
    """The 404 of a job that is not there."""
    return Problem(404, "not_found", f"There is no job {shortened(job)}; GET /jobs lists those there are.")
