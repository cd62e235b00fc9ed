"""The stored data sets: a row each, and the numbers in a blob."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row, delete, insert, select

from . import states
from .blobs import Array, Blobs, discarding, encode
from .database import Database, now
from .jobs import UnknownDataset
from .tables import datasets, job_datasets, jobs

ROLE = "data"


class DatasetInUse(Exception):
    """A data set that an unfinished job refers to."""

    def __init__(self, dataset: str, job: str) -> None:
        super().__init__(f"The data set {dataset} is in use by the unfinished job {job}.")
        self.dataset = dataset
        self.job = job


@dataclass(frozen=True)
class Dataset:
    """A row of the table of data sets."""

    seq: int
    id: str
    rows: int
    features: int
    targets: int | None
    classes: int | None
    bytes: int
    created_at: str


class Datasets:
    """The stored data sets."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def put(self, dataset: str, arrays: Mapping[str, Array], meta: Mapping[str, int | None]) -> tuple[Dataset, bool]:
        """The stored data set and whether it is new. `arrays` has x and y or labels; `meta` the row's columns."""
        known = self.get(dataset)
        if known is not None:
            return known, False
        staged = self._blobs.stage(encode(arrays))
        with discarding(staged), self._database.write() as connection:
            row = connection.execute(select(datasets).where(datasets.c.id == dataset)).one_or_none()
            if row is not None:  # somebody else was faster
                return _dataset(row), False
            statement = insert(datasets).values(id=dataset, created_at=now(), **meta).returning(datasets)
            row = connection.execute(statement).one()
            self._blobs.place(connection, dataset, ROLE, staged)
            return _dataset(row), True

    def get(self, dataset: str) -> Dataset | None:
        """The row of the data set with this id."""
        with self._database.read() as connection:
            row = connection.execute(select(datasets).where(datasets.c.id == dataset)).one_or_none()
        return None if row is None else _dataset(row)

    def list(self, limit: int, after: int | None) -> tuple[list[Dataset], int | None]:
        """Up to `limit` data sets older than the cursor, newest first, and the cursor of the next page."""
        statement = select(datasets).order_by(datasets.c.seq.desc()).limit(limit + 1)
        if after is not None:
            statement = statement.where(datasets.c.seq < after)
        with self._database.read() as connection:
            found = [_dataset(row) for row in connection.execute(statement)]
        return found[:limit], found[limit - 1].seq if len(found) > limit else None

    def load(self, dataset: str, rows: tuple[int, int] | None = None) -> tuple[Array, Array | None, Array | None]:
        """x, y and labels (one of the two is None), all rows or those in start … stop. Raises UnknownDataset."""
        with self._database.read() as connection:
            sha256 = self._blobs.find(connection, dataset, ROLE)
        if sha256 is None:
            raise UnknownDataset(dataset)
        found = self._blobs.arrays(sha256) if rows is None else self._blobs.rows(sha256, *rows)
        return np.ascontiguousarray(found["x"]), found.get("y"), found.get("labels")

    def delete(self, dataset: str) -> bool:
        """Remove the data set; False when there is none. Raises DatasetInUse."""
        using = (
            select(jobs.c.id)
            .join(job_datasets, job_datasets.c.job == jobs.c.id)
            .where(job_datasets.c.dataset == dataset, jobs.c.state.not_in(states.TERMINAL))
            .limit(1)
        )
        with self._database.write() as connection:
            user = connection.scalar(using)
            if user is not None:
                raise DatasetInUse(dataset, user)
            # Finished jobs keep the id in their config; nothing needs the numbers any more.
            connection.execute(delete(job_datasets).where(job_datasets.c.dataset == dataset))
            gone = connection.execute(delete(datasets).where(datasets.c.id == dataset)).rowcount == 1
            released = self._blobs.release(connection, dataset)
        self._blobs.sweep(released)
        return gone


def _dataset(row: Row[Any]) -> Dataset:
    return Dataset(**row._mapping)
