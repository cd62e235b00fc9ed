"""The engine inside one process, as the command uses it without a server."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed.deploy.spec import SpecCluster

from backproof_service.engine import dispatcher
from backproof_service.http.problems import Problem
from backproof_service.runtime import Runtime
from backproof_service.settings import Settings
from backproof_service.store import states
from backproof_service.submission import submit_training
from backproof_service.wire.train import TrainRequest


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MISSING", 0.5)


@pytest.fixture
def others() -> set[SpecCluster]:
    """The clusters that this process has already, of other tests' services."""
    return set(SpecCluster._instances)


@pytest.fixture
def runtime(others: set[SpecCluster], tmp_path: Path) -> Iterator[Runtime]:
    found = Runtime(Settings(data=tmp_path, in_process_engine=True, workers=2))
    found.open()
    yield found
    found.drain()
    found._release()


def state_of(runtime: Runtime, job: str, wanted: str) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = runtime.jobs.get(job)
        if found is not None and found.state == wanted:
            return True
        time.sleep(0.02)
    return False


def submit(runtime: Runtime, xor: dict[str, Any], **changes: Any) -> str:
    return submit_training(runtime, TrainRequest.model_validate(xor | changes)).id


def test_threads_run_jobs_as_processes_do(runtime: Runtime, xor: dict[str, Any]) -> None:
    jobs = [submit(runtime, xor) for _ in range(4)]
    assert [state_of(runtime, job, states.SUCCEEDED) for job in jobs] == [True] * 4


def test_stopping_fences_what_runs_and_leaves_no_threads(runtime: Runtime, xor: dict[str, Any]) -> None:
    job = submit(runtime, xor, epochs=10_000_000)
    assert state_of(runtime, job, states.RUNNING)
    runtime.engine.stop()
    assert runtime.engine.stopped
    found = runtime.jobs.get(job)
    assert found is not None
    assert (found.state, found.attempt, found.lost) == (states.QUEUED, 1, 0)
    assert not runtime.engine.ready
    assert not runtime.engine._thread.is_alive()


def test_workers_that_do_not_come_back_are_started_anew(
    others: set[SpecCluster], runtime: Runtime, xor: dict[str, Any]
) -> None:
    assert runtime.engine.wait_ready(30)
    (cluster,) = set(SpecCluster._instances) - others
    cluster.scale(0)
    job = submit(runtime, xor)
    assert state_of(runtime, job, states.SUCCEEDED)


def test_nothing_is_taken_in_while_the_service_stops(runtime: Runtime, xor: dict[str, Any]) -> None:
    runtime.drain()
    assert runtime.phase == "draining"
    with pytest.raises(Problem) as refused:
        submit(runtime, xor)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
