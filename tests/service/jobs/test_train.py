"""POST /train: what it accepts, what it refuses and how, and that what it trains is right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "gradients.json").read_text())["training"]


def worst(found: list[dict[str, Any]], wanted: list[Any]) -> float:
    """The largest difference, relative to its block's largest entry."""
    pairs = [(np.array(layer["weights"]), np.array(block)) for layer, block in zip(found, wanted, strict=True)]
    return max(float(abs(a - b).max() / abs(b).max()) for a, b in pairs)


@pytest.mark.parametrize("form", ["matched", "vectorized", "both"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_reference_runs_end_at_the_reference_weights(service: Any, vector: dict[str, Any], form: str) -> None:
    layers = [{"weights": block, "activation": vector["activation"]} for block in vector["initial"]]
    job = service.done(
        network={"layers": layers},
        loss=vector["loss"],
        optimizer={"type": "sgd", "learning_rate": vector["learning_rate"]},
        data={"x": vector["x"], "y": vector["y"]},
        epochs=vector["epochs"],
        form=form,
    )
    assert job["result"]["final_loss"] == pytest.approx(vector["final_loss"], rel=1e-8)
    for twin in ["matched", "vectorized"] if form == "both" else [form]:
        found = service.client.get(f"/jobs/{job['id']}/weights", params={"form": twin}).json()
        assert found["epoch"] == vector["epochs"]
        assert worst(found["layers"], vector["final"]) < 1e-8
    if form == "both":
        assert job["result"]["twin_distance"] < 1e-9


def test_a_job_is_accepted_and_told_where_to_find(service: Any, xor: dict[str, Any]) -> None:
    answer = service.client.post("/train", json=xor)
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/jobs/{job['id']}" == job["links"]["self"]
    assert job["id"].startswith("job_")
    assert (job["object"], job["kind"], job["state"], job["attempt"]) == ("job", "train", "queued", 0)
    assert job["progress"] == {
        "epoch": 0,
        "epochs": 200,
        "step": 0,
        "steps": 200,
        "fraction": 0.0,
        "eta_seconds": None,
    }
    assert job["metrics"] == {"loss": None, "accuracy": None}
    assert [job[key] for key in ("started_at", "finished_at", "result", "error", "environment")] == [None] * 5


def test_a_finished_job_says_all_it_found(service: Any) -> None:
    job = service.done(labels={"exp": "a"}, form="both")
    assert (job["state"], job["attempt"], job["labels"]) == ("succeeded", 1, {"exp": "a"})
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert job["created_at"].endswith("Z")
    assert job["progress"]["fraction"] == 1.0
    assert job["progress"]["epoch"] == job["progress"]["step"] == 200
    assert job["metrics"]["loss"] > 0
    assert set(job["result"]) == {"final_loss", "weights_sha256", "twin_distance", "best_epoch", "stopped_early"}
    assert len(job["result"]["weights_sha256"]) == 64
    assert job["result"]["stopped_early"] is False
    assert job["progress"]["eta_seconds"] == 0
    assert job["environment"]["threads"] == 1
    assert job["environment"]["numpy"] == np.__version__
    assert set(job["environment"]) == {"numpy", "blas", "blas_core", "threads"}
    assert job["error"] is None
    for link in job["links"].values():
        answer = service.client.get(link)
        assert answer.status_code in (200, 405), link


def test_the_config_has_its_defaults_resolved(service: Any, xor: dict[str, Any]) -> None:
    config = service.submit()["config"]
    assert config["batch_size"] is None
    assert (config["seed"], config["form"], config["route"], config["dtype"]) == (0, "matched", "dense", "float64")
    assert config["optimizer"] == {
        "type": "sgd",
        "learning_rate": 1.0,
        "weight_decay": 0.0,
        "schedule": {"type": "constant"},
    }
    assert config["data"] == xor["data"]
    again = service.client.post("/train", json=config)
    assert again.status_code == 202
    assert again.json()["config"] == config


def test_prefer_wait_answers_with_the_finished_job(service: Any, xor: dict[str, Any]) -> None:
    answer = service.client.post("/train", json=xor, headers={"Prefer": "wait=30"})
    assert answer.status_code == 200
    assert answer.json()["state"] == "succeeded"
    assert answer.headers["Preference-Applied"] == "wait=30"
    assert answer.headers["Location"] == f"/jobs/{answer.json()['id']}"


def test_a_wait_that_is_too_short_answers_with_the_job_as_it_is(service: Any, xor: dict[str, Any]) -> None:
    answer = service.client.post("/train", json=xor | {"epochs": 10_000_000}, headers={"Prefer": "wait=0.3"})
    assert answer.status_code == 202
    assert answer.json()["state"] in ("queued", "running")
    service.client.post(f"/jobs/{answer.json()['id']}/cancel")


def test_large_arrays_leave_the_config_and_train_all_the_same(service: Any) -> None:
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(900, 5)), rng.random(size=(900, 1))
    weights = rng.normal(size=(5, 1))
    data = {"x": X.tolist(), "y": y.tolist()}
    network = {"layers": [{"weights": weights.tolist(), "bias": [0.5], "activation": "sigmoid"}]}
    job = service.done(network=network, data=data, loss="mse", epochs=3, validation={"data": data})
    gone = job["config"]["data"]["x"]
    assert (gone["rows"], gone["columns"], len(gone["omitted"])) == (900, 5, 64)
    assert job["config"]["data"]["y"] == y.tolist()
    from backproof_core import Layer, Network
    from backproof_core.train import fit

    net = Network.make([Layer.make(weights, np.array([0.5]), "sigmoid")])
    assert job["result"]["final_loss"] == fit(net, X, y, loss="mse", epochs=3, rate=1.0).final_loss


def test_data_sets_are_trained_on_by_rows_and_kept_while_in_use(service: Any, xor: dict[str, Any]) -> None:
    x, y = xor["data"]["x"] * 2, xor["data"]["y"] * 2
    stored = service.client.post("/datasets", json={"x": x, "y": y}).json()
    direct = service.done()
    part = service.done(data={"dataset": stored["id"], "rows": [4, 8]})
    assert part["result"] == direct["result"]
    running = service.submit(data={"dataset": stored["id"]}, epochs=10_000_000)["id"]
    refused = service.client.delete(f"/datasets/{stored['id']}")
    assert refused.status_code == 409
    service.client.post(f"/jobs/{running}/cancel")
    service.rested(running)
    assert service.client.delete(f"/datasets/{stored['id']}").status_code == 204
    gone = service.client.post("/train", json=xor | {"data": {"dataset": stored["id"]}})
    assert gone.status_code == 422
    assert gone.json()["errors"][0]["pointer"] == "#/data/dataset"


def test_validation_share_best_and_early_stopping(service: Any) -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 3))
    labels = (X[:, 0] > 0).astype(int).tolist()
    job = service.done(
        network={"sizes": [3, 4, 2], "activation": ["tanh", "softmax"]},
        data={"x": X.tolist(), "labels": labels},
        loss="cross_entropy",
        optimizer={"type": "adam", "learning_rate": 0.3},
        batch_size=8,
        epochs=400,
        validation={"share": 0.25},
        early_stopping={"patience": 5},
    )
    assert job["progress"]["steps"] == 400 * 6
    assert job["progress"]["epoch"] == job["result"]["best_epoch"] + 5 < 400
    assert job["progress"]["fraction"] == 1.0
    assert job["result"]["stopped_early"] is True
    assert job["metrics"]["validation_accuracy"] > 0.5
    best = service.client.get(f"/jobs/{job['id']}/weights", params={"at": "best"}).json()
    assert best["epoch"] == job["result"]["best_epoch"]


