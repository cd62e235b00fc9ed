"""The caller's layout: every endpoint that takes one answers the default numbers, turned; errors speak it too."""

import io
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy
from tests.specimens import build, numbers

from backproof_core.loss import LOSSES, admissible_pairs
from backproof_service.wire.layout import SAMPLES, WEIGHTS, Layout

LAYOUTS = [{"weights": weights, "samples": samples} for weights, samples in product(WEIGHTS, SAMPLES)]
OURS = LAYOUTS[0]
each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda it: "-".join(it.values()))

OF_SAMPLES = {"x", "y", "outputs", "deltas", "activations", "pre_activations"}
VOLATILE = {"seconds", "id", "job", "links", "created_at", "started_at", "finished_at", "progress"}
ELSEWHERE = {"/gradients/check", "/points"}  # whose tests walk over layouts themselves


# ---------------------------------------------------------------- turning, written a second time


def transposed(value: Any) -> Any:
    """A matrix transposed, or each matrix of a list."""
    if value is None:
        return None
    if isinstance(value[0][0], list):
        return [transposed(M) for M in value]
    return [list(column) for column in zip(*value, strict=True)]


def turned(value: Any, layout: Mapping[str, str], name: str = "") -> Any:
    """A request or an answer in our layout, as it is in another: by the names of its fields."""
    if name == "jacobian" or value is None:
        return value
    if name == "weights":
        return transposed(value) if layout["weights"] == "out_in" else value
    if name in OF_SAMPLES:
        return transposed(value) if layout["samples"] == "columns" else value
    if isinstance(value, dict):
        return {key: turned(entry, layout, key) for key, entry in value.items()}
    return [turned(entry, layout) for entry in value] if isinstance(value, list) else value


def lasting(value: Any) -> Any:
    """An answer without what differs from one time to the next, and without the request that it repeats."""
    if isinstance(value, dict):
        return {key: lasting(entry) for key, entry in value.items() if key not in VOLATILE | {"config"}}
    return [lasting(entry) for entry in value] if isinstance(value, list) else value


def laid(body: dict[str, Any], layout: Mapping[str, str]) -> dict[str, Any]:
    """A request in our layout, in another."""
    return turned(body, layout) | {"layout": dict(layout)}


# ---------------------------------------------------------------- requests


def problem(seed: int, sizes: tuple[int, ...] = (3, 4, 2), rows: int = 5, dtype: str = "float64") -> dict[str, Any]:
    """Layers, a loss and data of distinct sizes, in our layout."""
    pairs = admissible_pairs()
    loss, last = pairs[seed % len(pairs)]
    names = [*["tanh"] * (len(sizes) - 2), last]
    point = build(list(sizes), names, LOSSES[loss], rows, seed, bias=seed % 2 == 0, dtype=dtype)
    layers = [
        {"weights": a.W.tolist(), "bias": None if a.b is None else a.b.tolist(), "activation": a.activation.name}
        for a in point.net.layers
    ]
    return {"network": {"layers": layers}, "loss": loss, "data": {"x": point.X.tolist(), "y": point.Y.tolist()}}


def gradients(seed: int) -> dict[str, Any]:
    include = ["gradients", "deltas", "activations", "pre_activations", "jacobian"]
    return problem(seed) | {"witnesses": ["complex_step", "central_difference"], "include": include}


def predict(seed: int) -> dict[str, Any]:
    sent = problem(seed)
    include = ["pre_activations", "activations"]
    return {"network": sent["network"], "x": sent["data"]["x"], "include": include}


def train(seed: int) -> dict[str, Any]:
    sent, held_out = problem(seed), problem(seed, rows=3)
    optimizer = {"type": "momentum", "learning_rate": 0.05, "weight_decay": 0.01}
    return sent | {
        "optimizer": optimizer,
        "epochs": 3,
        "batch_size": 2,
        "form": "both",
        "validation": {"data": held_out["data"]},
    }


REQUESTS = {
    "/gradients": gradients,
    "/predict": predict,
    "/derivations": lambda seed: problem(seed) | {"parameter": "layers.0.weights"},
    "/train": train,
}
OF_A_JOB = {"/jobs/{job_id}/predict"}


