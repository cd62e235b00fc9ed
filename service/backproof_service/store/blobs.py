"""Blobs: files named by the SHA-256 of what is in them, whole or absent, never half-written.

A blob is first *staged* (written and synced beside its place) and then *placed* (renamed) inside the write transaction
that
records who refers to it. Removal looks for references under the same write lock. So a blob that a row names
exists, whichever way a placement, a removal and a crash fall.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import load, save
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from .database import Database
from .tables import blobs

Array: TypeAlias = npt.NDArray[Any]


class BlobDamaged(Exception):
    """A blob whose bytes no longer have the hash that names it, or that is gone."""


@dataclass(frozen=True)
class Staged:
    """A blob that is written but not yet in its place."""

    sha256: str
    temporary: Path


@contextmanager
def discarding(*staged: Staged | None) -> Iterator[None]:
    """A span after which those staged blobs that were not placed are removed."""
    try:
        yield
    finally:
        for blob in staged:
            if blob is not None:
                blob.temporary.unlink(missing_ok=True)


class Blobs:
    """The blobs of one data folder."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database

    def create(self) -> None:
        """Make the folder, and remove what a crash left half-written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for leftover in self._folder.glob(".staged-*"):
            leftover.unlink(missing_ok=True)

    def stage(self, content: bytes) -> Staged:
        """The content on disk under a temporary name."""
        handle, name = tempfile.mkstemp(prefix=".staged-", dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return Staged(hashlib.sha256(content).hexdigest(), Path(name))

    def place(self, connection: Connection, owner: str, role: str, staged: Staged) -> None:
        """Move a staged blob to its place and record its owner; `connection` is the caller's write transaction."""
        staged.temporary.replace(self.path(staged.sha256))
        row = insert(blobs).values(owner=owner, role=role, sha256=staged.sha256)
        connection.execute(
            row.on_conflict_do_update(index_elements=["owner", "role"], set_={"sha256": row.excluded.sha256})
        )

    def find(self, connection: Connection, owner: str, role: str) -> str | None:
        """The hash of the blob that plays this role for this owner."""
        return connection.scalar(select(blobs.c.sha256).where(blobs.c.owner == owner, blobs.c.role == role))

    def release(self, connection: Connection, owner: str, roles: Iterable[str] | None = None) -> list[str]:
        """Forget the owner's references (of some roles, or all); returns the hashes, to be given to `sweep`."""
        statement = delete(blobs).where(blobs.c.owner == owner).returning(blobs.c.sha256)
        if roles is not None:
            statement = statement.where(blobs.c.role.in_(list(roles)))
        return list(connection.scalars(statement))

    def sweep(self, candidates: Iterable[str]) -> None:
        """Remove those blobs that nobody refers to any more."""
        wanted = set(candidates)
        if not wanted:
            return
        with self._database.write() as connection:  # the write lock: nobody can place one of them meanwhile
            kept = set(connection.scalars(select(blobs.c.sha256).where(blobs.c.sha256.in_(wanted))))
            for sha256 in wanted - kept:
                self.path(sha256).unlink(missing_ok=True)

    def path(self, sha256: str) -> Path:
        return self._folder / sha256

    def content(self, sha256: str) -> bytes:
        """The bytes of a blob, checked against its name."""
        try:
            found = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise BlobDamaged(f"The file of blob {sha256} is missing.") from None
        if hashlib.sha256(found).hexdigest() != sha256:
            raise BlobDamaged(f"The file of blob {sha256} was changed on disk: its bytes have another hash.")
        return found

    def arrays(self, sha256: str) -> dict[str, Array]:
        """The arrays of a blob, checked against its name."""
        return dict(load(self.content(sha256)))

    def rows(self, sha256: str, start: int, stop: int) -> dict[str, Array]:
        """Rows start … stop of each array, without reading the others (and so without checking the hash)."""
        if not self.path(sha256).exists():
            raise BlobDamaged(f"The file of blob {sha256} is missing.")
        with safe_open(self.path(sha256), framework="numpy") as file:
            return {name: file.get_slice(name)[start:stop] for name in file.keys()}  # noqa: SIM118 — no mapping


def encode(arrays: Mapping[str, Array]) -> bytes:
    """The safetensors bytes of the arrays; safetensors writes memory as it lies, so each is made contiguous first."""
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
