"""GET /jobs/{id}/metrics and GET /jobs/{id}/gradients."""

import csv
import io
from typing import Any

import pytest

COLUMNS = ["epoch", "step", "loss", "validation_loss", "accuracy", "validation_accuracy", "learning_rate"]


@pytest.fixture(scope="module")
def bumpy(service: Any) -> dict[str, Any]:
    """A run whose best epoch is neither the first nor the last."""
    job: dict[str, Any] = service.done(
        network={"sizes": [2, 3, 1], "activation": ["tanh", "sigmoid"], "seed": 2},
        loss="binary_cross_entropy",
        optimizer={"type": "momentum", "learning_rate": 6.0, "schedule": {"type": "step", "every": 7, "factor": 0.9}},
        batch_size=1,
        epochs=30,
        validation={"data": {"x": [[0, 0.5], [1, 0.5]], "y": [[0], [1]]}},
    )
    return job


def test_the_curve_has_a_row_for_each_epoch(service: Any, bumpy: dict[str, Any]) -> None:
    found = service.client.get(f"/jobs/{bumpy['id']}/metrics").json()
    assert (found["object"], found["columns"]) == ("metrics", COLUMNS)
    rows = found["rows"]
    assert [row[0] for row in rows] == list(range(1, 31))
    assert [row[1] for row in rows] == list(range(4, 121, 4))
    assert all(isinstance(cell, int) for row in rows for cell in row[:2])
    assert rows[0][6] == 6.0
    assert rows[7][6] == pytest.approx(5.4)
    last = dict(zip(COLUMNS, rows[-1], strict=True))
    assert bumpy["metrics"] == {key: last[key] for key in bumpy["metrics"]}
    best = min(rows, key=lambda row: row[3])
    assert bumpy["result"]["best_epoch"] == best[0] not in (1, 30)


@pytest.mark.parametrize("most", [3, 5, 12])
def test_fewer_points_keep_the_first_the_last_and_the_best(service: Any, bumpy: dict[str, Any], most: int) -> None:
    rows = service.client.get(f"/jobs/{bumpy['id']}/metrics", params={"max_points": most}).json()["rows"]
    kept = [row[0] for row in rows]
    assert len(kept) <= most
    assert kept == sorted(set(kept))
    assert {1, bumpy["result"]["best_epoch"], 30} <= set(kept)


def test_csv_says_the_same_numbers(service: Any, bumpy: dict[str, Any]) -> None:
    url = f"/jobs/{bumpy['id']}/metrics"
    answer = service.client.get(url, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    header, *rows = csv.reader(io.StringIO(answer.text))
    wanted = service.client.get(url).json()["rows"]
    assert header == COLUMNS
    assert [[float(cell) if cell else None for cell in row] for row in rows] == wanted


def test_a_column_that_was_not_measured_is_null(service: Any) -> None:
    job = service.done()
    rows = service.client.get(f"/jobs/{job['id']}/metrics").json()["rows"]
    assert len(rows) == 200
    assert {tuple(row[3:6]) for row in rows} == {(None, None, None)}


def test_the_curve_grows_while_the_job_runs(service: Any) -> None:
    job = service.submit(epochs=10_000_000)["id"]
    service.until(job, lambda found: found["progress"]["epoch"] > 0)
    first = service.client.get(f"/jobs/{job}/metrics", params={"max_points": 3}).json()["rows"][-1][0]
    service.until(job, lambda found: found["progress"]["epoch"] > first)
    later = service.client.get(f"/jobs/{job}/metrics", params={"max_points": 3}).json()["rows"][-1][0]
    assert later > first > 0
    progress = service.job(job)["progress"]
    assert 0 < progress["fraction"] < 1
    assert progress["eta_seconds"] > 0
    service.client.post(f"/jobs/{job}/cancel")


def test_a_queued_job_has_an_empty_curve(service: Any) -> None:
    blockers = [service.submit(epochs=10_000_000)["id"] for _ in range(2)]
    job = service.submit()["id"]
    assert service.client.get(f"/jobs/{job}/metrics").json()["rows"] == []
    for blocker in blockers:
        service.client.post(f"/jobs/{blocker}/cancel")


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [("max_points=2", "*/*", 422), ("max_points=x", "*/*", 422), ("", "image/png", 406), ("points=5", "*/*", 422)],
)
def test_what_is_not_offered_is_refused(
    service: Any, bumpy: dict[str, Any], query: str, accept: str, status: int
) -> None:
    answer = service.client.get(f"/jobs/{bumpy['id']}/metrics?{query}", headers={"Accept": accept})
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_twins_are_compared_along_the_run(service: Any) -> None:
    job = service.done(form="both", epochs=50)
    found = service.client.get(f"/jobs/{job['id']}/gradients").json()
    assert (found["object"], found["next"]) == ("list", None)
    assert [entry["epoch"] for entry in found["data"]] == list(range(1, 51))
    assert all(entry["agree"] is True for entry in found["data"])
    assert all(0 <= entry["max_rel"] < 1e-9 for entry in found["data"])
    assert set(found["data"][0]) == {"epoch", "max_abs", "max_rel", "agree"}
    assert "gradients" in job["links"]


def test_one_form_has_nothing_to_compare(service: Any) -> None:
    job = service.done()
    answer = service.client.get(f"/jobs/{job['id']}/gradients")
    assert answer.status_code == 409
    assert '"both"' in answer.json()["detail"]
    assert "gradients" not in job["links"]
