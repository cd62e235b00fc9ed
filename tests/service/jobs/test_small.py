"""A service with one worker and narrow limits: what does not depend on the one, and what the others do."""

from collections.abc import Iterator
from typing import Any

import psutil
import pytest


@pytest.fixture(scope="module")
def small(beginning: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    found = beginning(tmp_path_factory.mktemp("small"), workers=1, max_attempts="2", max_unfinished_jobs="3")
    yield found
    assert found.stop() == 0


def test_bits_do_not_depend_on_the_number_of_workers(service: Any, small: Any) -> None:
    plan = {
        "network": {"sizes": [2, 40, 30, 1], "activation": ["tanh", "softplus", "sigmoid"], "seed": 11},
        "optimizer": {"type": "adam", "learning_rate": 0.01},
        "batch_size": 3,
        "epochs": 300,
    }
    jobs = [(one, one.submit(**plan, form=form)["id"]) for form in ("matched", "both") for one in (service, small)]
    assert len({one.rested(job)["result"]["weights_sha256"] for one, job in jobs}) == 1


def test_a_job_whose_workers_keep_dying_is_given_up(small: Any) -> None:
    job = small.submit(epochs=10_000_000)["id"]
    for attempt in (1, 2):
        small.until(job, lambda found, n=attempt: found["state"] == "running" and found["attempt"] == n)
        for child in psutil.Process(small.process.pid).children(recursive=True):
            if any("spawn_main" in word for word in child.cmdline()):
                child.kill()
    found = small.rested(job)
    assert (found["state"], found["attempt"]) == ("interrupted", 2)
    assert found["error"]["code"] == "too_many_attempts"
    assert small.done()["state"] == "succeeded"  # the service itself goes on
    assert small.client.post(f"/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert small.client.delete(f"/jobs/{job}").status_code == 204


def test_a_full_service_says_so_and_recovers(small: Any, xor: dict[str, Any]) -> None:
    jobs = [small.submit(epochs=10_000_000)["id"] for _ in range(3)]
    refused = small.client.post("/train", json=xor)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["Retry-After"]
    assert "3" in refused.json()["detail"]
    for job in jobs:
        small.client.post(f"/jobs/{job}/cancel")
        assert small.rested(job)["state"] == "cancelled"
    assert small.done()["state"] == "succeeded"
