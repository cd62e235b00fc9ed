"""The errors of the client.

BackproofError
├── InvalidValue            data refused before it is sent: not a number, not finite; .where names the entry
├── InvalidAddress          an address that no service can have; nothing was sent
├── ServiceUnreachable      nothing answers at the address
├── TimedOut                an answer, or the end of a job, did not come in time
├── UnexpectedAnswer        an answer that is not what the service promises; perhaps another program answers there
├── NotDrawn                the layers of a network whose weights the service has yet to draw
├── JobError                a job without the result that was asked for; .job is the job as it was last seen
│   ├── JobFailed           .problem says why, in the service's words
│   ├── JobCancelled
│   └── JobUnfinished       paused or interrupted: it will not go on by itself
└── ProblemError            a refusal: .status, .code, .request_id, .title, .detail, .errors, .retry_after
    ├── Malformed           400
    ├── Unauthorized        401
    ├── Forbidden           403
    ├── NotFound            404
    ├── MethodNotAllowed    405
    ├── Conflict            409
    ├── TooLarge            413
    ├── UnsupportedMedia    415
    ├── Invalid             422
    │   └── TooLargeForForm 422 with code too_large_for_form: .predicted_bytes, .budget_bytes
    ├── TooManyRequests     429
    └── Unavailable         503
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backproof.results import JobInfo

Where = tuple[str | int, ...]


class BackproofError(Exception):
    """The root of all errors that this package raises on purpose."""


class InvalidValue(BackproofError):
    """An entry that no service would accept, found before anything is sent."""

    def __init__(self, message: str, where: Where = ()) -> None:
        super().__init__(message)
        self.where = where


class InvalidAddress(BackproofError):
    """An address that no service can have, found before anything is sent."""


class ServiceUnreachable(BackproofError):
    """A service that could not be connected to, or that hung up every time."""


class TimedOut(BackproofError):
    """A wait that ended before what it waited for; the service may still be at work."""


class UnexpectedAnswer(BackproofError):
    """An answer that cannot be read as what was asked for."""


class NotDrawn(BackproofError):
    """A network that is known by its sizes and seed, not yet by its weights."""


@dataclass(frozen=True)
class FieldError:
    """One input at fault: where it stands (a JSON pointer, or the name of a parameter or header) and why."""

    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}" if self.where else self.detail


@dataclass(frozen=True)
class Problem:
    """A problem as the service states it (RFC 9457); `extra` holds the members that only some problems have."""

    status: int
    title: str = ""
    detail: str = ""
    code: str = ""
    request_id: str | None = None
    errors: tuple[FieldError, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The problem's own words: its detail, and each input at fault that the detail does not already name."""
        said = self.detail or self.title or f"The service answered {self.status}."
        told = [str(error) for error in self.errors if error.detail not in said]
        return " ".join([said, *(f"({line})" for line in told)])


class ProblemError(BackproofError):
    """A request that the service refused; str() is the problem's own words."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem, retry_after)
        self.problem, self.retry_after = problem, retry_after
        self.status, self.code, self.request_id = problem.status, problem.code, problem.request_id
        self.title, self.detail, self.errors = problem.title, problem.detail, problem.errors

    def __str__(self) -> str:
        return str(self.problem)


class Malformed(ProblemError):
    """400: the request could not be read."""


class Unauthorized(ProblemError):
    """401: the service wants to know who asks."""


class Forbidden(ProblemError):
    """403: not for this caller."""


class NotFound(ProblemError):
    """404: no such job, data set or address."""


class MethodNotAllowed(ProblemError):
    """405: the address exists, the method does not."""


class Conflict(ProblemError):
    """409: not in this state; the detail names the actual one."""


class TooLarge(ProblemError):
    """413: a body above the limit; `problem.extra` holds limit_bytes and actual_bytes."""


class UnsupportedMedia(ProblemError):
    """415: a content type that the endpoint does not read."""


class Invalid(ProblemError):
    """422: an input at fault; `.errors` says where."""


class TooLargeForForm(Invalid):
    """422: a form that would not fit the service's memory budget; nothing was computed."""

    @property
    def predicted_bytes(self) -> int | None:
        """The bytes that the form would take at its peak."""
        return whole(self.problem.extra.get("predicted_bytes"))

    @property
    def budget_bytes(self) -> int | None:
        """The bytes that the service grants."""
        return whole(self.problem.extra.get("budget_bytes"))


class TooManyRequests(ProblemError):
    """429: too fast; `.retry_after` seconds would help."""


class Unavailable(ProblemError):
    """503: starting, full or draining; `.retry_after` seconds would help."""


STATUS: Mapping[int, type[ProblemError]] = {
    400: Malformed,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedMedia,
    422: Invalid,
    429: TooManyRequests,
    503: Unavailable,
}


def refusal(problem: Problem, retry_after: float | None = None) -> ProblemError:
    """The error for a problem: by its code where one has a class of its own, else by its status."""
    if problem.code == "too_large_for_form":
        return TooLargeForForm(problem, retry_after)
    return STATUS.get(problem.status, ProblemError)(problem, retry_after)


def whole(value: object) -> int | None:
    """The value where it is a whole number, else None."""
    return value if isinstance(value, int) else None


class JobError(BackproofError):
    """A job that has no result to give."""

    def __init__(self, job: JobInfo) -> None:
        super().__init__(job)
        self.job = job


class JobFailed(JobError):
    """A job that failed; str() is the service's own words."""

    @property
    def problem(self) -> Problem | None:
        """Why it failed, as the service states it."""
        return self.job.error

    def __str__(self) -> str:
        return str(self.problem) if self.problem else f"Job {self.job.id} failed, and the service does not say why."


class JobCancelled(JobError):
    """A job that was cancelled before it ended."""

    def __str__(self) -> str:
        return f"Job {self.job.id} was cancelled{at_epoch(self.job)}."


class JobUnfinished(JobError):
    """A job that rests: paused by somebody, or interrupted."""

    def __str__(self) -> str:
        return f"Job {self.job.id} is {self.job.state}{at_epoch(self.job)} and has no result yet."


def at_epoch(job: JobInfo) -> str:
    """The words " at epoch 120 of 10000" where the job has made progress, else nothing."""
    progress = job.progress
    return f" at epoch {progress.epoch} of {progress.epochs}" if progress and progress.epochs else ""
