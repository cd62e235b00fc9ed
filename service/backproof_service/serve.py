"""The service as a process: one socket, one data folder, and an orderly end."""

import asyncio
import logging
import os
import signal
import socket
from types import FrameType

import typer
import uvicorn

from .app import create_app
from .engine.dispatcher import worker_count
from .runtime import Runtime
from .settings import Settings
from .store.folder import FolderInUse

GRACE = 2  # seconds that open requests have after the wish to stop; long-polls are answered at once
KEEP_ALIVE = 75  # seconds; longer than clients keep idle connections, so that it is they who close them
BACKLOG = 2048


class CannotServe(Exception):
    """Why the service does not start, in one sentence."""


class Server(uvicorn.Server):
    """A server that tells the runtime at the very first signal, so that nobody's long-poll holds up the end."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not uvicorn's own: that raises the signal again at the end, and an orderly end is no death by a signal.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._runtime.drain)


def run(settings: Settings) -> None:
    """Serve until told to stop. Raises CannotServe."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    listener = listen(settings.host, settings.port)
    runtime = opened(settings)
    app = create_app(settings)
    app.state.runtime = runtime
    typer.echo(greeting(listener, runtime))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE, timeout_keep_alive=KEEP_ALIVE
    )
    Server(config, runtime).run(sockets=[listener])
    if not runtime.engine.stopped:
        os._exit(0)  # told to stop while the workers were being started: they notice, and nothing of value is lost


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, so that nothing is begun where nobody could be answered. Raises CannotServe."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        why = error.strerror or str(error)
        raise CannotServe(
            f"Cannot listen at {host}:{port}: {why}. Stop what uses it, or choose another --port (0 takes a free one)."
        ) from None
    return listener


def opened(settings: Settings) -> Runtime:
    """The runtime with its data folder. Raises CannotServe."""
    try:
        runtime = Runtime(settings)
        runtime.open()
    except FolderInUse as error:
        raise CannotServe(str(error)) from None
    except OSError as error:
        raise CannotServe(f"Cannot use the data folder {settings.data}: {error.strerror or error}.") from None
    return runtime


def greeting(listener: socket.socket, runtime: Runtime) -> str:
    """What the service says when it can be called: where it is, where its data are, how many workers it has."""
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    workers = worker_count(runtime.settings)
    return f"Backproof is at http://{name}:{port} (data in {runtime.folder}, {workers} worker{'s' * (workers != 1)})"
