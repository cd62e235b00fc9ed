"""GET /jobs, GET /jobs/{id} with long-poll, DELETE, and jobs of kind gradients."""

import threading
import time
from typing import Any

import httpx
import pytest


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()["data"]]


def test_lists_are_newest_first_and_paged_to_the_end(service: Any) -> None:
    made = [service.submit(labels={"suite": "paging"})["id"] for _ in range(5)]
    found, after, pages = [], None, 0
    while True:
        query = {"limit": 2, "label.suite": "paging"} | ({} if after is None else {"after": after})
        page = service.client.get("/jobs", params=query).json()
        assert page["object"] == "list"
        found += [job["id"] for job in page["data"]]
        after, pages = page["next"], pages + 1
        if after is None:
            break
    assert found == made[::-1]
    assert pages == 3


def test_lists_are_filtered_by_state_kind_and_label(service: Any) -> None:
    a = service.done(labels={"suite": "filters", "exp": "a"})["id"]
    b = service.done(labels={"suite": "filters", "exp": "b/ö &="})["id"]
    get = service.client.get
    assert ids(get("/jobs", params={"label.suite": "filters"})) == [b, a]
    assert ids(get("/jobs", params={"label.suite": "filters", "label.exp": "b/ö &="})) == [b]
    assert ids(get("/jobs", params={"label.suite": "filters", "state": "succeeded", "kind": "train"})) == [b, a]
    assert ids(get("/jobs", params={"label.suite": "filters", "state": ["failed", "queued"]})) == []
    assert ids(get("/jobs", params={"label.suite": "filters", "kind": "gradients"})) == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "after=job_x", "state=asleep", "kind=nap", "sate=running"],
)
def test_a_list_that_cannot_be_is_refused(service: Any, query: str) -> None:
    answer = service.client.get(f"/jobs?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_both_prefixes_have_the_same_jobs(service: Any) -> None:
    job = service.done()
    assert service.client.get(f"/v1/jobs/{job['id']}").json() == job


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_job_that_is_not_there_is_a_404(service: Any, method: str) -> None:
    answer = service.client.request(method, "/jobs/job_nope")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# Long-polls


def test_a_long_poll_returns_as_soon_as_the_job_rests(service: Any) -> None:
    job = service.submit(epochs=10_000_000)["id"]
    service.until(job, lambda found: found["state"] == "running")
    found: list[httpx.Response] = []
    waiting = threading.Thread(
        target=lambda: found.append(httpx.get(f"{service.url}/jobs/{job}", headers={"Prefer": "wait=50"}, timeout=60))
    )
    begun = time.monotonic()
    waiting.start()
    service.client.post(f"/jobs/{job}/cancel")
    waiting.join(40)
    assert found[0].json()["state"] == "cancelled"
    assert found[0].headers["Preference-Applied"] == "wait=50"
    assert time.monotonic() - begun < 40


def test_an_expired_wait_returns_the_job_as_it_is(service: Any) -> None:
    job = service.submit(epochs=10_000_000)["id"]
    begun = time.monotonic()
    answer = service.client.get(f"/jobs/{job}", headers={"Prefer": "wait=0.5"})
    assert time.monotonic() - begun >= 0.5
    assert answer.status_code == 200
    assert answer.json()["state"] in ("queued", "running")
    service.client.post(f"/jobs/{job}/cancel")


def test_a_finished_job_is_not_waited_for(service: Any) -> None:
    job = service.done()["id"]
    begun = time.monotonic()
    service.client.get(f"/jobs/{job}", headers={"Prefer": "wait=50"})
    assert time.monotonic() - begun < 20


def test_a_job_deleted_while_it_is_waited_for_is_a_404(service: Any) -> None:
    blockers = [service.submit(epochs=10_000_000)["id"] for _ in range(6)]
    job = blockers[-1]
    found: list[int] = []
    waiting = threading.Thread(
        target=lambda: found.append(
            httpx.get(f"{service.url}/jobs/{job}", headers={"Prefer": "wait=30"}, timeout=60).status_code
        )
    )
    waiting.start()
    time.sleep(0.2)
    assert service.client.delete(f"/jobs/{job}").status_code == 204
    waiting.join(40)
    assert found == [404]
    for blocker in blockers[:-1]:
        service.client.post(f"/jobs/{blocker}/cancel")


# DELETE


def test_a_deleted_job_is_gone_with_its_blobs(service: Any) -> None:
    job = service.done(network={"sizes": [2, 3, 1], "activation": "tanh", "seed": 991})["id"]
    blobs = service.folder / "blobs"
    held = service.client.get(f"/jobs/{job}/weights")
    assert held.status_code == 200
    before = {path.name for path in blobs.iterdir()}
    assert service.client.delete(f"/jobs/{job}").status_code == 204
    assert len(before - {path.name for path in blobs.iterdir()}) >= 1
    assert service.client.get(f"/jobs/{job}").status_code == 404
    assert service.client.get(f"/jobs/{job}/weights").status_code == 404
    assert service.client.delete(f"/jobs/{job}").status_code == 404


def test_a_running_job_is_not_deleted(service: Any) -> None:
    job = service.submit(epochs=10_000_000)["id"]
    service.until(job, lambda found: found["state"] == "running")
    answer = service.client.delete(f"/jobs/{job}")
    assert answer.status_code == 409
    assert answer.json()["state"] == "running"
    assert "running" in answer.json()["detail"]
    service.client.post(f"/jobs/{job}/cancel")
    service.rested(job)
    assert service.client.delete(f"/jobs/{job}").status_code == 204


def test_a_queued_job_that_is_deleted_never_runs(service: Any) -> None:
    blockers = [service.submit(epochs=10_000_000)["id"] for _ in range(2)]
    job = service.submit()["id"]
    assert service.client.delete(f"/jobs/{job}").status_code == 204
    for blocker in blockers:
        service.client.post(f"/jobs/{blocker}/cancel")
        assert service.rested(blocker)["state"] == "cancelled"
    assert service.client.get(f"/jobs/{job}").status_code == 404


# Kind gradients


def test_gradients_on_request_become_a_job_with_the_answer_as_result(service: Any, xor: dict[str, Any]) -> None:
    body = {"network": xor["network"], "loss": xor["loss"], "data": xor["data"]}
    direct = service.client.post("/gradients", json=body).json()
    accepted = service.client.post("/gradients", json=body, headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202, accepted.text
    job = service.rested(accepted.json()["id"])
    assert (job["kind"], job["state"], job["progress"], job["metrics"]) == ("gradients", "succeeded", None, None)
    for form in ("matched", "vectorized"):
        assert job["result"]["forms"][form]["gradients"] == direct["forms"][form]["gradients"]
    assert job["result"]["object"] == "gradients"
    assert job["result"]["agree"] is True
    for what in ("weights", "metrics", "gradients"):
        answer = service.client.get(f"/jobs/{job['id']}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_training")
    assert ids(service.client.get("/jobs", params={"kind": "gradients"})) == [job["id"]]
