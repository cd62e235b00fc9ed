"""The job table as the HTTP side uses it: add, look up, list, cancel, delete."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, select, update

from . import states
from .blobs import Blobs, Staged, discarding
from .database import Database, now
from .tables import datasets, events, job_datasets, job_labels, jobs

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32


def new_id() -> str:
    """A job id: 48 bits of milliseconds, 80 random ones, in 26 characters that sort by time."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "job_" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


class TooManyJobs(Exception):
    """The table holds as many unfinished jobs as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"There are {limit:,} unfinished jobs, the limit max_unfinished_jobs.")


class UnknownDataset(Exception):
    """A job refers to a data set that is not stored (any more)."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"There is no data set {dataset}.")
        self.dataset = dataset


@dataclass(frozen=True)
class Submission:
    """What a job is made of, before it has a row."""

    kind: str
    config: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    progress: Mapping[str, Any] | None = None
    datasets: Sequence[str] = ()
    input: Staged | None = None  # the arrays that are too large for the config


@dataclass(frozen=True)
class Job:
    """A row of the job table."""

    seq: int
    id: str
    kind: str
    state: str
    attempt: int
    lost: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    config: dict[str, Any]
    labels: dict[str, str]
    progress: dict[str, Any] | None
    metrics: dict[str, Any] | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    environment: dict[str, Any] | None


def record_state(connection: Connection, job: str, state: str) -> None:
    """Write the event of a change of state; always in the transaction that makes the change."""
    connection.execute(insert(events).values(job=job, type="state", at=now(), data={"state": state}))


class Jobs:
    """The stored jobs."""

    def __init__(self, database: Database, blobs: Blobs, max_unfinished: int) -> None:
        self._database = database
        self._blobs = blobs
        self._max_unfinished = max_unfinished

    def add(self, submission: Submission) -> Job:
        """Store a new job, queued. Raises TooManyJobs, UnknownDataset."""
        job = new_id()
        with discarding(submission.input), self._database.write() as connection:
            if _count_waiting(connection) >= self._max_unfinished:
                raise TooManyJobs(self._max_unfinished)
            _require_datasets(connection, submission.datasets)
            connection.execute(insert(jobs).values(_row(job, submission)))
            _attach(connection, job, submission)
            if submission.input is not None:
                self._blobs.place(connection, job, "input", submission.input)
            record_state(connection, job, states.QUEUED)
            return _one(connection, job)

    def get(self, job: str) -> Job | None:
        """The job with this id."""
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
        return None if row is None else _job(row)

    def list(self, limit: int, after: int | None, filters: "Filters") -> tuple[list[Job], int | None]:
        """Up to `limit` jobs older than the cursor, newest first, and the cursor of the next page."""
        statement = filters.narrow(select(jobs)).order_by(jobs.c.seq.desc()).limit(limit + 1)
        if after is not None:
            statement = statement.where(jobs.c.seq < after)
        with self._database.read() as connection:
            found = [_job(row) for row in connection.execute(statement)]
        return found[:limit], found[limit - 1].seq if len(found) > limit else None

    def cancel(self, job: str) -> Job | None:
        """The job after asking it to stop: a queued one is cancelled at once, a running one is told; others stay."""
        with self._database.write() as connection:
            row = connection.execute(select(jobs.c.state).where(jobs.c.id == job)).one_or_none()
            if row is None:
                return None
            if row.state in (states.QUEUED, states.INTERRUPTED):
                _move(connection, job, states.CANCELLED, finished_at=now())
            elif row.state == states.RUNNING:
                _move(connection, job, states.CANCELLING)
            return _one(connection, job)

    def delete(self, job: str) -> Job | None:
        """Remove the job unless a worker may be at it; returns it as it was (its state says whether it is gone)."""
        with self._database.write() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
            if row is None or row.state in states.UNDER_WAY:
                return None if row is None else _job(row)
            released = self._blobs.release(connection, job)
            connection.execute(delete(jobs).where(jobs.c.id == job))
        self._blobs.sweep(released)
        return _job(row)

    def blob(self, job: str, role: str) -> str | None:
        """The hash of the blob that plays this role for the job."""
        with self._database.read() as connection:
            return self._blobs.find(connection, job, role)

    def count_waiting(self) -> int:
        """How many jobs are queued or under way."""
        with self._database.read() as connection:
            return _count_waiting(connection)


@dataclass(frozen=True)
class Filters:
    """Which jobs a list holds."""

    states: tuple[str, ...] = ()
    kind: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def narrow(self, statement: Select[Any]) -> Select[Any]:
        """The statement, with these conditions added."""
        if self.states:
            statement = statement.where(jobs.c.state.in_(self.states))
        if self.kind is not None:
            statement = statement.where(jobs.c.kind == self.kind)
        for key, value in self.labels.items():
            same = (job_labels.c.job == jobs.c.id, job_labels.c.key == key, job_labels.c.value == value)
            statement = statement.where(exists().where(*same))
        return statement


def _row(job: str, submission: Submission) -> dict[str, Any]:
    return {
        "id": job,
        "kind": submission.kind,
        "state": states.QUEUED,
        "created_at": now(),
        "config": submission.config,
        "labels": dict(submission.labels),
        "progress": submission.progress,
    }


def _attach(connection: Connection, job: str, submission: Submission) -> None:
    if submission.labels:
        rows = [{"job": job, "key": key, "value": value} for key, value in submission.labels.items()]
        connection.execute(insert(job_labels), rows)
    if submission.datasets:
        rows = [{"job": job, "dataset": dataset} for dataset in sorted(set(submission.datasets))]
        connection.execute(insert(job_datasets), rows)


def _require_datasets(connection: Connection, wanted: Sequence[str]) -> None:
    for dataset in wanted:
        if not connection.scalar(select(exists().where(datasets.c.id == dataset))):
            raise UnknownDataset(dataset)


def _count_waiting(connection: Connection) -> int:
    return connection.scalar(select(func.count()).where(jobs.c.state.in_(states.WAITING))) or 0


def _move(connection: Connection, job: str, state: str, **values: Any) -> None:
    connection.execute(update(jobs).where(jobs.c.id == job).values(state=state, **values))
    record_state(connection, job, state)


def _one(connection: Connection, job: str) -> Job:
    return _job(connection.execute(select(jobs).where(jobs.c.id == job)).one())


def _job(row: Row[Any]) -> Job:
    return Job(**row._mapping)
