"""The handle of a job, for the client for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from backproof import calls, flows
from backproof.call import Call
from backproof.handle import Handle
from backproof.progress import shown
from backproof.results import TrainResult
from backproof.shape import like

if TYPE_CHECKING:
    from backproof.async_client import AsyncClient

P = ParamSpec("P")
T = TypeVar("T")


def about(build: Callable[Concatenate[str, P], Call[T]]) -> Callable[Concatenate[AsyncJob, P], Coroutine[Any, Any, T]]:
    """The method that sends one call about this job."""

    @like(build, without=1)
    async def method(self: AsyncJob, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.client.send(build(self.id, *args, **kwargs))

    return method


@dataclass(repr=False, eq=False)
class AsyncJob(Handle):
    """A job, with the client that asks about it."""

    client: AsyncClient

    weights = about(calls.weights)
    weights_npz = about(calls.weights_npz)
    weights_ocaml = about(calls.weights_ocaml)
    metrics = about(calls.metrics)
    gradients = about(calls.job_gradients)
    predict = about(calls.job_predict)
    delete = about(calls.delete_job)

    async def refresh(self) -> AsyncJob:
        """This handle, having asked how the job is now."""
        self.see(await self.client.send(calls.job(self.id)))
        return self

    async def cancel(self) -> AsyncJob:
        """This handle, the job cancelled or about to be. Raises Conflict where it has ended already."""
        self.see(await self.client.send(calls.cancel(self.id)))
        return self

    async def wait(self, *, progress: bool = True, timeout: float | None = None) -> AsyncJob:
        """This handle, once the job has succeeded. Raises JobFailed, JobCancelled, JobUnfinished, TimedOut.

        `progress` shows a bar on stderr, or lines where rich is not installed. To stop waiting, cancel the task: the
        job goes on.
        """
        every = flows.SHOWN_EVERY if progress else flows.LONGEST_HOLD
        with shown(self.id) if progress else nullcontext(flows.unseen) as show:
            await self.client.run(flows.watch(self.id, self.seen_by(show), every=every, timeout=timeout))
        flows.succeed(self.info)
        return self

    async def result(self, *, timeout: float | None = None) -> TrainResult:
        """What the training found, awaited. Raises as `wait` does."""
        return flows.outcome((await self.wait(progress=False, timeout=timeout)).info)
