"""Asking again: after 503, 429 and broken connections, never so that a job could be trained twice."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from backproof import (
    AsyncClient,
    Client,
    InvalidAddress,
    ProblemError,
    Retry,
    ServiceUnreachable,
    TimedOut,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    calls,
)
from backproof.call import retry_after

from .conftest import NET, SGD, XOR
from .tiny import JOB, Answer, HangUp, Silence, Tiny, closed, tiny

QUICK = Retry(attempts=3, first=0.01)
BUSY = Answer(503, {"title": "Full", "status": 503, "detail": "All full.", "code": "full"})

Ask = Callable[[Tiny, Retry, str], Any]


def blocking(service: Tiny, retry: Retry, what: str) -> Any:
    with Client(service.url, retry=retry) as client:
        return ASKED[what](client)


def awaiting(service: Tiny, retry: Retry, what: str) -> Any:
    async def ask() -> Any:
        async with AsyncClient(service.url, retry=retry) as client:
            return await ASKED[what](client)

    return asyncio.run(ask())


ASKED: dict[str, Callable[[Any], Any]] = {
    "look": lambda client: client.job("job_1"),
    "train": lambda client: client.train(NET, loss="half_sse", optimizer=SGD, data=(XOR["x"], XOR["y"]), epochs=1),
}

both = pytest.mark.parametrize("ask", [blocking, awaiting])


@both
@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again(ask: Ask, what: str, status: int) -> None:
    with tiny(Answer(status, {"detail": "Later."}, {"Retry-After": "0"}), BUSY, Answer(body=JOB)) as service:
        assert ask(service, QUICK, what).id == "job_1"
    assert len(service.seen) == 3


@both
def test_the_last_refusal_is_raised(ask: Ask) -> None:
    with tiny(BUSY) as service, pytest.raises(Unavailable, match=r"All full\.") as refused:
        ask(service, QUICK, "train")
    assert (len(service.seen), refused.value.code) == (3, "full")


@both
def test_retry_after_is_waited_for(ask: Ask) -> None:
    with tiny(Answer(503, {"detail": "Later."}, {"Retry-After": "0.5"}), Answer(body=JOB)) as service:
        began = time.monotonic()
        ask(service, QUICK, "look")
        assert time.monotonic() - began >= 0.5


@both
def test_a_wait_longer_than_the_patience_is_not_begun(ask: Ask) -> None:
    told = Answer(429, {"detail": "Tomorrow."}, {"Retry-After": "86400"})
    with tiny(told) as service, pytest.raises(TooManyRequests) as refused:
        ask(service, QUICK, "look")
    assert (len(service.seen), refused.value.retry_after) == (1, 86400.0)


@both
def test_a_broken_connection_is_tried_again_where_that_does_no_harm(ask: Ask) -> None:
    with tiny(HangUp(), HangUp(), Answer(body=JOB)) as service:
        assert ask(service, QUICK, "look").id == "job_1"
    assert len(service.seen) == 3


@both
def test_a_job_is_never_submitted_twice(ask: Ask) -> None:
    with tiny(HangUp(), Answer(body=JOB)) as service, pytest.raises(ServiceUnreachable, match="may have accepted"):
        ask(service, QUICK, "train")
    assert service.paths == ["POST /train"]


@both
def test_nobody_there(ask: Ask) -> None:
    with socket.socket() as held:  # bound and not listening: whoever connects is refused
        held.bind(("127.0.0.1", 0))
        nobody = Tiny(f"http://127.0.0.1:{held.getsockname()[1]}")
        with pytest.raises(ServiceUnreachable, match=re.escape(nobody.url)):
            ask(nobody, QUICK, "train")


def test_a_service_that_starts_late_is_found() -> None:
    class Impatient(httpx.HTTPTransport):
        """The network; whoever is turned away once opens the service."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            try:
                return super().handle_request(request)
            except httpx.ConnectError:
                service.open()
                raise

    with closed(Answer(body=JOB)) as service, Client(service.url, retry=QUICK, transport=Impatient()) as client:
        assert ASKED["train"](client).id == "job_1"
    assert service.paths == ["POST /train"]


