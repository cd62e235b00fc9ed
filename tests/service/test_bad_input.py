# ruff: noqa: E501 — the table has one case to a line
"""Bad input: each kind is answered with a problem whose sentence says what was given, what was needed, what to do."""

import http.client
import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

L1 = {"weights": [[1, 2, 3], [4, 5, 6]], "activation": "tanh"}
L2 = {"weights": [[1], [2], [3]], "activation": "sigmoid"}
NET = {"layers": [L1, L2]}
SIZES = {"sizes": [2, 3, 1], "activation": "sigmoid"}
DATA = {"x": [[0, 1], [1, 0]], "y": [[0], [1]]}
GRADIENTS: dict[str, Any] = {"network": NET, "loss": "half_sse", "data": DATA}
TRAIN: dict[str, Any] = GRADIENTS | {"optimizer": {"type": "sgd", "learning_rate": 0.1}, "epochs": 1}


def net(*layers: Any) -> dict[str, Any]:
    return {"network": {"layers": list(layers)}}


def sizes(**changes: Any) -> dict[str, Any]:
    return {"network": SIZES | changes}


def x(rows: Any) -> dict[str, Any]:
    return {"data": {"x": rows, "y": [[0], [1]]}}


def y(rows: Any) -> dict[str, Any]:
    return {"data": {"x": [[0, 1], [1, 0]], "y": rows}}


@dataclass(frozen=True)
class Case:
    """A request with one thing wrong, and what the answer must say."""

    name: str
    changes: dict[str, Any]
    pointer: str
    words: list[str]
    code: str = "invalid_value"
    to: str = "/gradients"
    base: dict[str, Any] = field(default_factory=lambda: GRADIENTS)


def train(name: str, changes: dict[str, Any], pointer: str, words: list[str], code: str = "invalid_value") -> Case:
    return Case(name, changes, pointer, words, code, "/train", TRAIN)


