"""What takes more than one request, as generators: they yield a Call or a Pause and are sent what came of it.

The clients drive them; see Client.run and AsyncClient.run.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Generator
from typing import Any, ParamSpec, TypeVar

from backproof import calls
from backproof.call import Call, Pause
from backproof.errors import JobCancelled, JobFailed, JobUnfinished, TimedOut, UnexpectedAnswer
from backproof.results import GradientsResult, JobInfo, TrainResult

T = TypeVar("T")
P = ParamSpec("P")
Flow = Generator[Call[Any] | Pause, Any, T]
Observer = Callable[[JobInfo], None]

LONGEST_HOLD = 25.0  # seconds that one long-poll is held open
SHOWN_EVERY = 1.0  # seconds between two looks at a job whose progress is shown
BREATH = 0.2  # seconds between two looks where the service does not hold its answer back


def ask(call: Call[T]) -> Flow[T]:
    """The answer to one call."""
    answer: T = yield call
    return answer


def watch(id: str, see: Observer, *, every: float = LONGEST_HOLD, timeout: float | None = None) -> Flow[JobInfo]:  # noqa: A002
    """The job once it has ended or rests; `see` is shown it about `every` seconds. Raises TimedOut."""
    deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
    while True:
        asked = time.monotonic()
        left = max(deadline - asked, 0.0)
        hold = int(min(every, left))
        if not hold:
            yield Pause(left)
        info = yield from ask(calls.job(id, hold=hold))
        see(info)
        if info.ended or info.resting:
            return info
        if time.monotonic() >= deadline:
            raise TimedOut(f"Job {id} is still {info.state} after {timeout:g} s; it goes on.")
        if time.monotonic() - asked < BREATH:
            yield Pause(BREATH)


def succeed(info: JobInfo) -> JobInfo:
    """The job itself. Raises JobFailed, JobCancelled or JobUnfinished where it did not succeed."""
    if info.state == "failed":
        raise JobFailed(info)
    if info.state == "cancelled":
        raise JobCancelled(info)
    if info.state != "succeeded":
        raise JobUnfinished(info)
    return info


def unseen(info: JobInfo) -> None:
    """Nothing: the observer of a job that nobody looks at."""


def outcome(info: JobInfo) -> TrainResult:
    """The result of a training job that succeeded."""
    if not isinstance(info.result, TrainResult):
        raise UnexpectedAnswer(f"Job {info.id} is of kind {info.kind}; what it found is in its info.result.")
    return info.result


def awaited(build: Callable[P, Call[GradientsResult | JobInfo]]) -> Callable[P, Flow[GradientsResult]]:
    """The flow that makes this call and awaits the job, where the service makes one of it."""

    @functools.wraps(build)
    def flow(*args: P.args, **kwargs: P.kwargs) -> Flow[GradientsResult]:
        return compared(build(*args, **kwargs))

    return flow


def compared(call: Call[GradientsResult | JobInfo]) -> Flow[GradientsResult]:
    """The gradients, awaited where the service made a job of them."""
    found = yield from ask(call)
    if isinstance(found, GradientsResult):
        return found
    ended = succeed((yield from watch(found.id, unseen)))
    if not isinstance(ended.result, GradientsResult):
        raise UnexpectedAnswer(f"Job {ended.id} is of kind {ended.kind}, not gradients.")
    return ended.result


gradients = awaited(calls.gradients)
compare = awaited(calls.compare)
