"""A data folder: the database, the blobs and the lock that keeps a second service out of it."""

from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from .blobs import Blobs
from .database import Database
from .datasets import Datasets
from .jobs import Jobs
from .runs import Runs


class FolderInUse(Exception):
    """Another service has the data folder."""


@dataclass(frozen=True)
class Store:
    """What one process sees of a data folder."""

    database: Database
    blobs: Blobs
    jobs: Jobs
    runs: Runs
    datasets: Datasets

    def close(self) -> None:
        self.database.close()


def open_store(folder: Path, max_unfinished: int) -> Store:
    """The store in a folder that `prepare` has made ready; any number of processes may open it."""
    database = Database(folder / "backproof.sqlite")
    blobs = Blobs(folder / "blobs", database)
    return Store(
        database, blobs, Jobs(database, blobs, max_unfinished), Runs(database, blobs), Datasets(database, blobs)
    )


def prepare(store: Store) -> None:
    """Make tables and folders that are missing; only for the process that holds the lock."""
    store.database.create()
    store.blobs.create()


def lock(folder: Path) -> FileLock:
    """The lock on a data folder, held until it is released or its process ends. Raises FolderInUse."""
    folder.mkdir(parents=True, exist_ok=True)
    found = FileLock(folder / "lock", thread_local=False)
    try:
        found.acquire(timeout=0)
    except Timeout:
        raise FolderInUse(
            f"The data folder {folder} is in use by another Backproof service; stop that one, or choose another folder."
        ) from None
    return found
