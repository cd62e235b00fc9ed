"""A training run in a worker: short stretches of computing, and after each a report."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backproof_core import Network
from backproof_core.errors import BackproofError, NonFiniteLoss, Where
from backproof_core.loss import named
from backproof_core.train import Row, Run, weights_sha256
from backproof_service import convert
from backproof_service.settings import Settings
from backproof_service.store import states
from backproof_service.store.blobs import Array, Staged, encode
from backproof_service.store.documents import restored
from backproof_service.store.folder import Store
from backproof_service.store.history import Cell, pack
from backproof_service.store.jobs import Job
from backproof_service.store.runs import Report
from backproof_service.wire.data import Data, DataLabels, DataReference
from backproof_service.wire.train import TrainRequest, ValidationData

from . import snapshot
from .failure import failure, finished_badly

STRETCH = 0.25  # seconds of computing between two reports
SAVE_EVERY = 2.0  # seconds between two savings of the weights
SAVE_SHARE = 20  # saving takes at most one part in so many of the time


def run(store: Store, settings: Settings, job: Job) -> None:
    """Train as the job says, to its end. Raises Fenced when the attempt is over, NonFiniteLoss is recorded here."""
    request = stored_request(store, job)
    training = begin(store, settings, request)
    recorder = Recorder(store, job, training)
    try:
        training.advance(STRETCH)
        while not training.finished and recorder.report() == states.RUNNING:
            training.advance(STRETCH)
        recorder.end()
    except NonFiniteLoss as error:
        finished_badly(store, job, failure(error), recorder.last())


def stored_request(store: Store, job: Job) -> TrainRequest:
    """The request that made the job."""
    blob = store.jobs.blob(job.id, "input")
    arrays = {} if blob is None else store.blobs.arrays(blob)
    return TrainRequest.model_validate(restored(job.config, arrays))


def begin(store: Store, settings: Settings, request: TrainRequest) -> Run:
    """The run of a request at its first step; raises what core and wire raise for requests that cannot be run."""
    network = convert.network(request.network, request.dtype, request.layout)
    X, Y = convert.data(request.data, store.datasets.load, network, request.layout)
    plan = convert.plan(request, settings)
    return Run(network, X, Y, plan, validation=_validation(store, request, network))


class Recorder:
    """What has been reported of a run, and what has not."""

    def __init__(self, store: Store, job: Job, training: Run) -> None:
        self._store, self._job, self._training = store, job, training
        self._begun = self._saved = time.monotonic()
        self._save_every = SAVE_EVERY
        self._reported = 0  # the last epoch whose rows are stored

    def report(self) -> str:
        """Report the progress, with the weights when it is time; returns the job's state."""
        due = time.monotonic() - self._saved >= self._save_every
        report = self._report(self._weights() if due else {})
        self._reported = self._training.epoch
        return self._store.runs.report(self._job.id, self._job.attempt, report)

    def last(self) -> Report:
        """The report of a run that ends here."""
        return self._report(self._weights())

    def end(self) -> None:
        """Record the end of the run: with its result if it reached that, else it was cancelled."""
        if not self._training.finished:
            self._store.runs.end(self._job.id, self._job.attempt, states.CANCELLED, self.last())
            return
        result, report = self._result(), self.last()
        # Early stopping ends a run before its last epoch.
        report = replace(report, progress={**(report.progress or {}), "fraction": 1.0, "eta_seconds": 0.0})
        self._store.runs.end(self._job.id, self._job.attempt, states.SUCCEEDED, report, result=result)

    def _report(self, blobs: dict[str, Staged]) -> Report:
        run = self._training
        new: dict[str, Sequence[Sequence[Cell]]] = {
            "metrics": [row for row in run.rows if row.epoch > self._reported],
            "twins": [twin for twin in run.comparisons if twin.epoch > self._reported],
        }
        chunks = {series: pack(rows) for series, rows in new.items() if rows}
        return Report(self._progress(), latest_metrics(run.last), chunks, blobs)

    def _progress(self) -> dict[str, Any]:
        run = self._training
        return progress(run.epoch, run.epochs, run.step, run.steps, time.monotonic() - self._begun)

    def _weights(self) -> dict[str, Staged]:
        started = time.monotonic()
        staged = self._store.blobs.stage(encode(snapshot.tensors(self._training)))
        self._saved = time.monotonic()
        self._save_every = max(SAVE_EVERY, SAVE_SHARE * (self._saved - started))
        return {"weights": staged}

    def _result(self) -> dict[str, Any]:
        run = self._training
        return {
            "final_loss": run.final_loss(),
            "weights_sha256": weights_sha256(run.network("latest")),
            "twin_distance": run.twin_distance,
            "best_epoch": run.best_epoch,
            "stopped_early": run.stopped_early,
        }


def progress(epoch: int, epochs: int, step: int, steps: int, seconds: float) -> dict[str, Any]:
    """How far a run is, and how long the rest takes if it goes on like that."""
    fraction = step / steps
    eta = seconds * (1 - fraction) / fraction if step else None
    return {
        "epoch": epoch,
        "epochs": epochs,
        "step": step,
        "steps": steps,
        "fraction": fraction,
        "eta_seconds": None if eta is None else round(eta, 3),
    }


def latest_metrics(row: Row | None) -> dict[str, float | None] | None:
    """The last measured numbers, without the validation's where nothing validates."""
    if row is None:
        return None
    found = {"loss": row.loss, "accuracy": row.accuracy}
    validation = {"validation_loss": row.validation_loss, "validation_accuracy": row.validation_accuracy}
    return found | {name: value for name, value in validation.items() if value is not None}


def _validation(store: Store, request: TrainRequest, network: Network) -> tuple[Array, Array] | None:
    """The rows that validate, where the request brings its own; their errors point at them."""
    if not isinstance(request.validation, ValidationData):
        return None
    data = request.validation.data
    try:
        X, Y = convert.data(data, store.datasets.load, network, request.layout)
        named(request.loss).prepare_targets(network.targets_of(Y, len(network.rows_of(X))))
    except BackproofError as error:
        error.where = ("validation", "data", *_place(data, error.where))
        raise
    return X, Y


def _place(data: Data, where: Where) -> Where:
    """Where in the sent data the core's x or y stands."""
    if isinstance(data, DataReference):
        return ("dataset",)
    return ("labels", *where[1:]) if isinstance(data, DataLabels) and where[:1] == ("y",) else where
