"""POST /jobs/{id}/cancel."""

from typing import Any


def test_a_running_job_is_told_and_keeps_what_it_learnt(service: Any) -> None:
    job = service.submit(epochs=10_000_000)["id"]
    service.until(job, lambda found: found["progress"]["epoch"] > 0)
    answer = service.client.post(f"/jobs/{job}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    found = service.rested(job)
    assert (found["state"], found["result"], found["error"]) == ("cancelled", None, None)
    assert found["finished_at"] is not None
    assert found["progress"]["fraction"] > 0
    assert found["progress"]["eta_seconds"] is None
    weights = service.client.get(f"/jobs/{job}/weights").json()
    assert weights["epoch"] == found["progress"]["epoch"] > 0
    rows = service.client.get(f"/jobs/{job}/metrics", params={"max_points": 3}).json()["rows"]
    assert rows[-1][0] == found["progress"]["epoch"]
    again = service.client.post(f"/jobs/{job}/cancel")
    assert (again.status_code, again.json()["state"]) == (200, "cancelled")
    assert "cancel" not in again.json()["links"]


def test_a_queued_job_is_cancelled_at_once(service: Any) -> None:
    blockers = [service.submit(epochs=10_000_000)["id"] for _ in range(2)]
    job = service.submit()["id"]
    answer = service.client.post(f"/jobs/{job}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.json()["attempt"] == 0
    for blocker in blockers:
        service.client.post(f"/jobs/{blocker}/cancel")
        assert service.rested(blocker)["state"] == "cancelled"
    assert service.job(job)["attempt"] == 0


def test_a_finished_job_cannot_be_cancelled(service: Any) -> None:
    job = service.done()
    answer = service.client.post(f"/jobs/{job['id']}/cancel")
    assert answer.status_code == 409
    assert answer.json()["state"] == "succeeded"
    assert "succeeded" in answer.json()["detail"]
    assert service.job(job["id"]) == job


def test_a_job_that_is_not_there_is_a_404(service: Any) -> None:
    assert service.client.post("/jobs/job_nope/cancel").status_code == 404
