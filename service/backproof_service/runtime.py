"""The runtime: what one service holds while it runs — the data folder, the engine and those who wait."""

import threading
from typing import Literal, TypeAlias

from anyio import CapacityLimiter, to_thread
from filelock import BaseFileLock

from .changes import Changes
from .engine.dispatcher import Engine
from .settings import Settings
from .store.folder import Store, lock, open_store, prepare

SUBMITTING = 2  # threads that take in jobs at one time: more would only fight the event loop for the interpreter
Phase: TypeAlias = Literal["starting", "ready", "draining"]


class Runtime:
    """The running service. `open` before use (raises FolderInUse), `drain` when told to stop, `close` at the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.data.expanduser().resolve()
        self.store: Store = open_store(self.folder, settings.max_unfinished_jobs)
        self.blobs, self.jobs, self.runs = self.store.blobs, self.store.jobs, self.store.runs
        self.datasets = self.store.datasets
        self.changes = Changes(self.store.database)
        self.engine = Engine(self.folder, self.store, settings)
        self.building = threading.Lock()  # held while a request is built to be checked
        self.submitting = CapacityLimiter(SUBMITTING)
        self._lock: BaseFileLock | None = None

    @property
    def phase(self) -> Phase:
        """Whether jobs can run: `starting` until the workers are up, `draining` from the wish to stop."""
        if self.changes.draining:
            return "draining"
        return "ready" if self.engine.ready else "starting"

    def open(self) -> None:
        """Take the data folder, put right what a crash left, begin to start the workers; quick, and once is enough."""
        if self._lock is None:
            self._lock = lock(self.folder)
            prepare(self.store)
            self.runs.recover()
            self.engine.start()

    def drain(self) -> None:
        """Answer all who wait and accept no new jobs; safe to call twice."""
        self.changes.drain()

    async def close(self) -> None:
        """Stop the workers, requeue what they did, and give the data folder back."""
        await self.changes.close()
        await to_thread.run_sync(self._release)

    def _release(self) -> None:
        self.engine.stop()
        self.store.close()
        if self._lock is not None:
            self._lock.release()
