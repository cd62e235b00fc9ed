"""A crowd: many jobs at once all succeed. Speed is measured in benchmarks/load.py."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx


def test_a_hundred_jobs_submitted_at_once_all_succeed(service: Any, xor: dict[str, Any]) -> None:
    limits = httpx.Limits(max_connections=50)
    with httpx.Client(base_url=service.url, timeout=60, limits=limits) as client:

        def submit(seed: int) -> str:
            body = xor | {"network": xor["network"] | {"seed": seed % 10}, "labels": {"suite": "load"}}
            answer = client.post("/train", json=body)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["id"])

        def rest(job: str) -> dict[str, Any]:
            return dict(service.rested(job))

        with ThreadPoolExecutor(50) as pool:
            jobs = list(pool.map(submit, range(100)))
            health = client.get("/healthz")
            found = list(pool.map(rest, jobs))
    assert health.status_code == 200
    assert len(set(jobs)) == 100
    assert {(job["state"], job["attempt"]) for job in found} == {("succeeded", 1)}
    by_seed: dict[int, set[str]] = {}
    for job in found:
        by_seed.setdefault(job["config"]["network"]["seed"], set()).add(job["result"]["weights_sha256"])
    assert [len(hashes) for hashes in by_seed.values()] == [1] * 10