def with_layout(document: dict[str, Any]) -> Iterator[str]:
    """The addresses whose request has a field `layout`, as the OpenAPI document says."""
    for path, methods in document["paths"].items():
        for method in methods.values():
            schema = method.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            model = document["components"]["schemas"].get(schema.get("$ref", "").rsplit("/", 1)[-1], {})
            if "layout" in model.get("properties", {}):
                yield path


def test_every_address_that_takes_a_layout_is_walked_here(api: Any) -> None:
    found = set(with_layout(api.get("/openapi.json").json()))
    assert found - ELSEWHERE == set(REQUESTS) | OF_A_JOB


def post(api: Any, to: str, body: Any, **headers: str) -> dict[str, Any]:
    answer = api.post(to, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def trained(api: Any, body: dict[str, Any]) -> dict[str, Any]:
    found = post(api, "/train", body, Prefer="wait=60")
    assert found["state"] == "succeeded", found["error"]
    return found


# ---------------------------------------------------------------- the numbers


@pytest.mark.parametrize("to", REQUESTS)
@pytest.mark.parametrize("seed", numbers(40))
def test_the_answer_in_a_layout_is_the_default_answer_turned(api: Any, to: str, seed: int) -> None:
    body, how = REQUESTS[to](seed), {"Prefer": "wait=60"}
    plain = lasting(post(api, to, body, **how))
    for layout in LAYOUTS:
        assert lasting(post(api, to, laid(body, layout), **how)) == turned(plain, layout), layout


@each_layout
def test_half_a_layout_leaves_the_other_half_as_it_is(api: Any, layout: Mapping[str, str]) -> None:
    body = gradients(1)
    said = {name: value for name, value in layout.items() if value != OURS[name]}
    assert lasting(post(api, "/gradients", turned(body, layout) | {"layout": said})) == lasting(
        post(api, "/gradients", laid(body, layout))
    )


@each_layout
def test_gradients_that_become_a_job_speak_the_layout(api: Any, layout: Mapping[str, str]) -> None:
    body = gradients(2)
    answer = api.post("/gradients", json=laid(body, layout), headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    job = api.get(f"/jobs/{answer.json()['id']}", headers={"Prefer": "wait=60"}).json()
    assert job["state"] == "succeeded", job["error"]
    assert lasting(job["result"]) == turned(lasting(post(api, "/gradients", body)), layout)


@each_layout
def test_a_drawn_network_is_the_same_in_every_layout(api: Any, layout: Mapping[str, str]) -> None:
    body = gradients(3) | {"network": {"sizes": [3, 4, 2], "activation": "sigmoid", "seed": 5}, "loss": "mse"}
    assert lasting(post(api, "/gradients", laid(body, layout))) == turned(
        lasting(post(api, "/gradients", body)), layout
    )


@each_layout
def test_labels_and_stored_rows_lie_as_ever(api: Any, layout: Mapping[str, str]) -> None:
    rows = {"x": problem(0)["data"]["x"], "labels": [0, 1, 1, 0, 1]}
    stored = api.post("/datasets", json=rows).json()["id"]
    body = gradients(0) | {"loss": "half_sse", "data": rows}
    expected = turned(lasting(post(api, "/gradients", body)), layout)
    assert lasting(post(api, "/gradients", laid(body, layout))) == expected
    assert lasting(post(api, "/gradients", laid(body | {"data": {"dataset": stored}}, layout))) == expected


# ---------------------------------------------------------------- jobs


@each_layout
def test_a_job_speaks_the_layout_that_it_was_submitted_in(api: Any, layout: Mapping[str, str]) -> None:
    body = train(4)
    plain, here = trained(api, body), trained(api, laid(body, layout))
    assert here["result"] == plain["result"]  # weights_sha256 among it
    assert here["config"] == laid(plain["config"], layout), "the request as it was sent, to be sent again"
    for asked in ("at=latest", "at=best", "at=0", "form=vectorized"):
        ours, theirs = (api.get(f"/jobs/{job['id']}/weights?{asked}").json() for job in (plain, here))
        assert (ours.pop("layout"), theirs.pop("layout")) == (OURS, layout)
        assert lasting(theirs) == turned(lasting(ours), layout)
    x = {"x": body["data"]["x"]}
    outputs = post(api, f"/jobs/{plain['id']}/predict", x)
    assert post(api, f"/jobs/{here['id']}/predict", turned(x, layout)) == turned(outputs, layout)
    for other in LAYOUTS:
        assert post(api, f"/jobs/{here['id']}/predict", laid(x, other)) == turned(outputs, other)


@each_layout
def test_rows_of_a_stored_data_set_are_rows_for_a_job_too(api: Any, layout: Mapping[str, str]) -> None:
    body = train(4)
    stored = api.post("/datasets", json=body["data"]).json()["id"]
    job = trained(api, laid(body, layout))
    outputs = post(api, f"/jobs/{job['id']}/predict", {"x": body["data"]["x"], "layout": OURS})
    assert post(api, f"/jobs/{job['id']}/predict", {"dataset": stored}) == turned(outputs, layout)


@each_layout
def test_arrays_too_large_for_the_config_are_read_again_in_their_layout(api: Any, layout: Mapping[str, str]) -> None:
    body = problem(2, sizes=(70, 61, 3), rows=60) | {"optimizer": {"type": "sgd", "learning_rate": 0.01}, "epochs": 2}
    plain, here = trained(api, body), trained(api, laid(body, layout))
    assert "omitted" in here["config"]["network"]["layers"][0]["weights"]
    assert "omitted" in here["config"]["data"]["x"]
    assert here["result"] == plain["result"]
    initial = api.get(f"/jobs/{here['id']}/weights?at=0").json()["layers"]
    assert initial == turned(body["network"]["layers"], layout)


@each_layout
def test_a_file_of_weights_and_ocaml_source_lie_as_ever(api: Any, layout: Mapping[str, str]) -> None:
    body = train(0)
    found = []
    for job in (trained(api, body), trained(api, laid(body, layout))):
        url = f"/jobs/{job['id']}/weights"
        file = api.get(url, headers={"Accept": "application/x-npz"}).content
        source = api.get(url, headers={"Accept": "text/x-ocaml"}).text.replace(job["id"], "JOB")
        arrays = np.load(io.BytesIO(file))
        assert not any(in_fortran_order(arrays, name) for name in arrays.files)
        found.append(({name: arrays[name].tolist() for name in arrays.files}, source))
    assert found[0] == found[1]
    assert np.shape(found[0][0]["layers.0.weights"]) == (3, 4)


def in_fortran_order(arrays: Any, name: str) -> bool:
    with arrays.zip.open(f"{name}.npy") as member:
        npy.read_magic(member)
        return bool(npy.read_array_header_1_0(member)[1])


# ---------------------------------------------------------------- what cannot be used

W1, W2 = [[1, 2, 3], [4, 5, 6]], [[1], [2], [3]]
NET = {"layers": [{"weights": W1, "activation": "tanh"}, {"weights": W2, "activation": "sigmoid"}]}
DATA = {"x": [[0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1]]}
GOOD: dict[str, Any] = {"network": NET, "loss": "binary_cross_entropy", "data": DATA}
NEEDED = {
    "/train": {"optimizer": {"type": "sgd", "learning_rate": 0.1}, "epochs": 1},
    "/derivations": {"parameter": "layers.0.weights"},
}
OUT_IN, COLUMNS = {"weights": "out_in"}, {"samples": "columns"}


def net(second: Any, **first: Any) -> dict[str, Any]:
    """The network in out_in with another second layer, and with changes of the first."""
    layers = [
        {"weights": transposed(W1), "activation": "tanh"} | first,
        {"weights": second, "activation": "sigmoid"},
    ]
    return {"network": {"layers": layers}, "layout": OUT_IN}


def data(x: Any = None, y: Any = None, **more: Any) -> dict[str, Any]:
    """The data in columns, with changes."""
    rows = {"x": x or transposed(DATA["x"]), **({} if "labels" in more else {"y": y or [[0, 1, 1]]}), **more}
    return {"data": rows, "layout": COLUMNS}


ERRORS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "layers that do not chain": (
        net([[1, 2]]),
        "#/network/layers/1/weights",
        ["W₂ (layers.1.weights) is 1×2 (out×in)", "W₁ (layers.0.weights) has 3 outputs", "W₂ needs 3 columns."],
    ),
    "weights that were not turned": (
        net(W2, weights=W1),
        "#/network/layers/1/weights",
        ["is 3×1 (out×in)", "has 2 outputs", 'They would fit as in_out: send "layout": {"weights": "in_out"}.'],
    ),
    "weights whose layout was not said": (
        net(transposed(W2)) | {"layout": {}},
        "#/network/layers/1/weights",
        ["is 1×3, but", "has 2 outputs", "needs 2 rows", 'as out_in: send "layout": {"weights": "out_in"}.'],
    ),
    "a bias of the wrong length": (
        net(transposed(W2), bias=[1, 2]),
        "#/network/layers/0/bias",
        ["b₁ (layers.0.bias) has 2 numbers", "W₁ (layers.0.weights), 3×2 (out×in), has 3 outputs", "needs 3 numbers."],
    ),
    "too many features": (
        data(x=[[0, 1, 1], [1, 0, 1], [0, 0, 0]]),
        "#/data/x",
        ["x has 3 rows (features) and the network needs 2"],
    ),
    "too many targets": (
        data(y=[[0, 1, 1], [0, 1, 1]]),
        "#/data/y",
        ["y has 2 rows (targets) and the network needs 1"],
    ),
    "fewer targets than instances": (
        data(y=[[0, 1]]),
        "#/data/y",
        ["x has 3 columns and y has 2; give one target for each column of x"],
    ),
    "fewer labels than instances": (
        data(labels=[0]),
        "#/data/labels",
        ["x has 3 columns and there are 1 labels", "each column"],
    ),
    "a label beyond the classes": (data(labels=[0, 0, 1]), "#/data/labels/2", ["label 2 is 1"]),
    "a target beyond 1": (data(y=[[0, 1.5, 1]]), "#/data/y", ["targets within [0, 1]", "column 1 is [1.5]"]),
    "a word for a number": (data(x=[[0, 1, 1], [1, 0, "a"]]), "#/data/x/1/2", ["Row 1, column 2"]),
    "a layout that is none": ({"layout": {"weights": "io"}}, "#/layout/weights", ["io", "'in_out' or 'out_in'"]),
    "a misspelt field of a layout": ({"layout": {"sample": "rows"}}, "#/layout/sample", ['did you mean "samples"']),
    "no object": ({"layout": "out_in"}, "#/layout", ["must be an object"]),
}


@pytest.mark.parametrize("to", sorted({"/gradients", "/train", "/derivations"}))
@pytest.mark.parametrize("name", ERRORS)
def test_what_is_wrong_is_told_in_the_callers_shapes(api: Any, to: str, name: str) -> None:
    changes, pointer, words = ERRORS[name]
    answer = api.post(to, json=GOOD | NEEDED.get(to, {}) | changes)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer, error
    assert [word for word in words if word not in error["detail"]] == [], error


@pytest.mark.parametrize("to", ["/gradients", "/train", "/derivations"])
def test_the_requests_that_the_errors_change_are_good(api: Any, to: str) -> None:
    for changes in ({}, net(transposed(W2)), data()):
        assert api.post(to, json=GOOD | NEEDED.get(to, {}) | changes).status_code in (200, 202)


def test_faults_of_the_network_and_of_the_data_are_told_together(api: Any) -> None:
    changes = net([[1, 2]]) | data(y=[[0, 1]]) | {"layout": OUT_IN | COLUMNS}
    errors = api.post("/gradients", json=GOOD | changes).json()["errors"]
    assert [error["pointer"] for error in errors] == ["#/network/layers/1/weights", "#/data/y"]


def test_validation_is_told_in_the_callers_shapes(api: Any) -> None:
    def refused(held_out: dict[str, Any]) -> tuple[str, str]:
        body = GOOD | NEEDED["/train"] | data() | {"validation": {"data": held_out}}
        (error,) = api.post("/train", json=body).json()["errors"]
        return error["pointer"], error["detail"]

    place, words = refused({"x": [[1, 2], [3, 4]], "y": [[1]]})
    assert place == "#/validation/data/y"
    assert "x has 2 columns and y has 1" in words
    place, words = refused({"x": [[1, 2]], "y": [[1, 0]]})
    assert place == "#/validation/data/x"
    assert "x has 1 rows (features) and the network needs 2" in words
    place, words = refused({"x": [[1, 2], [3, 4]], "y": [[1, 2]]})
    assert place == "#/validation/data/y"
    assert "column 1 is [2]" in words


def test_rows_of_a_stored_data_set_are_told_as_rows(api: Any) -> None:
    stored = api.post("/datasets", json={"x": [[1, 2], [3, 4]], "y": [[0], [2]]}).json()["id"]
    answer = api.post("/gradients", json=GOOD | {"data": {"dataset": stored}, "layout": COLUMNS}).json()
    assert answer["errors"][0]["pointer"] == "#/data/dataset"
    assert "row 1 is [2]" in answer["detail"]


def test_predictions_are_refused_in_the_callers_shapes(api: Any) -> None:
    sent = {"network": NET, "x": [[1, 2, 3]], "layout": COLUMNS}
    job = trained(api, GOOD | NEEDED["/train"] | data())
    for to, body in (("/predict", sent), (f"/jobs/{job['id']}/predict", {"x": [[1, 2, 3]]})):
        error = api.post(to, json=body).json()["errors"][0]
        assert error["pointer"] == "#/x"
        assert "x has 1 rows (features) and the network needs 2" in error["detail"], error


def test_a_stored_data_set_is_refused_as_rows_for_a_job(api: Any) -> None:
    stored = api.post("/datasets", json={"x": [[1, 2, 3]], "y": [[0]]}).json()["id"]
    job = trained(api, GOOD | NEEDED["/train"] | data())
    error = api.post(f"/jobs/{job['id']}/predict", json={"dataset": stored}).json()["errors"][0]
    assert error["pointer"] == "#/dataset"
    assert "x has 3 columns (features) and the network needs 2" in error["detail"]


def test_what_is_too_much_is_told_of_columns(small_api: Any) -> None:
    include = ["pre_activations", "activations"]
    data = {"x": [[0] * 1200] * 2, "y": [[0] * 1200]}
    body = GOOD | {"data": data, "layout": COLUMNS, "include": [*include, "deltas"]}
    detail = small_api.post("/gradients", json=body).json()["detail"]
    assert "max_answer_numbers" in detail
    assert "on fewer columns." in detail, detail
    sent = {"network": NET, "x": [[0] * 2400] * 2, "layout": COLUMNS, "include": include}
    detail = small_api.post("/predict", json=sent).json()["detail"]
    assert "Send fewer columns, or include less." in detail, detail


def test_a_number_beyond_float32_is_pointed_at_where_it_was_sent(api: Any) -> None:
    def places(body: dict[str, Any]) -> list[str]:
        return [error["pointer"] for error in api.post("/gradients", json=body | {"dtype": "float32"}).json()["errors"]]

    assert places(GOOD | data(x=[[0, 1, 1], [1, 1e40, 0]])) == ["#/data/x/1/1"]
    assert places(GOOD | net(transposed(W2), weights=[[0, 1], [2, 3], [4, 1e40]])) == ["#/network/layers/0/weights/2/1"]


def test_capabilities_list_the_layouts(api: Any) -> None:
    assert api.get("/capabilities").json()["layouts"] == {"weights": list(WEIGHTS), "samples": list(SAMPLES)}


# ---------------------------------------------------------------- the turning itself


@each_layout
def test_turning_is_its_own_inverse_and_copies_nothing(layout: Mapping[str, str]) -> None:
    there, M = Layout.model_validate(layout), np.arange(6.0).reshape(2, 3)
    for turn in (there.turn_weights, there.turn_samples):
        assert np.shares_memory(turn(M), M)
        assert turn(turn(M)).tolist() == M.tolist()
    assert there.turn_weights(M).shape == ((3, 2) if layout["weights"] == "out_in" else (2, 3))
    assert there.instances(M) == (3 if layout["samples"] == "columns" else 2)