def test_silence_ends_in_time_and_is_not_repeated() -> None:
    with tiny(Silence()) as service, Client(service.url, retry=QUICK, timeout=0.5) as client:
        with pytest.raises(TimedOut, match="may have accepted"):
            ASKED["train"](client)
        with pytest.raises(TimedOut, match="in time"):
            ASKED["look"](client)
    assert service.paths == ["POST /train", "GET /jobs/job_1"]


def test_a_long_poll_may_take_longer_than_other_answers() -> None:
    with Client("http://x", timeout=1.0) as client:
        held = client.settings.request(client._http.build_request, calls.job("job_1", hold=25))
        assert held.extensions["timeout"]["read"] == 26.0
        assert held.headers["Prefer"] == "wait=25"


def test_a_service_that_does_not_hold_its_answers_back_is_not_overrun() -> None:
    running, ended = JOB | {"state": "running"}, JOB | {"state": "succeeded"}
    with tiny(*[Answer(body=running)] * 3, Answer(body=ended)) as service, Client(service.url) as client:
        began = time.monotonic()
        assert client.job("job_1").wait(progress=False).state == "succeeded"
        assert time.monotonic() - began >= 0.4
    assert len(service.seen) == 4


def test_pauses_grow_are_random_and_have_a_ceiling() -> None:
    retry = Retry(attempts=9, first=0.25, longest=2.0)
    pauses = [retry.pause(attempt, None) for attempt in range(1, 9)]
    assert all(0.125 * 2**n <= min(pause, 2.0) or pause >= 1.0 for n, pause in enumerate(pauses))
    assert all(pause <= min(0.25 * 2**n, 2.0) for n, pause in enumerate(pauses))
    assert len({retry.pause(1, None) for _ in range(20)}) > 1
    assert retry.pause(1, 7.0) == 7.0


@pytest.mark.parametrize(("told", "expected"), [("3", 3.0), ("-1", 0.0), ("0.5", 0.5), ("soon", None)])
def test_retry_after_is_a_number(told: str, expected: float | None) -> None:
    found = retry_after(httpx.Response(503, headers={"Retry-After": told}))
    assert found == expected


def test_retry_after_may_be_a_date() -> None:
    told = formatdate(time.time() + 1000, usegmt=True)
    found = retry_after(httpx.Response(503, headers={"Retry-After": told}))
    assert found is not None
    assert 900 < found <= 1000


@pytest.mark.parametrize(
    ("body", "said"),
    [("<html>Hello</html>", "JSONDecodeError"), ("[1]", "an object was expected"), ("{}", "KeyError")],
)
def test_another_programs_answer_is_not_understood_and_said_so(body: str, said: str) -> None:
    with tiny(Answer(200, body)) as service, Client(service.url) as client:
        with pytest.raises(UnexpectedAnswer, match="Is it a Backproof service") as raised:
            client.job("job_1")
        assert said in str(raised.value)


def test_a_refusal_without_words_is_told_as_such() -> None:
    with tiny(Answer(404, "<html>")) as service, Client(service.url) as client:
        with pytest.raises(ProblemError, match="answered 404 Not Found without saying why") as refused:
            client.job("job_1")
        assert refused.value.status == 404


def test_an_address_that_is_none() -> None:
    for url in ("nonsense", "127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://here:now", "http://here:99999"):
        for kind in (Client, AsyncClient):
            with pytest.raises(InvalidAddress) as refused:
                kind(url)
            assert str(refused.value) == f"{url} is no address; give one such as http://127.0.0.1:8000."
    with Client("http://127.0.0.1:9") as client, pytest.raises(InvalidAddress, match="is no address"):
        client.job("j" * 70_000)


def test_what_could_not_be_sent_was_not_accepted_either() -> None:
    with tiny(Answer(body=JOB)) as service, Client(service.url, headers={"X-Odd": "a\nb"}) as client:
        with pytest.raises(ServiceUnreachable, match="header") as refused:
            ASKED["train"](client)
        assert service.paths == []
    assert "may have accepted" not in str(refused.value)
