"""One request as a value, and the judgement of what came back: the whole of what both clients know about HTTP.

`Client` and `AsyncClient` differ only in how they exchange a request for an answer and how they sleep.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

import httpx

from backproof.arrays import plain
from backproof.errors import (
    BackproofError,
    FieldError,
    InvalidValue,
    Problem,
    ProblemError,
    ServiceUnreachable,
    TimedOut,
    UnexpectedAnswer,
    refusal,
)

T = TypeVar("T")

BUSY = frozenset({429, 503})  # the service says that it did nothing, and to ask again
ALWAYS = "always"  # asking twice does what asking once does
UNSENT = "unsent"  # asking twice may do it twice: asked again only if the first cannot have arrived


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request and the reader of its answer. `repeat` says when it may be sent again after the connection broke."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    repeat: str = ALWAYS
    patience: float = 0.0  # seconds that the service was asked to hold the answer back


@dataclass(frozen=True)
class Retry:
    """How often and how patiently to ask again: the n-th pause is about first·2ⁿ⁻¹ seconds, never above `longest`."""

    attempts: int = 6
    first: float = 0.25
    longest: float = 30.0

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds before the next attempt: random between half and all of the step, never less than was asked for."""
        step = min(self.first * 2.0 ** (attempt - 1), self.longest)
        return max(step * random.uniform(0.5, 1.0), asked or 0.0)  # noqa: S311  spreads callers, hides nothing


@dataclass(frozen=True)
class Done(Generic[T]):
    """The answer, read."""

    value: T


@dataclass(frozen=True)
class Pause:
    """Sleep that long, then go on."""

    seconds: float


def body(payload: Mapping[str, object]) -> bytes:
    """The payload as JSON; arrays become lists. Raises InvalidValue for NaN, infinities and what JSON cannot say."""
    try:
        return json.dumps(payload, allow_nan=False, separators=(",", ":"), default=listed).encode()
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"The request cannot be written as JSON: {error}.") from error


def listed(value: object) -> object:
    """The value in terms that JSON has: arrays as lists, our own values as the wire's objects."""
    if hasattr(value, "to_wire"):
        return value.to_wire()
    found = plain(value)
    if found is value:
        raise TypeError(f"{value!r:.60} is neither a number, a list nor an array")
    return found


def judge(
    call: Call[T], outcome: httpx.Response | httpx.TransportError, attempt: int, retry: Retry, url: str
) -> Done[T] | Pause:
    """What to make of an outcome: the answer, or a pause before the next attempt. Raises the error that ends it."""
    if isinstance(outcome, httpx.TransportError):
        return broken(call, outcome, attempt, retry, url)
    if outcome.is_success:
        return Done(answer(call, outcome, url))
    error = refused(outcome, url)
    patient = (error.retry_after or 0.0) <= retry.longest
    if error.status in BUSY and attempt < retry.attempts and patient:
        return Pause(retry.pause(attempt, error.retry_after))
    raise error


def broken(call: Call[T], error: httpx.TransportError, attempt: int, retry: Retry, url: str) -> Pause:
    """The pause before a broken exchange is tried again. Raises where that is no use, or could do the thing twice."""
    unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if isinstance(error, httpx.TimeoutException) and not unsent:
        raise TimedOut(f"No answer from {url} to {call.method} {call.path} in time.{doubt(call)}") from error
    hopeless = isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError)
    if attempt < retry.attempts and not hopeless and (unsent or call.repeat == ALWAYS):
        return Pause(retry.pause(attempt, None))
    cause = str(error) or type(error).__name__
    tail = "" if unsent or hopeless else doubt(call)
    raise ServiceUnreachable(f"The service at {url} cannot be reached: {cause.rstrip('.')}.{tail}") from error


def doubt(call: Call[T]) -> str:
    """The words that warn of a request that may have been accepted although no answer came."""
    return "" if call.repeat == ALWAYS else " It may have accepted the request all the same: look before you repeat."


def answer(call: Call[T], response: httpx.Response, url: str) -> T:
    """The answer as the call reads it. Raises UnexpectedAnswer where it cannot be read."""
    try:
        return call.read(response)
    except BackproofError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedAnswer(
            f"The answer of {url} to {call.method} {call.path} is not what Backproof answers "
            f"({type(error).__name__}: {error}). Is it a Backproof service?"
        ) from error


def refused(response: httpx.Response, url: str) -> ProblemError:
    """The error that a refusing answer stands for, in the problem's own words where it is one."""
    try:
        told = response.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or not ("detail" in told or "title" in told):
        reason = f"The server at {url} answered {response.status_code} {response.reason_phrase} without saying why."
        return refusal(Problem(response.status_code, response.reason_phrase, reason), retry_after(response))
    return refusal(problem(told, response.status_code), retry_after(response))


def problem(told: Mapping[str, object], status: int = 0) -> Problem:
    """The problem that an object of RFC 9457 states; members without a field of their own stay in `extra`."""
    named = {"type", "status", "title", "detail", "code", "request_id", "errors"}
    request_id, own = told.get("request_id"), told.get("status")
    return Problem(
        status=own if isinstance(own, int) else status,
        title=str(told.get("title") or ""),
        detail=str(told.get("detail") or ""),
        code=str(told.get("code") or ""),
        request_id=None if request_id is None else str(request_id),
        errors=field_errors(told.get("errors")),
        extra={name: value for name, value in told.items() if name not in named},
    )


def field_errors(told: object) -> tuple[FieldError, ...]:
    """The inputs at fault, as far as they can be read."""
    found = [error for error in told if isinstance(error, dict)] if isinstance(told, list) else []
    places = ("pointer", "parameter", "header")
    return tuple(
        FieldError(next((str(error[place]) for place in places if place in error), ""), str(error.get("detail") or ""))
        for error in found
    )


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that the answer asks to wait, whether it gives a number or a date."""
    told = response.headers.get("retry-after")
    if told is None:
        return None
    try:
        return max(float(told), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):  # a date without a zone cannot be subtracted
        return None
