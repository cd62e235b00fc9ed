"""The Dask cluster inside the service: workers on this machine, reachable over loopback only, and silent."""

import logging
import shutil
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster

from backproof_service.settings import Settings

from .worker import Equip

# One BLAS thread per worker: the bits of a product must not depend on how many workers share the machine.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
QUIET = {"DASK_LOGGING__DISTRIBUTED": "critical"}

CONFIG: dict[str, Any] = {
    # A task whose worker died is given back at once: the job table decides what becomes of it, not Dask.
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-ttl": None,  # a long matrix product is no sign of death
    "distributed.nanny.pre-spawn-environ": ONE_THREAD | QUIET,
    "distributed.admin.tick.limit": "1h",  # no complaints about a busy event loop
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": "30s",
    "distributed.scheduler.http.routes": [],  # Dask's own pages are not offered
    "distributed.worker.http.routes": [],
}


def open_cluster(folder: Path, settings: Settings, workers: int) -> Client:
    """A client of a new cluster whose workers are equipped; `close_cluster` ends both."""
    scratch = folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)  # what a killed service left
    dask.config.set(CONFIG)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        processes=not settings.in_process_engine,
        host=None if settings.in_process_engine else "127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=None,  # budgets are predicted and kept by the service itself
        silence_logs=logging.CRITICAL,
        local_directory=str(scratch),
    )
    client = Client(cluster, set_as_default=False)  # type: ignore[no-untyped-call]
    client.register_plugin(Equip(folder, settings))
    return client


def close_cluster(client: Client) -> None:
    """End the client, the scheduler and the workers; those that do not stop in time are killed."""
    cluster: Any = client.cluster
    client.close(timeout=2)  # type: ignore[no-untyped-call]
    cluster.close(timeout=5)
