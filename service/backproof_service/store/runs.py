"""The job table as workers and the dispatcher use it: claim, report, end, requeue.

A run claims its attempt as its first act. Every later write carries that number and the state it may find, and one that
matches no row changes nothing: that is how a run learns that it was overtaken, requeued or stopped. See Fenced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from . import states
from .blobs import Blobs, Staged, discarding
from .database import Database, now
from .jobs import Job, record_state
from .tables import chunks, jobs

HELD = (states.RUNNING, states.CANCELLING)  # states in which a run may write


class Fenced(Exception):
    """The attempt is no longer the job's: whoever holds it must stop and write nothing more."""


@dataclass(frozen=True)
class Report:
    """What a run tells about itself, and what it adds to the histories."""

    progress: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] | None = None
    chunks: Mapping[str, bytes] = field(default_factory=dict)  # series → packed rows
    blobs: Mapping[str, Staged] = field(default_factory=dict)  # role → staged blob

    def columns(self) -> dict[str, Any]:
        found = {"progress": self.progress, "metrics": self.metrics}
        return {name: value for name, value in found.items() if value is not None}


class Runs:
    """The attempts at the stored jobs."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def claim(self, job: str, environment: Mapping[str, Any]) -> Job | None:
        """The job, now running under a new attempt; None when it is not there to be run."""
        fresh = {"state": states.RUNNING, "started_at": now(), "environment": environment}
        statement = (
            update(jobs)
            .where(jobs.c.id == job, jobs.c.state.in_((states.QUEUED, states.RUNNING)))
            .values(attempt=jobs.c.attempt + 1, metrics=None, **fresh)
            .returning(jobs)
        )
        with self._database.write() as connection:
            row = connection.execute(statement).one_or_none()
            if row is None:
                return None
            record_state(connection, job, states.RUNNING)
            # Until there are checkpoints, a new attempt starts over and so does its history.
            connection.execute(delete(chunks).where(chunks.c.job == job))
            released = self._blobs.release(connection, job, roles=["weights"]) if row.attempt > 1 else []
        self._blobs.sweep(released)
        return Job(**row._mapping)

    def report(self, job: str, attempt: int, report: Report) -> str:
        """Record how far the run is; returns the job's state, which is also how a wish to cancel is seen."""
        with discarding(*report.blobs.values()), self._database.write() as connection:
            row = self._fenced(connection, job, attempt, {"attempt": attempt, **report.columns()})
            replaced = self._keep(connection, job, report)
        self._blobs.sweep(replaced)
        return str(row.state)

    def end(self, job: str, attempt: int, state: str, report: Report, **values: Any) -> None:
        """Record how the run ended, with its last report."""
        ended = {"state": state, "finished_at": now(), **report.columns(), **values}
        with discarding(*report.blobs.values()), self._database.write() as connection:
            self._fenced(connection, job, attempt, ended)
            replaced = self._keep(connection, job, report)
            record_state(connection, job, state)
        self._blobs.sweep(replaced)

    def queued(self, limit: int, besides: Iterable[str]) -> list[str]:
        """Ids of the oldest queued jobs, without those already handed to the engine."""
        statement = select(jobs.c.id).where(jobs.c.state == states.QUEUED, jobs.c.id.not_in(list(besides)))
        with self._database.read() as connection:
            return list(connection.scalars(statement.order_by(jobs.c.seq).limit(limit)))

    def lost(self, job: str, max_attempts: int, error: Mapping[str, Any]) -> str | None:
        """Put right a job whose worker is gone: queued again, or interrupted when that happened too often."""
        with self._database.write() as connection:
            row = connection.execute(select(jobs.c.state, jobs.c.lost).where(jobs.c.id == job)).one_or_none()
            if row is None or row.state not in HELD:
                return None  # it ended, or was never begun
            if row.state == states.CANCELLING:
                return _settle(connection, job, states.CANCELLED, finished_at=now())
            if row.lost + 1 >= max_attempts:
                return _settle(connection, job, states.INTERRUPTED, lost=row.lost + 1, error=dict(error))
            return _settle(connection, job, states.QUEUED, lost=row.lost + 1, started_at=None)

    def recover(self) -> int:
        """Put right every job that was under way when the service stopped; returns how many will run again."""
        with self._database.write() as connection:
            requeued = _settle_all(connection, states.RUNNING, states.QUEUED, started_at=None)
            _settle_all(connection, states.CANCELLING, states.CANCELLED, finished_at=now())
        return requeued

    def history(self, job: str, series: str) -> list[bytes]:
        """The packed chunks of one of the job's histories, in order."""
        statement = select(chunks.c.numbers).where(chunks.c.job == job, chunks.c.series == series)
        with self._database.read() as connection:
            return list(connection.scalars(statement.order_by(chunks.c.id)))

    def _fenced(self, connection: Connection, job: str, attempt: int, values: Mapping[str, Any]) -> Row[Any]:
        held = (jobs.c.id == job, jobs.c.attempt == attempt, jobs.c.state.in_(HELD))
        row = connection.execute(update(jobs).where(*held).values(**values).returning(jobs.c.state)).one_or_none()
        if row is None:
            raise Fenced(f"Attempt {attempt} at {job} is over.")
        return row

    def _keep(self, connection: Connection, job: str, report: Report) -> list[str]:
        """Append to the histories and place the blobs; returns the hashes that were replaced."""
        if report.chunks:
            rows = [{"job": job, "series": series, "numbers": packed} for series, packed in report.chunks.items()]
            connection.execute(insert(chunks), rows)
        replaced = [self._blobs.find(connection, job, role) for role in report.blobs]
        for role, staged in report.blobs.items():
            self._blobs.place(connection, job, role, staged)
        return [sha256 for sha256 in replaced if sha256 is not None]


def _settle(connection: Connection, job: str, state: str, **values: Any) -> str:
    connection.execute(update(jobs).where(jobs.c.id == job).values(state=state, **values))
    record_state(connection, job, state)
    return state


def _settle_all(connection: Connection, old: str, new: str, **values: Any) -> int:
    found = list(connection.scalars(select(jobs.c.id).where(jobs.c.state == old)))
    for job in found:
        _settle(connection, job, new, **values)
    return len(found)
