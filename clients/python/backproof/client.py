"""The blocking client: how a call is exchanged, slept over and iterated when nobody else has to run meanwhile."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

import httpx

from backproof import calls, connection, flows
from backproof.call import Call, Done, Retry, judge
from backproof.flows import Flow
from backproof.job import Job
from backproof.results import JobInfo, Page
from backproof.shape import like

P = ParamSpec("P")
T = TypeVar("T")


def runs(build: Callable[P, Flow[T]]) -> Callable[Concatenate[Client, P], T]:
    """The method that runs a flow to its end."""

    @like(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(build(*args, **kwargs))

    return method


def sends(build: Callable[P, Call[T]]) -> Callable[Concatenate[Client, P], T]:
    """The method that sends one call."""

    @like(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.send(build(*args, **kwargs))

    return method


def starts(build: Callable[P, Call[JobInfo]]) -> Callable[Concatenate[Client, P], Job]:
    """The method that sends one call about a job and gives its handle."""

    @like(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Job:
        return Job(self.send(build(*args, **kwargs)), self)

    return method


def pages(build: Callable[P, Call[Page[T]]]) -> Callable[Concatenate[Client, P], Iterator[T]]:
    """The method that iterates over a list, page by page."""

    @like(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self.all(build(*args, **kwargs))

    return method


def handles(build: Callable[P, Call[Page[JobInfo]]]) -> Callable[Concatenate[Client, P], Iterator[Job]]:
    """The method that iterates over jobs, as handles."""

    @like(build)
    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Job]:
        return (Job(info, self) for info in self.all(build(*args, **kwargs)))

    return method


class Client:
    """A Backproof service at `url`, else at BACKPROOF_URL, else at http://127.0.0.1:8000.

    `timeout` is how long an answer may take, in seconds; `retry` how often to ask again when the service is busy or
    the connection breaks; `transport` an httpx transport in the network's place (tests run the app in process).
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        timeout: float = 60.0,
        retry: Retry = Retry(),  # noqa: B008  a frozen value
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.settings = connection.settings(url, timeout, retry, headers)
        self._http = httpx.Client(transport=transport)

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

    def send(self, call: Call[T]) -> T:
        """The answer to a call, asked again as `retry` says. Raises the error that a refusal stands for."""
        request = self.settings.request(self._http.build_request, call)
        for attempt in itertools.count(1):
            verdict = judge(call, self._exchange(request), attempt, self.settings.retry, self.url)
            if isinstance(verdict, Done):
                return verdict.value
            time.sleep(verdict.seconds)
        raise AssertionError("itertools.count ends")

    def run(self, flow: Flow[T]) -> T:
        """What a flow returns, its calls sent and its pauses slept."""
        reply: object = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                found: T = end.value
                return found
            if isinstance(step, Call):
                reply = self.send(step)
            else:
                reply = None
                time.sleep(step.seconds)

    def all(self, first: Call[Page[T]]) -> Iterator[T]:
        """The items of all pages, each page fetched when it is needed."""
        call: Call[Page[T]] | None = first
        while call:
            page = self.send(call)
            yield from page.items
            call = calls.following(call, page)

    def _exchange(self, request: httpx.Request) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.send(request)
        except httpx.TransportError as error:
            return error

    def close(self) -> None:
        """Nothing; the connections are closed."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