def test_float32_trains_in_float32(service: Any) -> None:
    job = service.done(dtype="float32")
    layers = service.client.get(f"/jobs/{job['id']}/weights").json()["layers"]
    W = np.array(layers[0]["weights"])
    assert np.array_equal(W, W.astype(np.float32).astype(np.float64))


def test_the_same_seeds_give_the_same_bits_and_others_do_not(service: Any) -> None:
    data = {"x": np.eye(6).tolist(), "labels": [0, 1, 2, 0, 1, 2]}
    network = {"sizes": [6, 5, 3], "activation": ["tanh", "softmax"], "seed": 3}
    plan = {"data": data, "network": network, "loss": "cross_entropy", "batch_size": 2, "epochs": 20}
    jobs = [service.submit(**plan, seed=seed)["id"] for seed in (1, 1, 2)]
    first, again, other = (service.rested(job)["result"]["weights_sha256"] for job in jobs)
    assert first == again != other


def test_a_loss_that_runs_away_fails_the_job_with_epoch_and_hint(service: Any) -> None:
    job = service.submit(
        network={"sizes": [2, 1], "activation": "identity"},
        data={"x": [[100, 200], [300, -400]], "y": [[1], [2]]},
        epochs=2000,
    )
    failed = service.rested(job["id"])
    assert (failed["state"], failed["result"]) == ("failed", None)
    error = failed["error"]
    assert error["code"] == "non_finite_loss"
    assert 1 < error["epoch"] < 2000
    assert "learning rate" in error["hint"]
    assert str(error["epoch"]) in error["detail"]
    rows = service.client.get(f"/jobs/{job['id']}/metrics").json()["rows"]
    assert rows[-1][0] == error["epoch"] - 1
    assert service.client.get(f"/jobs/{job['id']}/weights", params={"at": "best"}).status_code == 200


