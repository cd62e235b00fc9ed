"""GET /jobs/{id}/weights in its forms and at its times, and POST /jobs/{id}/predict."""

import hashlib
import io
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def trained(service: Any) -> dict[str, Any]:
    network = {"sizes": [2, 3, 1], "activation": ["tanh", "sigmoid"], "seed": 4}
    job: dict[str, Any] = service.done(network=network, form="both")
    return job


def weights(service: Any, job: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = service.client.get(f"/jobs/{job['id']}/weights", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def forward(layers: list[dict[str, Any]], X: Any) -> Any:
    A = np.array(X, dtype=float)
    functions = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    for layer in layers:
        A = functions[layer["activation"]](A @ np.array(layer["weights"]) + np.array(layer["bias"]))
    return A


def test_the_hash_is_that_of_the_bytes_of_the_latest_weights(service: Any, trained: dict[str, Any]) -> None:
    found = weights(service, trained)
    assert (found["job"], found["at"], found["epoch"]) == (trained["id"], "latest", 200)
    digest = hashlib.sha256()
    for layer in found["layers"]:
        digest.update(np.array(layer["weights"], dtype="<f8").tobytes())
        digest.update(np.array(layer["bias"], dtype="<f8").tobytes())
    assert trained["result"]["weights_sha256"] == digest.hexdigest()


def test_epoch_zero_is_what_the_seed_draws(service: Any, trained: dict[str, Any]) -> None:
    found = weights(service, trained, at="0")
    rng = np.random.Generator(np.random.PCG64(4))
    for layer, (rows, columns) in zip(found["layers"], [(2, 3), (3, 1)], strict=True):
        a = np.sqrt(6 / (rows + columns))
        assert np.allclose(layer["weights"], rng.uniform(-a, a, (rows, columns)), rtol=1e-15)
        assert set(layer["bias"]) == {0.0}
    assert found["epoch"] == 0


def test_latest_best_and_the_last_epoch_are_there_and_others_are_not(service: Any, trained: dict[str, Any]) -> None:
    latest, best, last = (weights(service, trained, at=at) for at in ("latest", "best", "200"))
    assert latest["layers"] == last["layers"]
    assert best["epoch"] == trained["result"]["best_epoch"]
    answer = service.client.get(f"/jobs/{trained['id']}/weights", params={"at": "57"})
    assert answer.status_code == 404
    assert "200 (latest)" in answer.json()["detail"]


@pytest.mark.parametrize("at", ["newest", "-1", "1.5", "", "²", "0200", "00"])
def test_a_time_that_is_none_is_refused(service: Any, trained: dict[str, Any], at: str) -> None:
    answer = service.client.get(f"/jobs/{trained['id']}/weights", params={"at": at})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "at"


def test_each_twin_has_its_weights(service: Any, trained: dict[str, Any]) -> None:
    matched, other = (weights(service, trained, form=form)["layers"] for form in ("matched", "vectorized"))
    assert matched == weights(service, trained)["layers"]
    for a, b in zip(matched, other, strict=True):
        assert np.allclose(a["weights"], b["weights"], rtol=1e-9)


def test_a_form_that_did_not_train_has_none(service: Any) -> None:
    job = service.done(form="vectorized")
    assert weights(service, job)["layers"] == weights(service, job, form="vectorized")["layers"]
    answer = service.client.get(f"/jobs/{job['id']}/weights", params={"form": "matched"})
    assert answer.status_code == 404
    assert service.client.get(f"/jobs/{job['id']}/weights", params={"form": "third"}).status_code == 422


def test_npz_holds_the_same_bits(service: Any, trained: dict[str, Any]) -> None:
    url = f"/jobs/{trained['id']}/weights"
    answer = service.client.get(url, headers={"Accept": "application/x-npz, application/json;q=0.5"})
    assert answer.headers["Content-Type"] == "application/x-npz"
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as found:
        assert sorted(found) == ["layers.0.bias", "layers.0.weights", "layers.1.bias", "layers.1.weights"]
        layers = weights(service, trained)["layers"]
        for i, layer in enumerate(layers):
            assert found[f"layers.{i}.weights"].tolist() == layer["weights"]
            assert found[f"layers.{i}.bias"].tolist() == layer["bias"]


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0, text/html"])
def test_other_types_are_not_offered(service: Any, trained: dict[str, Any], accept: str) -> None:
    answer = service.client.get(f"/jobs/{trained['id']}/weights", headers={"Accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
    assert "application/x-npz" in answer.json()["detail"]


def test_a_network_without_biases_says_null_and_leaves_them_out_of_npz(service: Any) -> None:
    job = service.done()
    assert [layer["bias"] for layer in weights(service, job)["layers"]] == [None, None]
    answer = service.client.get(f"/jobs/{job['id']}/weights", headers={"Accept": "application/x-npz"})
    with np.load(io.BytesIO(answer.content)) as found:
        assert sorted(found) == ["layers.0.weights", "layers.1.weights"]


def test_before_the_first_saving_only_the_initial_weights_are_there(service: Any) -> None:
    blockers = [service.submit(epochs=10_000_000)["id"] for _ in range(2)]
    job = service.submit()
    assert weights(service, job, at="0")["epoch"] == 0
    for at in ("latest", "best", "7"):
        answer = service.client.get(f"/jobs/{job['id']}/weights", params={"at": at})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_weights_yet")
        assert answer.json()["state"] == "queued"
    for blocker in blockers:
        service.client.post(f"/jobs/{blocker}/cancel")


def test_a_running_job_shows_the_weights_it_last_saved(service: Any) -> None:
    job = service.submit(epochs=10_000_000)
    url = f"/jobs/{job['id']}/weights"
    service.until(job["id"], lambda _: service.client.get(url).status_code == 200)
    first = weights(service, job)["epoch"]
    assert first > 0
    service.until(job["id"], lambda _: weights(service, job)["epoch"] > first)
    service.client.post(f"/jobs/{job['id']}/cancel")


# Predictions


def test_predictions_are_those_of_the_weights(service: Any, trained: dict[str, Any], xor: dict[str, Any]) -> None:
    for at in ("latest", "best", "0"):
        answer = service.client.post(f"/jobs/{trained['id']}/predict", json={"x": xor["data"]["x"], "at": at})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["object"], found["at"]) == ("predictions", at)
        wanted = forward(weights(service, trained, at=at)["layers"], xor["data"]["x"])
        assert np.allclose(found["outputs"], wanted, rtol=1e-13)


def test_the_initial_weights_are_named_by_a_number_or_a_string(service: Any, trained: dict[str, Any]) -> None:
    ask = [
        service.client.post(f"/jobs/{trained['id']}/predict", json={"x": [[1, 0]], "at": at}) for at in (0, "0", 0.0)
    ]
    assert [answer.status_code for answer in ask] == [200, 200, 200]
    assert ask[0].json() == ask[1].json() == ask[2].json()
    assert ask[0].json()["at"] == "0"


def test_predictions_for_a_data_set_and_some_of_its_rows(
    service: Any, trained: dict[str, Any], xor: dict[str, Any]
) -> None:
    dataset = service.client.post("/datasets", json=xor["data"]).json()["id"]
    predict = f"/jobs/{trained['id']}/predict"
    all_rows = service.client.post(predict, json={"dataset": dataset}).json()["outputs"]
    assert all_rows == service.client.post(predict, json={"x": xor["data"]["x"]}).json()["outputs"]
    some = service.client.post(predict, json={"dataset": dataset, "rows": [1, 3]}).json()["outputs"]
    assert some == all_rows[1:3]
    beyond = service.client.post(predict, json={"dataset": dataset, "rows": [1, 5]})
    assert (beyond.status_code, beyond.json()["errors"][0]["pointer"]) == (422, "#/rows")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"x": [[1, 2, 3]]}, "#/x"),
        ({"x": [[1, None]]}, "#/x"),
        ({}, "#"),
        ({"x": [[1, 2]], "dataset": "sha256:" + "0" * 64}, "#"),
        ({"dataset": "sha256:" + "0" * 64}, "#/dataset"),
        ({"x": [[1, 2]], "at": "7"}, "#/at"),
        ({"x": [[1, 2]], "at": 7}, "#/at"),
        ({"x": [[1, 2]], "at": False}, "#/at"),
        ({"x": [[1, 2]], "rows": [0, 1]}, "#/rows"),
    ],
)
def test_predictions_that_cannot_be_are_refused(
    service: Any, trained: dict[str, Any], body: dict[str, Any], pointer: str
) -> None:
    answer = service.client.post(f"/jobs/{trained['id']}/predict", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