CASES = [
    # ---- shapes
    Case(
        "layers that do not chain",
        net(L1, {"weights": [[1], [2]], "activation": "tanh"}),
        "#/network/layers/1/weights",
        ["W₂ (layers.1.weights)", "2×1", "W₁", "3"],
    ),
    Case(
        "a bias of the wrong length",
        net(L1 | {"bias": [1, 2]}, L2),
        "#/network/layers/0/bias",
        ["b₁ (layers.0.bias)", "2 numbers", "3"],
    ),
    Case("x too wide", x([[1, 2, 3], [4, 5, 6]]), "#/data/x", ["3 columns", "needs 2"], "shape_mismatch"),
    Case("y too wide", y([[1, 2], [3, 4]]), "#/data/y", ["2 columns", "needs 1"], "shape_mismatch"),
    Case("more rows of y than of x", y([[1], [2], [3]]), "#/data/y", ["x has 2 rows", "y has 3"]),
    Case("fewer labels than rows", {"data": {"x": [[0, 1], [1, 0]], "labels": [0]}}, "#/data/labels", ["2 rows", "1 label"]),
    Case(
        "as many activations as sizes",
        sizes(activation=["tanh", "tanh", "tanh"]),
        "#/network/activation",
        ["3 activations", "2 layers"],
    ),
    # ---- matrices
    Case("ragged", x([[1, 2], [3]]), "#/data/x/1", ["Row 1 has 1", "row 0 has 2"]),
    Case("no rows", x([]), "#/data/x", ["no rows"]),
    Case("an empty row", x([[], []]), "#/data/x/0", ["Row 0 is empty"]),
    Case("a flat list", x([1, 2]), "#/data/x/0", ["Row 0 is 1", "list of numbers"]),
    Case("three levels", x([[[1], [2]], [[3], [4]]]), "#/data/x/0/0", ["Row 0, column 0, is a list", "number"]),
    Case("no list", x("rows"), "#/data/x", ['the string "rows"', "list of rows"]),
    Case("true for a number", x([[1, True], [0, 0]]), "#/data/x/0/1", ["Row 0, column 1, is true", "finite number"]),
    Case("a string for a number", x([[1, "1"], [0, 0]]), "#/data/x/0/1", ['the string "1"', "number"]),
    Case("null for a number", x([[1, None], [0, 0]]), "#/data/x/0/1", ["null", "number"]),
    Case("the string NaN", x([[1, "NaN"], [0, 0]]), "#/data/x/0/1", ['"NaN"', "finite number"]),
    Case("the string Infinity", y([["Infinity"], [0]]), "#/data/y/0/0", ['"Infinity"', "finite number"]),
    Case("an object for a row", x([{"a": 1}, [1, 2]]), "#/data/x/0", ["Row 0 is an object"]),
    Case("a ragged weight", net({"weights": [[1], [2, 3]], "activation": "tanh"}), "#/network/layers/0/weights/1", ["Row 1"]),
    Case("a string in a bias", net(L1 | {"bias": [1, "2", 3]}, L2), "#/network/layers/0/bias/1", ['the string "2"']),
    Case("beyond float32", x([[1e39, 1], [0, 0]]) | {"dtype": "float32"}, "#/data/x/0/0", ["1e+39 is beyond", "float32"]),
    Case(
        "a weight beyond float32",
        net(L1 | {"bias": [0, 1e200, 0]}, L2) | {"dtype": "float32"},
        "#/network/layers/0/bias/1",
        ["1e+200", "float32"],
    ),
    Case("an init beyond float32", sizes(init={"type": "normal", "mean": 1e300, "std": 0}) | {"dtype": "float32"}, "#/network/init", ["float32"]),
    # ---- fields
    Case("an unknown field", {"lose": "mse"}, "#/lose", ['"lose"', 'did you mean "loss"'], "unknown_field"),
    Case("an unknown field within", sizes(aktivation="tanh"), "#/network/aktivation", ['did you mean "activation"'], "unknown_field"),
    Case("a field of another request", {"epochs": 3}, "#/epochs", ["valid are layout, network, loss"], "unknown_field"),
    Case("a field of another kind of network", sizes(layers=[L1]), "#/network/sizes", ["either", '"layers"', "Leave one out"], "unknown_field"),
    Case("labels beside targets", {"data": DATA | {"labels": [0, 1]}}, "#/data/labels", ["either", '"y"'], "unknown_field"),
    Case("a data set beside rows", {"data": DATA | {"dataset": "sha256:" + "0" * 64}}, "#/data/x", ["either", '"dataset"'], "unknown_field"),
    Case("an unknown field of data", {"data": DATA | {"lables": [0, 1]}}, "#/data/lables", ['did you mean "labels"', "x, y and labels (in place of y)"], "unknown_field"),
    Case("no kind of network", {"network": {}}, "#/network", ["sizes", "layers"]),
    Case("no object for a network", {"network": [1]}, "#/network", ["sizes", "layers"]),
    Case("no kind of data", {"data": {"x": [[1]]}}, "#/data", ["labels", "dataset"]),
    Case("a loss that is missing", {"loss": None}, "#/loss", ["null", "half_sse"], "unknown_name"),
    # ---- names
    Case("an unknown activation", sizes(activation="relo"), "#/network/activation", ['did you mean "relu"', "softplus"], "unknown_name"),
    Case("an unknown activation in a list", sizes(activation=["tanh", 3]), "#/network/activation/1", ["3", "tanh"], "unknown_name"),
    Case("an unknown loss", {"loss": "rmse"}, "#/loss", ['did you mean "mse"', "cross_entropy"], "unknown_name"),
    Case("an unknown form", {"forms": ["matched", "autograd"]}, "#/forms/1", ['"autograd"', "vectorized"], "unknown_name"),
    Case("an unknown route", {"route": "jacobean"}, "#/route", ["jacobian", "auto, dense, row and jacobian"], "unknown_name"),
    Case("an unknown witness", {"witnesses": ["forward"]}, "#/witnesses/0", ["complex_step"], "unknown_name"),
    Case("an unknown part", {"include": ["hessian"]}, "#/include/0", ["pre_activations"], "unknown_name"),
    Case("an unknown dtype", {"dtype": "float16"}, "#/dtype", ["float64 and float32"], "unknown_name"),
    Case("an unknown init", sizes(init={"type": "xavier"}), "#/network/init/type", ["xavier", "glorot_uniform"], "unknown_name"),
    Case("an init without a type", sizes(init={"low": 0}), "#/network/init/type", ["missing", "he_normal"], "missing_field"),
    Case("an inadmissible pair", {"loss": "cross_entropy"} | sizes(activation="tanh"), "#/loss", ["cross_entropy", "tanh", "softmax"], "inadmissible_pair"),
    Case("a form named twice", {"forms": ["matched", "matched"]}, "#/forms/1", ["twice"]),
    Case("no forms", {"forms": []}, "#/forms", ["at least 1"]),
    Case("a Jacobian without its form", {"forms": ["matched"], "include": ["jacobian"]}, "#/include/0", ["vectorized"]),
    # ---- numbers
    Case("sizes that are fractions", sizes(sizes=[2, 1.5, 1]), "#/network/sizes/1", ["1.5", "integer"]),
    Case("sizes that are strings", sizes(sizes=[2, "3", 1]), "#/network/sizes/1", ['the string "3"', "integer"]),
    Case("sizes that are true", sizes(sizes=[2, True, 1]), "#/network/sizes/1", ["true", "integer"]),
    Case("a size of zero", sizes(sizes=[2, 0, 1]), "#/network/sizes/1", ["0", "at least 1"]),
    Case("one size", sizes(sizes=[2]), "#/network/sizes", ["1 entries", "at least 2"]),
    Case("a negative seed", sizes(seed=-1), "#/network/seed", ["-1", "at least 0"]),
    Case("a seed beyond 2^53", sizes(seed=2**53), "#/network/seed", ["9007199254740992", "at most 9007199254740991"]),
    Case("a seed beyond 2^64", sizes(seed=2**70), "#/network/seed", ["at most 9007199254740991"]),
    Case("a bias that is no boolean", sizes(bias=1), "#/network/bias", ["1", "true or false"]),
    Case("low above high", sizes(init={"type": "uniform", "low": 1, "high": 0}), "#/network/init/low", ["low is 1", "high is 0"]),
    Case("a range beyond float64", sizes(init={"type": "uniform", "low": -1e308, "high": 1e308}), "#/network/init/low", ["1e+308"]),
    Case("a negative std", sizes(init={"type": "normal", "mean": 0, "std": -1}), "#/network/init/std", ["-1", "at least 0"]),
    # ---- limits, before anything is made
    Case("a layer too wide", sizes(sizes=[2, 10**9, 1]), "#/network/sizes", ["1,000,000,000", "max_layer_width", "65,536"], "limit_exceeded"),
    Case("too many layers", sizes(sizes=[1] * 66), "#/network/sizes", ["65 layers", "max_layers", "64"], "limit_exceeded"),
    Case("too many parameters", sizes(sizes=[60000, 60000]), "#/network/sizes", ["3,600,060,000", "max_parameters", "50,000,000"], "limit_exceeded"),
    # ---- targets
    Case("a label beyond the classes", {"data": {"x": [[0, 1]], "labels": [1]}}, "#/data/labels/0", ["label 0 is 1", "1 output"]),
    Case("a label that is a fraction", {"data": {"x": [[0, 1]], "labels": [0.5]}}, "#/data/labels/0", ["0.5", "integer"]),
    Case("a negative label", {"data": {"x": [[0, 1]], "labels": [-1]}}, "#/data/labels/0", ["-1", "integer from 0"]),
    Case(
        "targets that are no distribution",
        {"loss": "cross_entropy", "network": {"sizes": [2, 2], "activation": "softmax"}} | y([[1, 0], [0.5, 0.6]]),
        "#/data/y/1",
        ["distributions", "row 1", "1.1"],
    ),
    Case("targets below 0", {"loss": "cross_entropy", "network": {"sizes": [2, 2], "activation": "softmax"}} | y([[1, 0], [-1, 2]]), "#/data/y/1", ["-1, 2"]),
    Case("binary targets beyond 1", {"loss": "binary_cross_entropy"} | y([[0], [1.5]]), "#/data/y/1", ["within [0, 1]", "1.5"]),
    # ---- data sets
    Case("a data set that does not exist", {"data": {"dataset": "sha256:" + "0" * 64}}, "#/data/dataset", ["no data set", "/datasets"], "unknown_dataset"),
    Case("no id of a data set", {"data": {"dataset": "digits"}}, "#/data/dataset", ['"digits"', "64 lower-case hexadecimal"]),
    Case("rows backwards", {"data": {"dataset": "sha256:" + "0" * 64, "rows": [3, 3]}}, "#/data/rows", ["[3, 3]", "below"]),
    Case("one end of rows", {"data": {"dataset": "sha256:" + "0" * 64, "rows": [3]}}, "#/data/rows", ["at least 2"]),
    # ---- training
    train("too many epochs", {"epochs": 10**8}, "#/epochs", ["100,000,000", "max_epochs", "10,000,000"], "limit_exceeded"),
    train("no epochs", {"epochs": 0}, "#/epochs", ["at least 1"]),
    train("epochs that are true", {"epochs": True}, "#/epochs", ["true", "integer"]),
    train("a fraction of a batch", {"batch_size": 2.5}, "#/batch_size", ["2.5", "integer"]),
    train("an unknown optimizer", {"optimizer": {"type": "adamw", "learning_rate": 1}}, "#/optimizer/type", ['did you mean "adam"', "nesterov"], "unknown_name"),
    train("an optimizer by name only", {"optimizer": "sgd"}, "#/optimizer", ['"sgd"', "object", "type"]),
    train("a rate that is missing", {"optimizer": {"type": "sgd"}}, "#/optimizer/learning_rate", ["missing", "required"], "missing_field"),
    train("a rate of zero", {"optimizer": {"type": "sgd", "learning_rate": 0}}, "#/optimizer/learning_rate", ["above 0"]),
    train("momentum for sgd", {"optimizer": {"type": "sgd", "learning_rate": 1, "momentum": 0.9}}, "#/optimizer/momentum", ["no field", "learning_rate"], "unknown_field"),
    train("beta1 for momentum", {"optimizer": {"type": "momentum", "learning_rate": 1, "beta1": 0.9}}, "#/optimizer/beta1", ["no field", "momentum"], "unknown_field"),
    train("momentum of 1", {"optimizer": {"type": "momentum", "learning_rate": 1, "momentum": 1}}, "#/optimizer/momentum", ["below 1"]),
    train(
        "an unknown schedule",
        {"optimizer": {"type": "sgd", "learning_rate": 1, "schedule": {"type": "linear"}}},
        "#/optimizer/schedule/type",
        ["linear", "cosine"],
        "unknown_name",
    ),
    train("a form of training that is none", {"form": "all"}, "#/form", ["matched, vectorized and both"], "unknown_name"),
    train("a validation of nothing", {"validation": {}}, "#/validation", ["share", "data"]),
    train("a share of 1", {"validation": {"share": 1}}, "#/validation/share", ["below 1"]),
    train("patience of zero", {"early_stopping": {"patience": 0}}, "#/early_stopping/patience", ["at least 1"]),
    train("a label that is a number", {"labels": {"exp": 3}}, "#/labels/exp", ["3", "string"]),
    train("targets that are no distribution, in training", {"loss": "cross_entropy"}, "#/data/y/0", ["distributions"]),
    train("an inadmissible pair, in training", {"loss": "binary_cross_entropy", "network": SIZES | {"activation": "relu"}}, "#/loss", ["relu", "sigmoid"], "inadmissible_pair"),
    train("a data set that does not exist, in training", {"data": {"dataset": "sha256:" + "1" * 64}}, "#/data/dataset", ["no data set"], "unknown_dataset"),
    train("validation of another width", {"validation": {"data": {"x": [[1]], "y": [[1]]}}}, "#/validation/data/x", ["1 column", "needs 2"], "shape_mismatch"),
]  # fmt: skip


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(found)
    assert found["status"] == status
    assert found["code"] == code, found
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert found["detail"].endswith("."), found["detail"]
    assert not found["detail"].endswith(".."), found["detail"]
    assert "np." not in found["detail"], found["detail"]
    return dict(found)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_value_that_cannot_be_used(api: Any, case: Case) -> None:
    answer = api.post(case.to, json=case.base | case.changes)
    found = check_problem(answer, 422, case.code)
    assert found["errors"][0]["pointer"] == case.pointer, found
    for word in case.words:
        assert word in found["errors"][0]["detail"], (word, found)
    assert found["errors"][0]["detail"] in found["detail"]


