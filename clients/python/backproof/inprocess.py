"""A service inside this process: an ASGI app, started and stopped properly, behind an httpx transport.

The app runs on an event loop of its own in a thread of its own, so `Client` and `AsyncClient` can both use it, and its
background work goes on between two requests. The command uses this where no service is given; so do tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Started = Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]

URL = "http://in-process"


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport to an app that runs on another thread's loop; answers are read whole."""

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer; the request is called off if the wait for it is interrupted."""
        under_way = self._start(request)
        try:
            return under_way.result()
        finally:
            under_way.cancel()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer, awaited on the caller's loop."""
        return await asyncio.wrap_future(self._start(request))

    def _start(self, request: httpx.Request) -> Future[httpx.Response]:
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        answer = await self._inner.handle_async_request(sent)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content)


@contextmanager
def running(app: App) -> Iterator[InProcess]:
    """A transport to the app while it runs. Raises what the app raises when it cannot start or stop."""
    started: Started = Future()
    with ThreadPoolExecutor(1, thread_name_prefix="backproof-app") as thread:
        ended = thread.submit(asyncio.run, alive(app, started))
        try:
            loop, stop = started.result()
        except BaseException:
            ended.result()
            raise
        try:
            yield InProcess(app, loop)
        finally:
            loop.call_soon_threadsafe(stop.set)
            ended.result()


async def alive(app: App, started: Started) -> None:
    """Nothing, once the app has started, `started` has been told so, and the app was stopped again."""
    try:
        async with lifespan(app):
            stop = asyncio.Event()
            started.set_result((asyncio.get_running_loop(), stop))
            await stop.wait()
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


@asynccontextmanager
async def lifespan(app: App) -> AsyncIterator[None]:
    """The app between its startup and its shutdown, as the ASGI lifespan protocol has it."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    heard: asyncio.Queue[Message] = asyncio.Queue()
    scope: Message = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    life = asyncio.ensure_future(app(scope, told.get, heard.put))
    await phase("lifespan.startup", life, told, heard)
    try:
        yield
    finally:
        await phase("lifespan.shutdown", life, told, heard)
        await life


async def phase(
    name: str, life: asyncio.Future[None], told: asyncio.Queue[Message], heard: asyncio.Queue[Message]
) -> None:
    """Nothing, once the app has completed this phase. Raises what it raised instead."""
    await told.put({"type": name})
    answer = asyncio.ensure_future(heard.get())
    both: set[asyncio.Future[Any]] = {life, answer}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if answer.done() and answer.result()["type"] == f"{name}.complete":
        return
    answer.cancel()
    await life  # raises what went wrong
    raise RuntimeError(f"the app ended in {name} without a word")
