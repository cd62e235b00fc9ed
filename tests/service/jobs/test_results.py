"""What is stored of a run, read while it is replaced and after it was damaged."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backproof_service import convert, results
from backproof_service.engine import snapshot, training
from backproof_service.http.problems import Problem
from backproof_service.settings import Settings
from backproof_service.store import states
from backproof_service.store.blobs import encode
from backproof_service.store.folder import Store, open_store, prepare
from backproof_service.store.jobs import Job, Submission
from backproof_service.store.runs import Report
from backproof_service.wire.train import TrainRequest


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path, 5)
    prepare(found)
    yield found
    found.close()


@pytest.fixture
def job(store: Store, xor: dict[str, Any]) -> Job:
    config = convert.config(TrainRequest.model_validate(xor | {"epochs": 300}))
    claimed = store.runs.claim(store.jobs.add(Submission("train", config)).id, {"threads": 1})
    assert claimed is not None
    return claimed


def save(store: Store, job: Job, run: Any) -> None:
    staged = store.blobs.stage(encode(snapshot.tensors(run)))
    store.runs.report(job.id, job.attempt, Report(blobs={"weights": staged}))


def test_weights_can_be_read_at_any_moment_while_they_are_replaced(store: Store, job: Job) -> None:
    run = training.begin(store, Settings(), training.stored_request(store, job))
    run.advance(0)
    save(store, job, run)
    done = threading.Event()
    epochs: list[int] = []

    def read() -> None:
        while not done.is_set():
            epochs.append(results.weights(store, job, "latest", None).epoch)

    reader = threading.Thread(target=read)
    reader.start()
    while not run.finished:
        run.advance(0)
        save(store, job, run)
    done.set()
    reader.join()
    assert epochs == sorted(epochs)
    assert len(set(epochs)) > 5


def test_damaged_weights_are_named_and_never_sent(store: Store, job: Job, tmp_path: Path) -> None:
    run = training.begin(store, Settings(), training.stored_request(store, job))
    run.advance()
    save(store, job, run)
    store.runs.end(job.id, job.attempt, states.SUCCEEDED, Report())
    path = tmp_path / "blobs" / str(store.jobs.blob(job.id, "weights"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Problem, match="changed on disk") as found:
        results.weights(store, job, "latest", None)
    assert (found.value.status, found.value.code) == (409, "data_damaged")
