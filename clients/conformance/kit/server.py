"""The scripted server: a loopback HTTP server that answers from a script and notes what does not follow it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from kit.expect import differences
from kit.script import Answer, Entry, Script, bytes_of
from kit.values import CaseError, Json, filled, read, shown


@dataclass
class Played:
    """A script while it is played: what has come, what was wrong with it, when it began and last answered."""

    script: Script
    saved: Mapping[str, Json]  # what earlier steps of the case saved, filled in where the script refers to it
    log: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    next: int = 0
    asked: float = 0.0
    answered: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    driver_ended: threading.Event = field(default_factory=threading.Event)

    def take(self, request: Mapping[str, Json]) -> Answer:
        """The answer to a request, which is compared with the one that has to come next."""
        with self.lock:
            told = f"{request['method']} {request['path']}"
            if self.next >= len(self.script.entries):
                self.faults.append(f"{told} was not expected: the script had ended")
                return Answer(status=501, text="Not in the script.")
            self.asked = self.asked or time.monotonic()
            entry = self.script.entries[self.next]
            self.faults += self.wrong(entry, request, told)
            self.next += not entry.endless
            return entry.answer

    def wrong(self, entry: Entry, request: Mapping[str, Json], told: str) -> Iterator[str]:
        """What is wrong with a request, in words."""
        try:
            for difference in differences(filled(dict(entry.request), self.saved), dict(request)):
                yield f"request {self.next + 1} ({told}): {difference}"
        except CaseError as error:
            yield f"the case cannot be played: request {self.next + 1}: {error}"
        passed = time.monotonic() - self.answered
        if self.answered and passed < entry.pause_at_least:
            yield f"request {self.next + 1} ({told}) came after {passed:.2f} s, not {entry.pause_at_least:g} s"
        passed = time.monotonic() - self.asked
        if passed < entry.since_first_at_least:
            yield f"{self.next + 1} requests came in {passed:.2f} s, not {entry.since_first_at_least:g} s"

    def missing(self) -> Iterator[str]:
        """Each request that never came, in words."""
        for entry in self.script.entries[self.next :]:
            if not entry.endless:
                yield f"{entry.request.get('method')} {entry.request.get('path')} never came"


class Handler(BaseHTTPRequestHandler):
    """One connection to the scripted server."""

    protocol_version = "HTTP/1.1"
    played: Played  # of the subclass that `playing` makes

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # a client that hangs up is free to do so
            self.close_connection = True

    def exchange(self) -> None:
        """One exchange: read, compared, logged, answered."""
        body = self.body()
        address = urlsplit(self.path)
        request: dict[str, Json] = {
            "method": self.command,
            "path": normal(address.path),
            "query": dict(parse_qsl(address.query, keep_blank_values=True)),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "raw": body.decode("utf-8", "replace"),
            "body": parsed(body, self.headers.get("Content-Type", "")),
        }
        answer = self.played.take(request)
        self.played.log.append(f"> {self.command} {self.path} {shown(request['raw'])}")
        self.give(answer, bytes_of(filled(answer.body, self.played.saved), answer.text))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = exchange

    def body(self) -> bytes:
        """The body, whether its length was announced or it comes in chunks."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def give(self, answer: Answer, body: bytes) -> None:
        """The answer is sent, or what its fault leaves of it."""
        self.played.log.append(f"< {answer.fault or ''} {answer.status} {shown(body.decode())}")
        self.played.driver_ended.wait(answer.after)
        self.played.answered = time.monotonic()  # before it is sent: a busy machine must not shorten a client's pause
        if answer.fault == "stall":
            self.played.driver_ended.wait()
        if answer.fault in ("stall", "close"):
            self.close_connection = True
            return
        announced = len(body) // 2 if answer.fault == "truncate" else len(body)
        sent = body[: len(body) // 2] if answer.fault in ("cut", "truncate") else body
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.media, **answer.headers, "Content-Length": str(announced)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)
        self.close_connection = self.close_connection or answer.fault == "cut"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that http.server gives it
        """Nothing: the exchange is logged where it is played."""


def normal(path: str) -> str:
    """A path without /v1, each part percent-encoded in one way: all but letters, digits and -._~: is."""
    parts = [quote(unquote(part), safe=":") for part in path.removeprefix("/v1").split("/")]
    return "/".join(parts)


def parsed(body: bytes, media: str) -> Json:
    """The body as JSON where it is said to be JSON, else as text; null where there is none."""
    if not body:
        return None
    if "json" not in media:
        return body.decode("utf-8", "replace")
    try:
        return read(body)
    except ValueError:
        return f"no JSON: {body!r:.400}"


@contextmanager
def playing(script: Script, saved: Mapping[str, Json]) -> Iterator[tuple[str, Played]]:
    """The address of a server that plays the script, and how it went so far."""
    played = Played(script, saved)
    kind = type("Played", (Handler,), {"played": played})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind, bind_and_activate=False)
    server.daemon_threads = True
    server.server_bind()  # bound and not listening: whoever connects is refused
    threads: list[threading.Thread] = []

    def serve() -> None:
        server.server_activate()
        threads.append(threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True))
        threads[0].start()

    opening = threading.Timer(script.opens_after, serve)
    if script.opens_after:
        opening.start()
    elif not script.closed:
        serve()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{script.base}", played
    finally:
        opening.cancel()
        played.driver_ended.set()
        if threads:
            server.shutdown()
        server.server_close()
