"""Which service the functions of the mirrored API ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backproof.client import Client


@contextmanager
def chosen(client: Client | None) -> Iterator[Client]:
    """The client that was given, left open; else one for BACKPROOF_URL or http://127.0.0.1:8000, closed afterwards."""
    if client is not None:
        yield client
        return
    from backproof.client import Client  # here, since clients speak of networks and networks of clients

    with Client() as own:
        yield own
