"""The handle of a job, for the blocking client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from backproof import calls, flows
from backproof.call import Call
from backproof.handle import Handle
from backproof.progress import detached, say, shown
from backproof.results import TrainResult
from backproof.shape import like

if TYPE_CHECKING:
    from backproof.client import Client

P = ParamSpec("P")
T = TypeVar("T")


def about(build: Callable[Concatenate[str, P], Call[T]]) -> Callable[Concatenate[Job, P], T]:
    """The method that sends one call about this job."""

    @like(build, without=1)
    def method(self: Job, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.client.send(build(self.id, *args, **kwargs))

    return method


@dataclass(repr=False, eq=False)
class Job(Handle):
    """A job, with the client that asks about it."""

    client: Client

    weights = about(calls.weights)
    weights_npz = about(calls.weights_npz)
    weights_ocaml = about(calls.weights_ocaml)
    metrics = about(calls.metrics)
    gradients = about(calls.job_gradients)
    predict = about(calls.job_predict)
    delete = about(calls.delete_job)

    def refresh(self) -> Job:
        """This handle, having asked how the job is now."""
        self.see(self.client.send(calls.job(self.id)))
        return self

    def cancel(self) -> Job:
        """This handle, the job cancelled or about to be. Raises Conflict where it has ended already."""
        self.see(self.client.send(calls.cancel(self.id)))
        return self

    def wait(self, *, progress: bool = True, timeout: float | None = None) -> Job:
        """This handle, once the job has succeeded. Raises JobFailed, JobCancelled, JobUnfinished, TimedOut.

        `progress` shows a bar on stderr, or lines where rich is not installed. Ctrl-C ends the waiting, not the job:
        it says how to watch the job again, and KeyboardInterrupt goes on to the caller.
        """
        every = flows.SHOWN_EVERY if progress else flows.LONGEST_HOLD
        try:
            with shown(self.id) if progress else nullcontext(flows.unseen) as show:
                self.client.run(flows.watch(self.id, self.seen_by(show), every=every, timeout=timeout))
        except KeyboardInterrupt:
            say(detached(self.id, self.client.url))
            raise
        flows.succeed(self.info)
        return self

    def result(self, *, timeout: float | None = None) -> TrainResult:
        """What the training found, awaited. Raises as `wait` does."""
        return flows.outcome(self.wait(progress=False, timeout=timeout).info)
