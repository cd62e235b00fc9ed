"""An app inside this process: started, asked and stopped, and heard when it cannot."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from backproof.inprocess import running

Message = MutableMapping[str, Any]


class Echo:
    """An app that answers with the body it got, and remembers its life."""

    def __init__(self, *, failing: str = "", held: threading.Event | None = None) -> None:
        self.failing, self.held = failing, held
        self.life: list[str] = []
        self.cancelled = threading.Event()

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{phase}"
                self.life.append(phase)
                if phase == self.failing:
                    await send({"type": f"lifespan.{phase}.failed", "message": "a traceback"})
                    raise OSError(f"no {phase} today")
                await send({"type": f"lifespan.{phase}.complete"})
            return
        if self.held:
            self.held.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-path", scope["path"].encode())]})
        await send({"type": "http.response.body", "body": body})


def test_an_app_lives_as_long_as_the_block() -> None:
    app, before = Echo(), set(threading.enumerate())
    with running(app) as transport, httpx.Client(transport=transport) as client:
        answer = client.post("http://in-process/a", content=b"hello")
        assert (answer.content, answer.headers["x-path"], app.life) == (b"hello", "/a", ["startup"])
    assert app.life == ["startup", "shutdown"]
    assert not set(threading.enumerate()) - before


def test_async_clients_share_it() -> None:
    async def ask(transport: httpx.AsyncBaseTransport) -> list[bytes]:
        async with httpx.AsyncClient(transport=transport) as client:
            answers = await asyncio.gather(*[client.post("http://x/", content=str(n).encode()) for n in range(5)])
        return [answer.content for answer in answers]

    with running(Echo()) as transport:
        assert asyncio.run(ask(transport)) == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize("phase", ["startup", "shutdown"])
def test_what_keeps_an_app_from_starting_or_stopping_is_raised(phase: str) -> None:
    with pytest.raises(OSError, match=f"no {phase} today"), running(Echo(failing=phase)):
        assert phase == "shutdown"


def test_an_app_without_a_lifespan_is_said_to_have_none() -> None:
    async def mute(scope: Message, receive: Any, send: Any) -> None:
        pass

    with pytest.raises(RuntimeError, match=r"lifespan\.startup without a word"), running(mute):
        pass


def test_a_wait_that_is_given_up_calls_the_request_off() -> None:
    held = threading.Event()
    app = Echo(held=held)

    async def ask(transport: httpx.AsyncBaseTransport) -> None:
        async with httpx.AsyncClient(transport=transport) as client:
            asking = asyncio.ensure_future(client.get("http://x/"))
            await asyncio.to_thread(held.wait, 10)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    with running(app) as transport:
        asyncio.run(ask(transport))
        assert app.cancelled.wait(10)


def test_an_interrupt_calls_the_request_off() -> None:
    held = threading.Event()
    app, here = Echo(held=held), threading.get_ident()

    def interrupt() -> None:
        held.wait(10)
        signal.pthread_kill(here, signal.SIGINT)

    with running(app) as transport, httpx.Client(transport=transport) as client:
        meanwhile = threading.Thread(target=interrupt)
        meanwhile.start()
        with pytest.raises(KeyboardInterrupt):
            client.get("http://x/")
        meanwhile.join()
        assert app.cancelled.wait(10)


def test_an_error_in_the_app_is_an_answer_as_a_servers_would_be() -> None:
    async def broken(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Echo()(scope, receive, send)
        else:
            raise ZeroDivisionError

    with running(broken) as transport, httpx.Client(transport=transport) as client:
        assert client.get("http://x/").status_code == 500
