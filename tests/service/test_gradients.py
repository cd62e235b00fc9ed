"""POST /gradients: what it computes, compares, includes and refuses."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from backproof_core.errors import TooLargeForForm
from backproof_service import weighing
from backproof_service.settings import Settings
from backproof_service.wire.gradients import GradientsRequest


def asked(api: Any, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = api.post("/gradients", json=body | changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_answer_holds_what_the_wire_says(api: Any, xor: dict[str, Any]) -> None:
    found = asked(api, xor)
    assert list(found) == ["object", "loss_value", "agree", "forms", "witnesses", "comparison"]
    assert found["object"] == "gradients"
    assert found["witnesses"] == {}
    assert set(found["forms"]["matched"]) == {
        "gradients",
        "seconds",
        "predicted_bytes",
        "peak_bytes",
        "predicted_flops",
    }
    assert found["forms"]["vectorized"]["route"] == "dense"
    names = ["layers.0.weights", "layers.0.bias", "layers.1.weights", "layers.1.bias"]
    assert [row["parameter"] for row in found["comparison"]] == names
    assert all(row["between"] == ["matched", "vectorized"] and row["agree"] for row in found["comparison"])


def test_witnesses_are_compared_with_the_first_form(api: Any, xor: dict[str, Any]) -> None:
    found = asked(api, xor, forms=["vectorized"], witnesses=["complex_step", "central_difference"])
    assert found["agree"] is True
    between = {tuple(row["between"]) for row in found["comparison"]}
    assert between == {("vectorized", "complex_step"), ("vectorized", "central_difference")}
    assert set(found["witnesses"]) == {"complex_step", "central_difference"}
    ours = np.array(found["forms"]["vectorized"]["gradients"][0]["weights"])
    witness = np.array(found["witnesses"]["complex_step"]["gradients"][0]["weights"])
    assert np.abs(ours - witness).max() <= 1e-15 * np.abs(ours).max() * 100


def test_one_form_alone_agrees_with_nothing_to_disagree(api: Any, xor: dict[str, Any]) -> None:
    found = asked(api, xor, forms=["matched"])
    assert found["agree"] is True
    assert found["comparison"] == []


def test_included_parts_are_consistent(api: Any, xor: dict[str, Any]) -> None:
    parts = ["gradients", "deltas", "activations", "pre_activations", "jacobian"]
    found = asked(api, xor, include=parts)
    matched, vectorized = found["forms"]["matched"], found["forms"]["vectorized"]
    assert "jacobian" not in matched
    x = np.array(xor["data"]["x"], dtype=float)
    for form in (matched, vectorized):
        inputs = [x, *map(np.array, form["activations"])]
        for below, delta, layer in zip(inputs, form["deltas"], form["gradients"], strict=False):
            assert np.allclose(below.T @ np.array(delta), layer["weights"], rtol=1e-12)
            assert np.allclose(np.sum(delta, axis=0), layer["bias"], rtol=1e-12)
        for Z, A in zip(form["pre_activations"], form["activations"], strict=True):
            assert np.allclose(1 / (1 + np.exp(-np.array(Z))), A, rtol=1e-14)
    for J, layer in zip(vectorized["jacobian"], vectorized["gradients"], strict=True):
        rows_summed = np.sum(J["weights"], axis=0)  # 1ᵀJ, in vec order: columns of W one after the other
        assert np.allclose(rows_summed, np.array(layer["weights"]).ravel(order="F"), rtol=1e-12)
        assert np.allclose(np.sum(J["bias"], axis=0), layer["bias"], rtol=1e-12)


def test_rows_of_a_jacobian_are_outputs_by_examples(api: Any) -> None:
    W, x, y = [[0.5, -1.0], [2.0, 0.25], [1.0, 3.0]], [[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]], [[0.0, 1.0], [2.0, 3.0]]
    network = {"layers": [{"weights": W, "bias": [0.0, 0.0], "activation": "identity"}]}
    body = {"network": network, "loss": "half_sse", "data": {"x": x, "y": y}, "include": ["jacobian"]}
    (found,) = asked(api, body)["forms"]["vectorized"]["jacobian"]
    error = np.array(x) @ W - y  # N×d_L: the slope of the entry ½(h - y)²
    for k in range(2):
        for n in range(2):
            wanted = np.zeros((3, 2))
            wanted[:, k] = error[n, k] * np.array(x[n])
            row = found["weights"][k * 2 + n]
            assert [row[j * 3 + i] for i in range(3) for j in range(2)] == wanted.ravel().tolist()
            assert found["bias"][k * 2 + n] == [error[n, k] if j == k else 0 for j in range(2)]


def test_include_can_leave_the_gradients_out(api: Any, xor: dict[str, Any]) -> None:
    found = asked(api, xor, include=["deltas"])
    assert "gradients" not in found["forms"]["matched"]
    assert found["agree"] is True


def test_labels_are_one_hot_targets(api: Any) -> None:
    network = {"sizes": [2, 3], "activation": "softmax", "seed": 3}
    x = [[0.5, -1.0], [2.0, 0.25]]
    by_labels = asked(api, {"network": network, "loss": "cross_entropy", "data": {"x": x, "labels": [2, 0.0]}})
    by_targets = asked(
        api, {"network": network, "loss": "cross_entropy", "data": {"x": x, "y": [[0, 0, 1], [1, 0, 0]]}}
    )
    assert by_labels["forms"]["matched"]["gradients"] == by_targets["forms"]["matched"]["gradients"]


def test_a_stored_data_set_gives_the_same_bits(api: Any, xor: dict[str, Any]) -> None:
    stored = api.post("/datasets", json=xor["data"]).json()["id"]
    whole = asked(api, xor)
    assert (
        asked(api, xor, data={"dataset": stored})["forms"]["matched"]["gradients"]
        == (whole["forms"]["matched"]["gradients"])
    )
    some = {"x": xor["data"]["x"][1:3], "y": xor["data"]["y"][1:3]}
    assert (
        asked(api, xor, data={"dataset": stored, "rows": [1, 3]})["loss_value"]
        == (asked(api, xor, data=some)["loss_value"])
    )


def test_every_float64_round_trips(api: Any) -> None:
    rng = np.random.default_rng(5)
    weights = rng.standard_normal((3, 2)) * 10.0 ** rng.integers(-200, 200, (3, 2))
    body = {
        "network": {"layers": [{"weights": weights.tolist(), "activation": "identity"}]},
        "x": np.eye(3).tolist(),
    }
    assert api.post("/predict", json=body).json()["outputs"] == weights.tolist()


def test_float32_is_computed_in_float32(api: Any, xor: dict[str, Any]) -> None:
    found = asked(api, xor, dtype="float32", witnesses=["complex_step"])
    block = np.array(found["forms"]["matched"]["gradients"][0]["weights"])
    assert found["agree"] is True
    assert (block.astype(np.float32) == block).all()
    assert (np.array(found["witnesses"]["complex_step"]["gradients"][0]["weights"]) != block).any()


def test_what_json_has_no_number_for_is_a_string(api: Any) -> None:
    body = {
        "network": {"layers": [{"weights": [[1e200]], "bias": [-1e200], "activation": "identity"}]},
        "loss": "half_sse",
        "data": {"x": [[1e200]], "y": [[0.0]]},
        "route": "row",
    }
    found = asked(api, body)
    assert found["loss_value"] == "Infinity"
    assert found["forms"]["matched"]["gradients"][0]["weights"] == [["Infinity"]]
    assert found["comparison"][0]["identical"] is True
    assert found["comparison"][0]["max_abs"] == found["comparison"][0]["max_rel"] == "NaN"
    assert found["agree"] is False
    assert any("not finite" in note for note in found["notes"])


def test_auto_says_when_it_takes_the_row_route(api: Any) -> None:
    body = {
        "network": {"sizes": [20, 60, 10], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((60, 20)).tolist(), "y": np.zeros((60, 10)).tolist()},
    }
    found = asked(api, body)
    assert found["forms"]["vectorized"]["route"] == "row"
    assert all(row["identical"] for row in found["comparison"])
    (note,) = found["notes"]
    assert "row route" in note
    assert 'so it is no second opinion; route "jacobian" is one, and would need ' in note
    again = asked(api, body, route="jacobian")
    assert again["agree"] is True
    assert f"would need {again['forms']['vectorized']['predicted_bytes']} bytes" in note
    assert not all(row["identical"] for row in again["comparison"])


def test_auto_offers_no_route_that_would_not_fit(small_api: Any) -> None:
    body = {
        "network": {"sizes": [8, 40, 8], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((60, 8)).tolist(), "y": np.zeros((60, 8)).tolist()},
        "include": ["deltas"],
    }
    found = asked(small_api, body)
    assert found["forms"]["vectorized"]["route"] == "row"
    assert found["notes"][0].endswith("so it is no second opinion")


def test_kinks_and_normalised_targets_are_noted(api: Any) -> None:
    body = {
        "network": {"layers": [{"weights": [[0.0], [1.0]], "activation": "relu"}]},
        "loss": "half_sse",
        "data": {"x": [[1.0, 0.0]], "y": [[1.0]]},
        "witnesses": ["central_difference"],
    }
    assert any("kink" in note for note in asked(api, body)["notes"])
    body = {
        "network": {"sizes": [1, 2], "activation": "softmax"},
        "loss": "cross_entropy",
        "data": {"x": [[1.0]], "y": [[0.5, 0.5000004]]},
    }
    assert any("divided by their sums" in note for note in asked(api, body)["notes"])


@pytest.mark.parametrize("route", ["dense", "row", "jacobian"])
def test_the_route_asked_for_is_taken(api: Any, xor: dict[str, Any], route: str) -> None:
    found = asked(api, xor, route=route)
    assert found["forms"]["vectorized"]["route"] == route
    assert "notes" not in found


def test_a_large_request_becomes_a_job_with_the_same_answer(small_api: Any, xor: dict[str, Any]) -> None:
    at_once = asked(small_api, xor)
    answer = small_api.post("/gradients", json=xor, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert answer.json()["kind"] == "gradients"
    assert answer.headers["Preference-Applied"] == "respond-async"
    job = small_api.get(answer.headers["Location"], headers={"Prefer": "wait=30"}).json()
    assert job["state"] == "succeeded", job
    assert job["result"]["forms"]["matched"]["gradients"] == at_once["forms"]["matched"]["gradients"]


def test_costly_witnesses_become_a_job(small_api: Any) -> None:
    body = {
        "network": {"sizes": [8, 10, 2], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((3, 8)).tolist(), "y": np.ones((3, 2)).tolist()},
    }
    assert small_api.post("/gradients", json=body).status_code == 200
    assert small_api.post("/gradients", json=body | {"witnesses": ["complex_step"]}).status_code == 202


def test_a_form_that_cannot_fit_refuses_the_whole_request(small_api: Any) -> None:
    body = {
        "network": {"sizes": [8, 10, 2], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((60, 8)).tolist(), "y": np.ones((60, 2)).tolist()},
        "route": "dense",
    }
    answer = small_api.post("/gradients", json=body)
    found = answer.json()
    assert answer.status_code == 422
    assert found["code"] == "too_large_for_form"
    assert found["predicted_bytes"] > found["budget_bytes"] == 1 << 20
    assert any("row" in one for one in found["fits"])
    assert any("rows" in one for one in found["fits"])
    assert str(found["predicted_bytes"]) in found["detail"]


def test_a_jacobian_that_cannot_fit_is_refused() -> None:
    body = {
        "network": {"sizes": [8, 100, 1], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((200, 8)).tolist(), "y": np.ones((200, 1)).tolist()},
        "forms": ["vectorized"],
        "route": "row",
    }
    settings = Settings(memory_budget_bytes=1 << 20)
    weigh = partial(weighing.weigh, rows=200, settings=settings)
    light = weigh(GradientsRequest.model_validate(body))
    with pytest.raises(TooLargeForForm, match="by route 'jacobian' would need") as raised:
        weigh(GradientsRequest.model_validate(body | {"include": ["jacobian"]}))
    assert light.bytes < 1 << 20 < raised.value.predicted_bytes
    assert any("the gradients alone" in one for one in raised.value.fits)


def test_a_jacobian_is_weighed_by_the_route_that_makes_it() -> None:
    """The dense chain would take 14 MB for these rows; the Jacobians themselves are 0.1 MB."""
    body = {
        "network": {"sizes": [8, 100, 1], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((12, 8)).tolist(), "y": np.ones((12, 1)).tolist()},
        "include": ["jacobian"],
        "route": "row",
    }
    weight = weighing.weigh(GradientsRequest.model_validate(body), 12, Settings(memory_budget_bytes=1 << 20))
    assert 8 * 12 * 1001 < weight.bytes < 1 << 20


def test_too_costly_witnesses_are_refused_in_words(small_api: Any) -> None:
    body = {
        "network": {"sizes": [80, 50, 50, 2], "activation": "tanh"},
        "loss": "mse",
        "data": {"x": np.ones((2, 80)).tolist(), "y": np.ones((2, 2)).tolist()},
        "forms": ["matched"],
    }
    assert small_api.post("/gradients", json=body).status_code in (200, 202)
    found = small_api.post("/gradients", json=body | {"witnesses": ["central_difference"]}).json()
    assert found["code"] == "limit_exceeded"
    assert found["errors"][0]["pointer"] == "#/witnesses"
    assert "max_gradients_flops" in found["detail"]
    assert "smaller network" in found["detail"]


def test_the_same_addresses_stand_at_v1(api: Any, xor: dict[str, Any]) -> None:
    assert api.post("/v1/gradients", json=xor).json()["loss_value"] == asked(api, xor)["loss_value"]
