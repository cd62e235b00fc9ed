"""A tiny real HTTP server that does what a script says, one line of it for each request."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JOB: dict[str, Any] = {"object": "job", "id": "job_1", "kind": "train", "state": "queued"}


@dataclass(frozen=True)
class Answer:
    """An answer with a JSON body, or with this text."""

    status: int = 200
    body: Mapping[str, Any] | str = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class HangUp:
    """The connection closed, once the request was read, without an answer."""


class Silence:
    """No answer as long as the server runs."""


Script = list[Answer | HangUp | Silence]


@dataclass
class Tiny:
    """Where the server is, how to open it, and the requests that it has seen."""

    url: str
    open: Callable[[], None] = lambda: None
    seen: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.seen]


@contextmanager
def tiny(*script: Answer | HangUp | Silence) -> Iterator[Tiny]:
    """A server that follows the script, and repeats its last line."""
    with closed(*script) as found:
        found.open()
        yield found


@contextmanager
def closed(*script: Answer | HangUp | Silence) -> Iterator[Tiny]:
    """The same server with its address taken, refusing every connection until it is opened."""
    lines, over = list(script), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            found.seen.append((self.command, self.path, dict(self.headers)))
            line = lines.pop(0) if len(lines) > 1 else lines[0]
            if isinstance(line, Answer):
                self.answer(line)
                return
            if isinstance(line, Silence):
                over.wait()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_DELETE = handle_any

        def answer(self, line: Answer) -> None:
            text = line.body if isinstance(line.body, str) else json.dumps(line.body)
            self.send_response(line.status)
            for name, value in {"Content-Type": "application/json", **line.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *said: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False) as server:
        server.server_bind()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})

        def listen() -> None:
            server.server_activate()
            thread.start()

        found = Tiny(f"http://127.0.0.1:{server.server_port}", listen)
        try:
            yield found
        finally:
            over.set()
            if thread.is_alive():
                server.shutdown()
                thread.join()
