"""Requests as values: what each says on the wire."""

import json
from typing import Any

import pytest

from backproof import Dataset, Init, Network, calls
from backproof.call import ALWAYS, UNSENT, Call

from .conftest import NET, SGD, XOR

PAIR = (XOR["x"], XOR["y"])
DATA = Dataset("sha256:ab", 4, 2)
LAYOUT = {"weights": "out_in", "samples": "columns"}


@pytest.mark.parametrize(
    ("call", "line", "params"),
    [
        (calls.job("job_1"), "GET /jobs/job_1", {}),
        (calls.job("a/../b?c"), "GET /jobs/a%2F..%2Fb%3Fc", {}),
        (calls.cancel("job_1"), "POST /jobs/job_1/cancel", {}),
        (calls.delete_job("job_1"), "DELETE /jobs/job_1", {}),
        (calls.weights("job_1"), "GET /jobs/job_1/weights", {"at": "latest"}),
        (calls.weights("job_1", 0, "vectorized"), "GET /jobs/job_1/weights", {"at": "0", "form": "vectorized"}),
        (calls.weights_npz("job_1", "best", "matched"), "GET /jobs/job_1/weights", {"at": "best", "form": "matched"}),
        (calls.weights_ocaml("job_1", 0), "GET /jobs/job_1/weights", {"at": "0"}),
        (calls.metrics("job_1", max_points=9), "GET /jobs/job_1/metrics", {"max_points": 9}),
        (calls.job_gradients("job_1"), "GET /jobs/job_1/gradients", {}),
        (calls.jobs(state="failed", kind="train", labels={"exp": "a"}, limit=3), "GET /jobs",
         {"state": "failed", "kind": "train", "label.exp": "a", "limit": 3}),
        (calls.datasets(), "GET /datasets", {}),
        (calls.dataset("sha256:ab", include=["data"]), "GET /datasets/sha256:ab", {"include": "data"}),
        (calls.delete_dataset("sha256:ab"), "DELETE /datasets/sha256:ab", {}),
        (calls.capabilities(), "GET /capabilities", {}),
        (calls.ready(), "GET /readyz", {}),
    ],
)  # fmt: skip
def test_addresses(call: Call[Any], line: str, params: dict[str, Any]) -> None:
    assert (f"{call.method} {call.path}", call.params, call.content) == (line, params, None)


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            calls.train(NET, loss="mse", optimizer=SGD, data=PAIR, epochs=3),
            "/train",
            {"network": NET, "loss": "mse", "optimizer": SGD, "data": XOR, "epochs": 3},
        ),
        (
            calls.train(
                Network.create([2, 1], init=Init.normal(0, 2), bias=False, seed=1), loss="mse", optimizer=SGD,
                data=DATA, epochs=3, batch_size=2, seed=0, form="both", route="row", dtype="float32",
                validation={"data": DATA.part(0, 2)}, early_stopping={"patience": 4}, labels={"a": "b"},
            ),
            "/train",
            {
                "network": {"sizes": [2, 1], "activation": "sigmoid", "bias": False,
                            "init": {"type": "normal", "mean": 0, "std": 2}, "seed": 1},
                "loss": "mse", "optimizer": SGD, "data": {"dataset": "sha256:ab"}, "epochs": 3, "batch_size": 2,
                "seed": 0, "form": "both", "route": "row", "dtype": "float32",
                "validation": {"data": {"dataset": "sha256:ab", "rows": [0, 2]}},
                "early_stopping": {"patience": 4}, "labels": {"a": "b"},
            },
        ),
        (
            calls.train(NET, loss="mse", optimizer=SGD, data=PAIR, epochs=3, layout=LAYOUT),
            "/train",
            {"network": NET, "loss": "mse", "optimizer": SGD, "data": XOR, "epochs": 3, "layout": LAYOUT},
        ),
        (calls.gradients(NET, loss="mse", data=PAIR, layout=LAYOUT), "/gradients",
         {"network": NET, "loss": "mse", "data": XOR, "layout": LAYOUT}),
        (calls.derive(NET, loss="mse", parameter="layers.0.bias", layout=LAYOUT), "/derivations",
         {"network": NET, "loss": "mse", "parameter": "layers.0.bias", "layout": LAYOUT}),
        (calls.predict(NET, [[1, 2]], layout=LAYOUT), "/predict",
         {"network": NET, "x": [[1, 2]], "layout": LAYOUT}),
        (calls.job_predict("job_1", [[1]], layout=LAYOUT), "/jobs/job_1/predict",
         {"x": [[1]], "at": "latest", "layout": LAYOUT}),
        (
            calls.gradients(NET, loss="mse", data={"x": XOR["x"], "labels": (0, 1)}, forms="matched", route="row",
                            witnesses=("complex_step",), include="deltas", dtype="float32"),
            "/gradients",
            {"network": NET, "loss": "mse", "data": {"x": XOR["x"], "labels": [0, 1]}, "forms": ["matched"],
             "route": "row", "witnesses": ["complex_step"], "include": ["deltas"], "dtype": "float32"},
        ),
        (calls.derive(NET, loss="mse", parameter="layers.0.bias"), "/derivations",
         {"network": NET, "loss": "mse", "parameter": "layers.0.bias"}),
        (calls.derive(NET, loss="mse", parameter="layers.0.bias", data=DATA.part(0, 2)), "/derivations",
         {"network": NET, "loss": "mse", "parameter": "layers.0.bias",
          "data": {"dataset": "sha256:ab", "rows": [0, 2]}}),
        (calls.predict(NET, [[1, 2]], include=["activations"]), "/predict",
         {"network": NET, "x": [[1, 2]], "include": ["activations"]}),
        (calls.job_predict("job_1", [[1]], at=0), "/jobs/job_1/predict", {"x": [[1]], "at": "0"}),
        (calls.job_predict("job_1", DATA.part(1, 2)), "/jobs/job_1/predict",
         {"dataset": "sha256:ab", "rows": [1, 2], "at": "latest"}),
        (calls.upload([[1.0]], [[2.0]]), "/datasets", {"x": [[1.0]], "y": [[2.0]]}),
        (calls.upload({"x": [[1.0]], "labels": [0]}), "/datasets", {"x": [[1.0]], "labels": [0]}),
    ],
)  # fmt: skip
def test_bodies(call: Call[Any], path: str, sent: dict[str, Any]) -> None:
    assert (call.method, call.path) == ("POST", path)
    assert call.headers["Content-Type"] == "application/json"
    assert json.loads(call.content or b"") == sent


def test_only_what_makes_a_job_is_not_repeated() -> None:
    network = {"sizes": [1, 1]}
    assert calls.train(network, loss="mse", optimizer=SGD, data=PAIR, epochs=1).repeat == UNSENT
    assert calls.gradients(network, loss="mse", data=PAIR).repeat == UNSENT
    assert calls.derive(network, loss="mse", parameter="layers.0.weights", data=PAIR).repeat == ALWAYS
    assert {calls.predict(network, [[1]]).repeat, calls.cancel("job_1").repeat, calls.upload([[1]]).repeat} == {ALWAYS}