BAD = {
    "rows of y": ({"data": {"x": [[0, 0], [1, 1]], "y": [[0]]}}, "#/data/y"),
    "width of x": ({"data": {"x": [[0], [1]], "y": [[0], [1]]}}, "#/data/x"),
    "width of y": ({"data": {"x": [[0, 0]], "y": [[0, 1]]}}, "#/data/y"),
    "pair": ({"loss": "cross_entropy", "network": {"sizes": [2, 1], "activation": "tanh"}}, None),
    "targets": ({"loss": "binary_cross_entropy", "data": {"x": [[0, 0]], "y": [[2]]}}, "#/data/y"),
    "optimizer": ({"optimizer": {"type": "sgd", "learning_rate": 1, "momentum": 0.9}}, "#/optimizer"),
    "rate": ({"optimizer": {"type": "sgd", "learning_rate": -1}}, "#/optimizer/learning_rate"),
    "epochs": ({"epochs": 10_000_001}, "#/epochs"),
    "layers": ({"network": {"sizes": [2] * 70, "activation": "tanh"}}, "#/network/sizes"),
    "labels": ({"data": {"x": [[0, 0]], "labels": [5]}}, "#/data/labels"),
    "validation": ({"validation": {"data": {"x": [[0, 0, 0]], "y": [[0]]}}}, "#/validation/data/x"),
    "validation set": ({"validation": {"data": {"dataset": "sha256:" + "0" * 64}}}, "#/validation/data/dataset"),
    "unknown field": ({"momentum": 1}, "#/momentum"),
    "share": ({"validation": {"share": 1.5}}, "#/validation/share"),
    "batch": ({"batch_size": 0}, "#/batch_size"),
}


@pytest.mark.parametrize(("change", "pointer"), BAD.values(), ids=BAD)
def test_what_cannot_be_trained_is_refused_at_once(
    service: Any, xor: dict[str, Any], change: dict[str, Any], pointer: str | None
) -> None:
    before = len(service.client.get("/jobs", params={"limit": 500}).json()["data"])
    answer = service.client.post("/train", json=xor | change)
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert len(problem["detail"]) > 20
    if pointer is not None:
        assert problem["errors"][0]["pointer"].startswith(pointer)
    assert len(service.client.get("/jobs", params={"limit": 500}).json()["data"]) == before


def test_a_form_that_cannot_fit_names_those_that_do(service: Any) -> None:
    x = np.zeros((400, 60)).tolist()
    body = {
        "network": {"sizes": [60, 50, 20], "activation": "tanh"},
        "loss": "half_sse",
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "data": {"x": x, "y": np.zeros((400, 20)).tolist()},
        "epochs": 1,
        "form": "vectorized",
    }
    refused = service.client.post("/train", json=body)
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["code"] == "too_large_for_form"
    assert problem["errors"][0]["pointer"] == "#/route"
    assert problem["predicted_bytes"] > problem["budget_bytes"] == 2 << 30
    assert any("row" in words for words in problem["fits"])
    assert service.client.post("/train", json=body | {"route": "row"}).status_code == 202


@pytest.mark.parametrize("route", ["dense", "row", "jacobian"])
def test_twins_are_trained_by_every_route(service: Any, route: str) -> None:
    job = service.done(form="both", route=route)
    assert job["config"]["route"] == route
    assert job["result"]["twin_distance"] <= 1e-9


def test_auto_is_decided_when_the_job_is_submitted(service: Any) -> None:
    assert service.done(form="vectorized", route="auto")["result"]["twin_distance"] is None


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"{", "application/json", 400), (b"{}", "text/plain", 415), (b"[" * 100_000, "application/json", 400)],
    ids=["malformed", "type", "nested"],
)
def test_what_is_no_request_is_a_problem(service: Any, body: bytes, kind: str, status: int) -> None:
    answer = service.client.post("/train", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