def test_the_requests_that_the_cases_change_are_good(api: Any) -> None:
    assert api.post("/gradients", json=GRADIENTS).status_code == 200
    assert api.post("/train", json=TRAIN).status_code == 202


def test_every_place_is_named(api: Any) -> None:
    body = {"network": sizes(seed=-1)["network"], "loss": "x", "data": {"x": [[True]], "y": [[]]}}
    found = check_problem(api.post("/gradients", json=body), 422, "invalid_value")
    pointers = {error["pointer"] for error in found["errors"]}
    assert pointers == {"#/network/seed", "#/loss", "#/data/x/0/0", "#/data/y/0"}
    assert "3 more places" in found["detail"]


def test_every_unknown_field_is_named(api: Any) -> None:
    found = check_problem(api.post("/train", json=TRAIN | {"epoch": 1, "bach_size": 2}), 422, "unknown_field")
    assert [error["pointer"] for error in found["errors"]] == ["#/epoch", "#/bach_size"]
    assert 'did you mean "batch_size"' in found["errors"][1]["detail"]


@pytest.mark.parametrize("to", ["/gradients", "/train", "/predict", "/datasets"])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ["empty"]),
        (b"  \n", ["empty"]),
        (b"{", ["line 1"]),
        (b'{"loss": "mse",}', ["line 1, column"]),
        (b'{"x": [[NaN]]}', ["NaN", "no JSON number"]),
        (b'{"x": [[-Infinity]]}', ["Infinity", "no JSON number"]),
        (b'{"x": [[1e400]]}', ["beyond float64"]),
        (b'{"x": [[' + b"9" * 400 + b"]]}", ["beyond float64"]),
        (b"[" * 100_000, ["brackets too deeply"]),
        (b"[" * 100_000 + b"]" * 100_000, ["brackets too deeply"]),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ["brackets too deeply"]),
        (b'{"loss": "\xff"}', ["UTF-8", "byte 10", "0xff"]),
        ('{"loss": "mse"}'.encode("utf-16"), ["UTF-8"]),
        (b"network=1&loss=2", ["JSON"]),
        (b"{'loss': 'mse'}", ["JSON"]),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_json(api: Any, to: str, body: bytes, words: list[str]) -> None:
    start = time.monotonic()
    found = check_problem(api.send(to, body), 400, "malformed_json")
    assert all(word in found["detail"] for word in words), found["detail"]
    assert ("NaN" in found["detail"]) == (b"NaN" in body or b"Infinity" in body), found["detail"]
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true"])
def test_json_that_is_no_object(api: Any, body: bytes) -> None:
    found = check_problem(api.send("/gradients", body), 422, "invalid_value")
    assert found["errors"][0]["pointer"] == "#"
    assert "must be an object" in found["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/x-npz", ""])
