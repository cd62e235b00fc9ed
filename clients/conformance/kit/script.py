"""Scripts: the exchanges that a case plays in the service's place, as values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kit.values import CaseError, Json

SCRIPT = {"script", "opens_after", "closed", "base"}
ENTRY = {"request", "answer", "times", "pause_at_least", "since_first_at_least"}
REQUEST = {"method", "path", "query", "headers", "body", "raw"}
ANSWER = {"status", "headers", "json", "problem", "text", "type", "after", "fault"}
FAULTS = {"close", "cut", "truncate", "stall"}


@dataclass(frozen=True)
class Answer:
    """What is answered, and what goes wrong on the way."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None  # JSON, or a text where `text` says so
    text: str | None = None
    media: str = "application/json"
    after: float = 0.0
    fault: str | None = None


@dataclass(frozen=True)
class Entry:
    """A request that has to come, as an expectation, and its answer."""

    request: Mapping[str, Json]
    answer: Answer
    pause_at_least: float = 0.0  # seconds since the answer before
    since_first_at_least: float = 0.0  # seconds since the script's first request
    endless: bool = False  # comes any number of times, none included, until the driver ends


@dataclass(frozen=True)
class Script:
    """The exchanges in order; connections are refused until `opens_after` seconds are over, or for good."""

    entries: tuple[Entry, ...] = ()
    opens_after: float = 0.0
    closed: bool = False
    base: str = ""  # what the driver's url has after the port


def script(told: Json) -> Script:
    """The script that a case holds. Raises CaseError where it makes no sense."""
    held = only(told, SCRIPT, "a server")
    entries = held.get("script", [])
    if not isinstance(entries, list):
        raise CaseError("a server's script has to be a list")
    return Script(
        tuple(one for each in entries for one in repeated(each)),
        seconds(held.get("opens_after")),
        held.get("closed") is True,
        str(held.get("base", "")),
    )


def repeated(told: Json) -> list[Entry]:
    """An entry, as often as it says."""
    held = only(told, ENTRY, "an exchange")
    times = held.get("times", 1)
    request = only(held.get("request", {}), REQUEST, "a request")
    one = Entry(
        request,
        answer(held.get("answer", {})),
        seconds(held.get("pause_at_least")),
        seconds(held.get("since_first_at_least")),
        times == "any",
    )
    return [one] * (times if isinstance(times, int) else 1)


def answer(told: Json) -> Answer:
    """One answer."""
    held = only(told, ANSWER, "an answer")
    status, fault, headers, text = (held.get(name) for name in ("status", "fault", "headers", "text"))
    if fault is not None and fault not in FAULTS:
        raise CaseError(f"there is no fault {fault}; there are {sorted(FAULTS)}")
    code = status if isinstance(status, int) else 200
    kind = "application/problem+json" if "problem" in held else "text/html" if text is not None else "application/json"
    problem = held.get("problem")
    body = {"status": code, **problem} if isinstance(problem, dict) else held.get("json")
    return Answer(
        status=code,
        headers={name: str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
        body=body,
        text=None if text is None else str(text),
        media=str(held.get("type", kind)),
        after=seconds(held.get("after")),
        fault=None if fault is None else str(fault),
    )


def bytes_of(body: Json, text: str | None) -> bytes:
    """What is sent: the text as it is, else the JSON, else nothing. Numbers keep their bits."""
    if text is not None:
        return text.encode()
    return b"" if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


def only(told: Json, known: Iterable[str], what: str) -> Mapping[str, Json]:
    """The members of an object. Raises CaseError for one that nobody reads."""
    if not isinstance(told, dict) or set(told) - set(known):
        raise CaseError(f"{what} has to be an object of {sorted(known)}, not {told!s:.200}")
    return told


def seconds(value: Json) -> float:
    """A number of seconds, none by default."""
    return float(value) if isinstance(value, int | float) else 0.0
