"""Why a job ended badly, as the problem object that its answer shows."""

import logging
from collections.abc import Mapping
from typing import Any

from backproof_core.errors import BackproofError
from backproof_service.http.problems import Problem, of_core
from backproof_service.store import states
from backproof_service.store.blobs import BlobDamaged
from backproof_service.store.folder import Store
from backproof_service.store.jobs import Job, UnknownDataset
from backproof_service.store.runs import Fenced, Report

log = logging.getLogger(__name__)


def failure(error: Exception) -> Problem:
    """The problem that an exception in a run amounts to."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, BackproofError):
        return of_core(error)
    if isinstance(error, MemoryError):
        return Problem(422, "out_of_memory", "The worker ran out of memory; use fewer rows or parameters.")
    if isinstance(error, BlobDamaged | UnknownDataset):
        return Problem(422, "data_lost", f"{error} Upload the data again and submit the job anew.")
    if isinstance(error, OSError):
        return Problem(422, "storage_failed", f"The data folder could not be used: {error.strerror or error}.")
    log.error("A job met an error that is our own fault.", exc_info=error)
    detail = f"Something in the service broke while the job ran: {type(error).__name__}: {error}"
    return Problem(500, "internal", detail)


def worn_out(job: str, attempts: int) -> Mapping[str, Any]:
    """The problem of a job whose workers died too often."""
    detail = f"{attempts} workers died while they ran {job}, most likely for lack of memory; it is not tried again."
    return Problem(422, "too_many_attempts", detail, title="The job was given up").payload(job)


def finished_badly(store: Store, job: Job, problem: Problem, report: Report | None = None) -> None:
    """Record that the run failed, unless it is no longer its job's."""
    try:
        store.runs.end(job.id, job.attempt, states.FAILED, report or Report(), error=problem.payload(job.id))
    except Fenced as over:
        log.info("%s", over)