def test_the_wrong_content_type(api: Any, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = api.post("/gradients", content=json.dumps(GRADIENTS).encode(), headers=headers)
    found = check_problem(answer, 415, "unsupported_media_type")
    assert "application/json" in found["detail"]
    assert found["errors"][0]["header"] == "Content-Type"
    assert answer.headers["Accept-Post"] == "application/json"


def test_a_compressed_body_is_not_read(api: Any) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    found = check_problem(api.post("/gradients", content=b"\x1f\x8b", headers=headers), 415, "unsupported_media_type")
    assert found["errors"][0]["header"] == "Content-Encoding"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_parameters_of_the_content_type_are_tolerated(api: Any, kind: str) -> None:
    assert api.send("/gradients", json.dumps(GRADIENTS).encode(), kind).status_code == 200


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("GET", "/gradients", "POST"),
        ("DELETE", "/v1/predict", "POST"),
        ("PATCH", "/datasets/sha256:00", "GET, HEAD, PUT, DELETE"),
        ("PUT", "/jobs", "GET"),
        ("POST", "/healthz", "GET"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_answered(api: Any, method: str, url: str, allowed: str) -> None:
    answer = api.request(method, url)
    found = check_problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed
    assert allowed in found["detail"]


@pytest.mark.parametrize("url", ["/nothing", "/v1/nothing", "/v2/gradients", "/gradients/", "/jobs/x/y/z", "/%00"])
def test_an_address_that_is_not_there(api: Any, url: str) -> None:
    found = check_problem(api.get(url), 404, "not_found")
    assert "/openapi.json" in found["detail"]


@pytest.mark.parametrize("url", ["/" + "a" * 60_000, "/jobs/" + "a" * 60_000, "/datasets/" + "a" * 60_000])
def test_a_long_address_is_repeated_in_part(api: Any, url: str) -> None:
    found = check_problem(api.get(url), 404, "not_found")
    assert 100 < len(found["detail"]) < 400


@pytest.mark.parametrize(
    ("url", "parameter", "words"),
    [
        ("/datasets?limt=3", "limt", ['did you mean "limit"']),
        ("/datasets?limit=0", "limit", ["0", "at least 1"]),
        ("/datasets?limit=ten", "limit", ['"ten"', "integer"]),
        ("/jobs?state=done", "state", ['"done"', "succeeded"]),
        ("/jobs?state=paused", "state", ["'running', 'cancelling', 'succeeded'"]),
        ("/jobs?after=-1", "after", ['"-1"', "give `next` of the page before"]),
        ("/datasets?after=x", "after", ['"x"', "give `next` of the page before"]),
        ("/jobs?label=opt", "label", ['did you mean "label.KEY"', "kind and label.KEY"]),
        ("/healthz?verbose=1", "verbose", ["takes none"]),
    ],
)
def test_a_parameter_that_cannot_be_used(api: Any, url: str, parameter: str, words: list[str]) -> None:
    found = check_problem(api.get(url), 422, "invalid_value")
    assert found["errors"][0]["parameter"] == parameter
    assert all(word in found["detail"] for word in words), found["detail"]


def test_a_body_over_the_limit_is_refused_by_its_declared_length(small_api: Any) -> None:
    found = check_problem(small_api.send("/gradients", b" " * 20_001), 413, "body_too_large")
    assert (found["limit_bytes"], found["actual_bytes"]) == (20_000, 20_001)
    assert "20,001" in found["detail"]
    assert "20,000" in found["detail"]
    assert "max_body_bytes" in found["detail"]


def test_data_sets_have_a_limit_of_their_own(small_api: Any) -> None:
    assert small_api.send("/datasets", b" " * 50_000).status_code == 400
    found = check_problem(small_api.send("/datasets", b" " * 50_001), 413, "body_too_large")
    assert "max_dataset_bytes" in found["detail"]


def test_a_chunked_body_is_counted(small_api: Any) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 1000

    headers = {"Content-Type": "application/json"}
    answer = small_api.post("/gradients", content=endless(), headers=headers)
    found = check_problem(answer, 413, "body_too_large")
    assert found["limit_bytes"] == 20_000
    assert 20_000 < found["actual_bytes"] <= 22_000
    assert "at least" in found["detail"]


def test_json_that_would_unpack_to_too_much_is_refused(small_api: Any) -> None:
    found = check_problem(small_api.send("/datasets", b'{"x": [' + b"[0]," * 12_000), 422, "limit_exceeded")
    assert "memory_budget_bytes" in found["detail"]
    assert "application/x-npz" in found["detail"]


def test_a_sane_request_id_is_kept_and_others_are_replaced(api: Any) -> None:
    assert api.get("/nothing", headers={"X-Request-ID": "mine-1"}).json()["request_id"] == "mine-1"
    assert api.get("/nothing", headers={"X-Request-ID": "<script>"}).json()["request_id"].startswith("req_")


# ---------------------------------------------------------------- over a real socket


def test_over_a_socket_a_bad_body_is_a_problem(served: str) -> None:
    with httpx.Client(base_url=served) as client:
        nested = client.post("/gradients", content=b"[" * 100_000, headers={"Content-Type": "application/json"})
        check_problem(nested, 400, "malformed_json")
        check_problem(client.post("/gradients", json=GRADIENTS | {"loss": "rmse"}), 422, "unknown_name")
        check_problem(client.get("/gradients"), 405, "method_not_allowed")


def test_over_a_socket_a_body_over_the_limit_is_refused_before_it_is_sent(served: str) -> None:
    host = urlsplit(served)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=20)
    connection.putrequest("POST", "/gradients")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    assert answer.status == 413
    assert found["actual_bytes"] == 10**12


def test_over_a_socket_a_whole_body_over_the_limit_is_answered(served: str) -> None:
    with httpx.Client(base_url=served, timeout=60) as client:
        body = b" " * ((64 << 20) + 1)
        check_problem(
            client.post("/gradients", content=body, headers={"Content-Type": "application/json"}), 413, "body_too_large"
        )
        chunks = (b" " * (1 << 20) for _ in range(80))
        answer = client.post("/gradients", content=chunks, headers={"Content-Type": "application/json"})
        check_problem(answer, 413, "body_too_large")
        assert client.get("/healthz").status_code == 200


def test_over_a_socket_a_client_that_goes_away_harms_nobody(served: str) -> None:
    host = urlsplit(served)
    with socket.create_connection((host.hostname or "", host.port or 80)) as connection:
        connection.sendall(
            b"POST /gradients HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
    assert httpx.get(f"{served}/healthz").status_code == 200
