"""What waits for jobs: one tail of the event table, whatever the number of waiters.

While anybody waits, one task asks every POLL seconds for events that are newer than the last it saw and wakes those
whom they concern. Nobody waiting costs nothing.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import anyio.to_thread
from sqlalchemy import func, select

from .store import states
from .store.database import Database
from .store.tables import events

POLL = 0.05  # seconds


class Changes:
    """The waiters of one API process. Its methods belong to the event loop; `drain` may come from a signal handler."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._tail: asyncio.Task[None] | None = None
        self._last = 0
        self.draining = False

    @contextmanager
    def watch(self, job: str) -> Iterator[asyncio.Event]:
        """An event that is set when the job comes to rest. Watch first, then look at the job: nothing is missed."""
        woken = asyncio.Event()
        if self.draining:
            woken.set()
        if not self._waiting:
            self._last = self._newest()
        self._waiting.setdefault(job, set()).add(woken)
        self._follow()
        try:
            yield woken
        finally:
            self._waiting[job].discard(woken)
            if not self._waiting[job]:
                del self._waiting[job]

    def wake(self, job: str) -> None:
        """Wake those who wait for this job."""
        for woken in self._waiting.get(job, ()):
            woken.set()

    def drain(self) -> None:
        """Wake everybody, now and from now on: the service is going down."""
        self.draining = True
        for waiters in self._waiting.values():
            for woken in waiters:
                woken.set()

    async def close(self) -> None:
        self.drain()
        if self._tail is not None:
            self._tail.cancel()
            await asyncio.gather(self._tail, return_exceptions=True)

    def _follow(self) -> None:
        if self._tail is None or self._tail.done():
            self._tail = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._waiting:
            for job in await anyio.to_thread.run_sync(self._rested):
                self.wake(job)
            await asyncio.sleep(POLL)

    def _rested(self) -> list[str]:
        """The jobs that came to rest since the last look."""
        statement = select(events.c.id, events.c.job, events.c.data).where(events.c.id > self._last)
        with self._database.read() as connection:
            found = list(connection.execute(statement.where(events.c.type == "state").order_by(events.c.id)))
        if found:
            self._last = found[-1].id
        return [row.job for row in found if row.data["state"] in states.RESTING]

    def _newest(self) -> int:
        with self._database.read() as connection:
            return connection.scalar(select(func.max(events.c.id))) or 0
