"""What runs in a worker: one job, from its claim to its end."""

import logging
import multiprocessing
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Worker, WorkerPlugin, get_worker
from sqlalchemy.exc import SQLAlchemyError
from threadpoolctl import threadpool_info, threadpool_limits

from backproof_service.settings import Settings
from backproof_service.store.folder import Store, open_store
from backproof_service.store.runs import Fenced

from . import gradients, training
from .failure import failure, finished_badly

log = logging.getLogger("backproof.worker")
PLUGIN = "backproof"
KINDS = {"train": training.run, "gradients": gradients.run}


@dataclass(frozen=True)
class Context:
    """What a worker keeps between jobs."""

    store: Store
    settings: Settings
    environment: dict[str, Any]


class Equip(WorkerPlugin):
    """Gives a worker its store, one BLAS thread and deafness to Ctrl-C (the service says when to stop)."""

    name = PLUGIN

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._context: Context | None = None

    def setup(self, worker: Worker) -> None:
        if multiprocessing.parent_process() and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        threadpool_limits(1)
        self._context = Context(open_store(self._folder, 0), self._settings, environment())

    def teardown(self, worker: Worker) -> None:
        self.context().store.close()

    def context(self) -> Context:
        """What this worker was given."""
        assert self._context is not None, "the plugin was not set up"
        return self._context


def environment() -> dict[str, Any]:
    """What the bits of a result depend on, as this process has it."""
    pools: list[dict[str, Any]] = threadpool_info()
    found = next((pool for pool in pools if pool["user_api"] == "blas"), {})
    blas = " ".join(str(found[key]) for key in ("internal_api", "version") if found.get(key))
    return {
        "numpy": np.__version__,
        "blas": blas or "unknown",
        "blas_core": found.get("architecture", "unknown"),
        "threads": found.get("num_threads", 1),
    }


def run_job(job: str) -> None:
    """Claim the job, run it and record its end; nothing is returned, since all that matters is in the table."""
    equip = get_worker().plugins[PLUGIN]
    assert isinstance(equip, Equip)
    context = equip.context()
    claimed = context.store.runs.claim(job, context.environment)
    if claimed is None:  # cancelled or removed while it waited in line
        return
    try:
        KINDS[claimed.kind](context.store, context.settings, claimed)
    except Fenced as over:
        log.info("%s", over)
    except SQLAlchemyError:
        raise  # nothing can be recorded; the dispatcher sees the failed task and queues the job again
    except Exception as error:
        finished_badly(context.store, claimed, failure(error))
