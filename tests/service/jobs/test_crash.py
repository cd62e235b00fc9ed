"""What a service survives: kill -9 of itself and of its workers, and being told to stop while everybody waits."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

SECONDS = {"epochs": 15_000}  # a run of some seconds
LONGER = {"epochs": 60_000}  # one that still runs when twenty polls are open, on a busy machine too
ENDLESS = {"epochs": 10_000_000}

Starting = Callable[..., Any]


def workers(service: Any) -> list[psutil.Process]:
    """The worker processes of a service."""
    found = psutil.Process(service.process.pid).children(recursive=True)
    return [child for child in found if any("spawn_main" in word for word in child.cmdline())]


def running(found: dict[str, Any]) -> bool:
    return bool(found["state"] == "running" and found["progress"]["epoch"] > 0)


def test_a_killed_service_leaves_no_workers_and_its_jobs_finish_at_the_next_start(starting: Starting) -> None:
    first = starting()
    undisturbed = first.done(**SECONDS)
    at_work = [first.submit(**SECONDS)["id"] for _ in range(2)]
    waiting = [first.submit()["id"] for _ in range(6)]
    for job in at_work:
        first.until(job, running)
    orphans = workers(first)
    assert len(orphans) == 2
    first.kill()
    _, alive = psutil.wait_procs(orphans, timeout=10)
    assert alive == []

    second = starting()
    for job in at_work:
        found = second.rested(job)
        assert (found["state"], found["attempt"]) == ("succeeded", 2)
        assert found["result"] == undisturbed["result"]
        rows = second.client.get(f"/jobs/{job}/metrics", params={"max_points": 100_000}).json()["rows"]
        epochs = [row[0] for row in rows]
        assert epochs == sorted(set(epochs))
        assert (epochs[0], epochs[-1]) == (1, 15_000)
    for job in waiting:
        assert second.rested(job)["state"] == "succeeded"
    assert second.job(undisturbed["id"]) == undisturbed


def test_killed_workers_are_replaced_and_their_jobs_run_again(service: Any) -> None:
    undisturbed = service.done(**SECONDS)
    job = service.submit(**SECONDS)["id"]
    bystanders = [service.submit()["id"] for _ in range(3)]
    service.until(job, running)
    for worker in workers(service):
        worker.kill()
    found = service.rested(job)
    assert (found["state"], found["result"]) == ("succeeded", undisturbed["result"])
    assert found["attempt"] == 2
    for other in bystanders:
        assert service.rested(other)["state"] == "succeeded"


def poll(client: httpx.Client, job: str) -> str:
    """The state in which a long-poll found the job."""
    answer = client.get(f"/jobs/{job}", headers={"Prefer": "wait=55"})
    assert answer.status_code == 200
    return str(answer.json()["state"])


def stop_while_all_wait(service: Any, jobs: list[str], sig: signal.Signals) -> None:
    """Send the signal while two jobs run and twenty long-polls are open, and see that the end is orderly."""
    children = workers(service)
    connected = psutil.Process(service.process.pid).net_connections
    with httpx.Client(base_url=service.url, timeout=70) as client, ThreadPoolExecutor(20) as pool:
        polls = [pool.submit(poll, client, job) for job in jobs * 5]
        while sum(connection.status == psutil.CONN_ESTABLISHED for connection in connected()) < 20:
            time.sleep(0.05)
        time.sleep(0.5)  # from the connection to the wait: the service does not say who waits
        begun = time.monotonic()
        os.kill(service.process.pid, sig)
        assert service.process.wait(20) == 0
        assert time.monotonic() - begun < 10
        assert {found.result(10) for found in polls} <= {"running", "queued"}
    assert psutil.wait_procs(children, timeout=5)[1] == []
    service.close()
    assert [line for line in service.log if line.strip()] == []


def test_stops_are_clean_within_ten_seconds_and_do_not_count_as_deaths(starting: Starting) -> None:
    first = starting(max_attempts="1")
    jobs = [first.submit(**LONGER)["id"] for _ in range(2)] + [first.submit(**ENDLESS)["id"] for _ in range(2)]
    for job in jobs[:2]:
        first.until(job, running)
    stop_while_all_wait(first, jobs, signal.SIGTERM)

    second = starting(max_attempts="1")
    for job in jobs[:2]:
        second.until(job, lambda found: running(found) and found["attempt"] == 2)
    stop_while_all_wait(second, jobs, signal.SIGINT)

    third = starting(max_attempts="1")
    for job in jobs[:2]:
        found = third.rested(job)
        assert (found["state"], found["attempt"], found["error"]) == ("succeeded", 3, None)
    for job in jobs[2:]:
        third.client.post(f"/jobs/{job}/cancel")
        assert third.rested(job)["state"] == "cancelled"


def test_jobs_are_taken_in_before_the_workers_are_up(starting: Starting) -> None:
    service = starting(ready=False)
    phase = service.client.get("/readyz")
    assert (phase.status_code, service.client.get("/healthz").status_code) == (503, 200)
    assert phase.headers["Retry-After"]
    assert service.done()["state"] == "succeeded"
    assert service.client.get("/readyz").status_code == 200


def test_a_port_in_use_is_one_sentence(launching: Callable[..., subprocess.Popen[str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = launching("--port", port)
        said, _ = refused.communicate(timeout=30)
    assert refused.returncode == 1
    assert said.count("\n") == 1
    assert f"127.0.0.1:{port}" in said


@pytest.mark.parametrize(
    ("flags", "settings", "word"),
    [
        (["--workers", "0"], {}, "workers"),
        (["--port", "99999"], {}, "port"),
        ([], {"max_epochs": "many"}, "MAX_EPOCHS"),
        (["--data", "/dev/null/x"], {}, "/dev/null/x"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(
    launching: Callable[..., subprocess.Popen[str]], flags: list[str], settings: dict[str, str], word: str
) -> None:
    refused = launching(*flags, **settings)
    said, _ = refused.communicate(timeout=30)
    assert refused.returncode == 1
    assert said.count("\n") == 1
    assert word in said


def test_a_long_job_does_not_hold_up_the_short_ones(service: Any) -> None:
    long = service.submit(**ENDLESS)["id"]
    for job in [service.submit()["id"] for _ in range(8)]:
        assert service.rested(job)["state"] == "succeeded"
    service.client.post(f"/jobs/{long}/cancel")


def test_a_second_service_on_the_folder_is_refused(
    service: Any, launching: Callable[..., subprocess.Popen[str]]
) -> None:
    refused = launching("--data", str(service.folder))
    said, _ = refused.communicate(timeout=30)
    assert refused.returncode == 1
    assert said.count("\n") == 1
    assert "in use by another Backproof service" in said
    assert str(service.folder) in said
    assert service.client.get("/healthz").status_code == 200
