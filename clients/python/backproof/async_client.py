"""The client for asyncio: the same calls, sent, slept over and iterated while others run."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx

from backproof import calls, connection, flows
from backproof.async_job import AsyncJob
from backproof.call import Call, Done, Retry, judge
from backproof.flows import Flow
from backproof.results import JobInfo, Page
from backproof.shape import like

P = ParamSpec("P")
T = TypeVar("T")


def runs(build: Callable[P, Flow[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """The method that runs a flow to its end."""

    @like(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.run(build(*args, **kwargs))

    return method


def sends(build: Callable[P, Call[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """The method that sends one call."""

    @like(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.send(build(*args, **kwargs))

    return method


def starts(build: Callable[P, Call[JobInfo]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, AsyncJob]]:
    """The method that sends one call about a job and gives its handle."""

    @like(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncJob:
        return AsyncJob(await self.send(build(*args, **kwargs)), self)

    return method


def pages(build: Callable[P, Call[Page[T]]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[T]]:
    """The method that iterates over a list, page by page."""

    @like(build)
    def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        return self.all(build(*args, **kwargs))

    return method


def handles(build: Callable[P, Call[Page[JobInfo]]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[AsyncJob]]:
    """The method that iterates over jobs, as handles."""

    @like(build)
    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[AsyncJob]:
        async for info in self.all(build(*args, **kwargs)):
            yield AsyncJob(info, self)

    return method


class AsyncClient:
    """A Backproof service, as `Client` knows it: the same methods, to be awaited; lists by `async for`."""

    def __init__(
        self,
        url: str | None = None,
        *,
        timeout: float = 60.0,
        retry: Retry = Retry(),  # noqa: B008  a frozen value
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = connection.settings(url, timeout, retry, headers)
        self._http = httpx.AsyncClient(transport=transport)

    train = starts(calls.train)
    submit = starts(calls.submit)
    job = starts(calls.job)
    jobs = handles(calls.jobs)
    gradients = runs(flows.gradients)
    compare = runs(flows.compare)
    check = sends(calls.check)
    judge = sends(calls.judge)
    point = sends(calls.point)
    derive = sends(calls.derive)
    predict = sends(calls.predict)
    outputs = sends(calls.outputs)
    upload = sends(calls.upload)
    dataset = sends(calls.dataset)
    datasets = pages(calls.datasets)
    delete_dataset = sends(calls.delete_dataset)
    capabilities = sends(calls.capabilities)
    ready = sends(calls.ready)

    @property
    def url(self) -> str:
        """The address of the service."""
        return self.settings.url

    async def send(self, call: Call[T]) -> T:
        """The answer to a call, asked again as `retry` says. Raises the error that a refusal stands for."""
        request = self.settings.request(self._http.build_request, call)
        for attempt in itertools.count(1):
            verdict = judge(call, await self._exchange(request), attempt, self.settings.retry, self.url)
            if isinstance(verdict, Done):
                return verdict.value
            await asyncio.sleep(verdict.seconds)
        raise AssertionError("itertools.count ends")

    async def run(self, flow: Flow[T]) -> T:
        """What a flow returns, its calls sent and its pauses slept."""
        reply: object = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                found: T = end.value
                return found
            if isinstance(step, Call):
                reply = await self.send(step)
            else:
                reply = None
                await asyncio.sleep(step.seconds)

    async def all(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        """The items of all pages, each page fetched when it is needed."""
        call: Call[Page[T]] | None = first
        while call:
            page = await self.send(call)
            for item in page.items:
                yield item
            call = calls.following(call, page)

    async def _exchange(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.send(request)
        except httpx.TransportError as error:
            return error

    async def close(self) -> None:
        """Nothing; the connections are closed."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
