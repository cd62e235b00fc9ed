"""The dispatcher: a thread that hands queued jobs to the workers and puts right those whose worker died.

Everything of value is in the job table. The dispatcher knows only which jobs it has handed over and not seen back.
"""

import logging
import os
import queue
import threading
import time
from pathlib import Path
from typing import Any, TypeAlias

from backproof_service.settings import Settings
from backproof_service.store.folder import Store

from .failure import worn_out

# What Dask gives us; untyped, and not imported here, since that takes a second and nobody should wait for it.
Client: TypeAlias = Any
Future: TypeAlias = Any

log = logging.getLogger("backproof.engine")
LOOK = 1.0  # seconds between two looks at the table when nobody calls
PATIENCE = 6.5  # seconds that the end of the workers is waited for
MISSING = 30.0  # seconds, or three times what the start took, after which missing workers are not waited for
REST = 0.5  # seconds after a lost run, so that a fault that stays does not spin


class Engine:
    """Workers and the thread that feeds them."""

    def __init__(self, folder: Path, store: Store, settings: Settings) -> None:
        self._folder, self._store, self._settings = folder, store, settings
        self._capacity = 2 * worker_count(settings)  # one at work and one in line for each worker
        self._handed: dict[str, Future] = {}
        self._back: queue.SimpleQueue[tuple[str, Future]] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backproof-dispatcher", daemon=True)
        self._submitted = 0
        self._rest_until = 0.0

    @property
    def ready(self) -> bool:
        """Whether there are workers to run jobs."""
        return self._up.is_set() and not self._stopping.is_set()

    def start(self) -> None:
        """Begin to bring the workers up; returns at once."""
        self._thread.start()

    def wait_ready(self, timeout: float) -> bool:
        """Whether the workers are up, after waiting for them that long."""
        return self._up.wait(timeout)

    def poke(self) -> None:
        """Say that there may be something to do."""
        self._wake.set()

    def stop(self) -> None:
        """Stop the workers; jobs that were under way are queued again and run at the next start.

        Returns after PATIENCE seconds even if they are still up, as when they are just being started; see `stopped`.
        """
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    @property
    def stopped(self) -> bool:
        """Whether nothing of the engine is left."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run_cluster()
            except Exception:
                log.exception("The workers could not be started; trying again.")
                self._stopping.wait(REST)

    def _run_cluster(self) -> None:
        """Feed one set of workers until told to stop, or until workers are missing that do not come back."""
        from .cluster import close_cluster, open_cluster

        begun = time.monotonic()
        client: Client = open_cluster(self._folder, self._settings, worker_count(self._settings))
        try:
            self._up.set()
            self._feed(client, max(MISSING, 3 * (time.monotonic() - begun)))
        finally:
            self._up.clear()
            client.cancel(list(self._handed.values()))  # those not begun never begin
            self._store.runs.recover()  # those begun find themselves fenced and stop
            close_cluster(client)
            self._store.runs.recover()  # those that slipped in between
            self._handed, self._back = {}, queue.SimpleQueue()

    def _feed(self, client: Client, patience: float) -> None:
        complete = time.monotonic()  # when all workers were last there
        while not self._stopping.is_set():
            try:
                self._collect()
                self._hand_over(client)
            except Exception:
                log.exception("The dispatcher met an error and goes on.")
            if len(client.cluster.scheduler.workers) >= worker_count(self._settings):
                complete = time.monotonic()
            elif time.monotonic() - complete > patience:
                # A worker that dies while it is being started is one that Dask does not start again.
                log.warning("Workers have been missing for %.0f s; all are started anew.", patience)
                return
            self._wake.wait(REST if time.monotonic() < self._rest_until else LOOK)
            self._wake.clear()

    def _hand_over(self, client: Client) -> None:
        """Give the workers the oldest queued jobs, as many as they can take."""
        from .worker import run_job

        free = self._capacity - len(self._handed)
        if free <= 0 or time.monotonic() < self._rest_until:
            return
        for job in self._store.runs.queued(free, besides=self._handed):
            self._submitted += 1
            future = client.submit(run_job, job, key=f"run-{self._submitted}-{job}", pure=False)
            self._handed[job] = future
            future.add_done_callback(lambda done, job=job: self._came_back(job, done))

    def _came_back(self, job: str, future: Future) -> None:
        self._back.put((job, future))
        self._wake.set()

    def _collect(self) -> None:
        """Look at what came back; a future that failed means that its worker is gone."""
        while not self._back.empty():
            job, future = self._back.get()
            if job not in self._handed or self._handed[job] is not future:
                continue  # of workers that were given up
            if future.status != "finished":
                self._rest_until = time.monotonic() + REST
                self._put_right(job, future)
            del self._handed[job]

    def _put_right(self, job: str, future: Future) -> None:
        """Requeue a job whose run did not end by itself, or give it up; tried again until the table takes it."""
        limit = self._settings.max_attempts
        try:
            state = self._store.runs.lost(job, limit, worn_out(job, limit))
        except Exception:
            self._back.put((job, future))
            raise
        if state is not None:
            log.warning("A run of %s was lost (%r); the job is %s.", job, future.exception(), state)


def worker_count(settings: Settings) -> int:
    """How many workers there are: as set, else one for each core this process may use."""
    return settings.workers or len(os.sched_getaffinity(0))
