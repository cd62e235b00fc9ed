"""Which service a command asks: the one at a URL, or one that is started in this process for its sake."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

from backproof.call import Retry
from backproof.cli.ending import NotStarted, Usage
from backproof.client import Client
from backproof.errors import BackproofError
from backproof.inprocess import URL, App, running

PATIENCE = Retry(attempts=4)
STARTING = Retry(attempts=10)  # a service in this process is there; it may still be starting its workers
INSTALL = "In a checkout of Backproof: pip install ./core ./service"


@dataclass(frozen=True)
class Place:
    """Where to look for the service: a URL, a folder for a service in this process, or neither."""

    url: str | None
    data: Path | None

    @property
    def stays(self) -> bool:
        """Whether the service goes on after the command."""
        return self.url is not None

    @property
    def keeps(self) -> bool:
        """Whether a job can still be asked for after the command."""
        return self.stays or self.data is not None


def place(url: str | None, data: Path | None) -> Place:
    """The place that the options name; without either, BACKPROOF_URL. Raises Usage for both options at once."""
    if url and data:
        raise Usage("Give either --url, a running service, or --data, a folder for one in this process; not both.")
    return Place(url or (None if data else os.environ.get("BACKPROOF_URL") or None), data)


def stored(url: str | None, data: Path | None) -> Place:
    """The same, for commands about jobs that are stored. Raises Usage where no place is named."""
    found = place(url, data)
    if not (found.url or found.data):
        raise Usage("Stored jobs are kept by a service: give --url, set BACKPROOF_URL, or name its folder by --data.")
    return found


@contextmanager
def reach(where: Place) -> Iterator[Client]:
    """A client of the service at that place, which is stopped again if it was started here."""
    with ExitStack() as held:
        if where.url:
            yield held.enter_context(Client(where.url, retry=PATIENCE))
            return
        folder = where.data or Path(held.enter_context(TemporaryDirectory(prefix="backproof-")))
        app = factory()
        try:
            transport = held.enter_context(running(app(folder)))
        except BackproofError:
            raise
        except Exception as error:  # whatever keeps it from starting, the command says it in a sentence
            raise NotStarted(f"No service could be started on {folder}: {error}") from error
        yield held.enter_context(Client(URL, transport=transport, retry=STARTING, timeout=600.0))


def factory() -> Callable[[Path], App]:
    """The function that makes the service's app for a folder. Raises Usage where the service is not installed."""
    for entry in entry_points(group="backproof.inprocess", name="app"):
        made: Callable[[Path], App] = entry.load()
        return made
    raise Usage(f"There is no service: give --url, set BACKPROOF_URL, or install one. {INSTALL}")
