"""POST /gradients/check, /points and GET /mistakes: what is judged, in which layout, and what is refused."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof_core.judgement.mistakes import MISTAKES
from backproof_service import checks
from backproof_service.http.problems import Problem
from backproof_service.settings import Settings
from backproof_service.wire.check import CheckRequest
from specimens import counted

NET: dict[str, Any] = {
    "layers": [
        {"weights": [[0.5, -0.25, 0.75], [0.3, 1.0, -0.6]], "bias": [0.1, -0.5, 0.2], "activation": "tanh"},
        {"weights": [[1.5, 0.4], [-0.7, 0.8], [0.9, -1.1]], "bias": [0.25, 0.05], "activation": "sigmoid"},
    ]
}
POINT: dict[str, Any] = {
    "network": NET,
    "loss": "mse",
    "data": {
        "x": [[1.0, 0.5], [-0.5, 2.0], [0.25, -1.1], [0.7, 0.9]],
        "y": [[0.5, 0.1], [0.9, 0.2], [0.3, 0.8], [0.6, 0.4]],
    },
}
LAYOUTS = [{"weights": w, "samples": s} for w, s in product(("in_out", "out_in"), ("rows", "columns"))]
MATRICES = ("pre_activations", "activations", "deltas")
RATE = 0.1


def turned(M: list[list[float]], turn: bool) -> list[list[float]]:
    return np.transpose(M).tolist() if turn else M


def laid(layout: dict[str, str]) -> dict[str, Any]:
    """The point in that layout."""
    body = copy.deepcopy(POINT)
    for layer in body["network"]["layers"]:
        layer["weights"] = turned(layer["weights"], layout["weights"] == "out_in")
    body["data"] = {name: turned(M, layout["samples"] == "columns") for name, M in body["data"].items()}
    return body | {"layout": layout}


def right(api: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Every number that can be judged at the point, as the matched form has it."""
    include = ["gradients", *MATRICES]
    found = api.post("/gradients", json=body | {"forms": ["matched"], "include": include}).json()
    numbers = {name: found["forms"]["matched"][name] for name in include}
    stepped = [
        {name: (np.array(layer[name]) - RATE * np.array(step[name])).tolist() for name in ("weights", "bias")}
        for layer, step in zip(body["network"]["layers"], numbers["gradients"], strict=True)
    ]
    return numbers | {"loss_value": found["loss_value"], "updated_weights": stepped, "learning_rate": RATE}


def asked(api: Any, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = api.post("/gradients/check", json=body | changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def numbers(api: Any) -> dict[str, Any]:
    return right(api, POINT)


# ---------------------------------------------------------------- what is judged


def test_the_answer_holds_what_the_wire_says(api: Any, numbers: dict[str, Any]) -> None:
    found = asked(api, POINT, **numbers)
    assert list(found) == [
        "object", "verdict", "summary", "dtype", "dtype_inferred", "parameters", "blocks", "first_wrong", "diagnosis",
        "blindness", "better_point", "witnesses", "notes",
    ]  # fmt: skip
    assert found["object"] == "gradient_report"
    assert {block["parameter"] for block in found["parameters"]} == {
        "layers.0.weights", "layers.0.bias", "layers.1.weights", "layers.1.bias",
    }  # fmt: skip
    assert {block["quantity"] for block in found["blocks"]} == {"loss_value", *MATRICES, "updated_weights"}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: " ".join(layout.values()))
def test_right_numbers_are_right_in_every_layout(api: Any, layout: dict[str, str]) -> None:
    body = laid(layout)
    found = asked(api, body, **right(api, body))
    assert found["verdict"] == "right", found
    assert len(found["parameters"]) + len(found["blocks"]) == 1 + 3 * 2 + 2 * 4


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: " ".join(layout.values()))
@pytest.mark.parametrize("quantity", [*MATRICES, "gradients"])
def test_the_worst_entry_is_where_it_was_sent(api: Any, layout: dict[str, str], quantity: str) -> None:
    body = laid(layout)
    sent = right(api, body)[quantity]
    M = sent[0]["weights"] if quantity == "gradients" else sent[0]
    i, j = len(M) - 1, 0
    ours, M[i][j] = M[i][j], 7.25
    found = asked(api, body, **{quantity: sent})
    (wrong,) = (b for b in found["parameters"] + found["blocks"] if b["verdict"] == "wrong" and b["layer"] == 0)
    assert wrong["worst"]["index"] == [i, j]
    assert wrong["worst"]["yours"] == 7.25
    assert wrong["worst"]["ours"] == pytest.approx(ours, rel=1e-12)
    assert f"at [{i}, {j}]" in wrong["pattern"]
    if quantity == "activations":  # which no mistake of the table explains, so that the summary is the pattern
        assert wrong["pattern"] in found["summary"]


@pytest.mark.parametrize("weights", ["in_out", "out_in"])
def test_patterns_speak_of_the_rows_and_shapes_that_were_sent(api: Any, weights: str) -> None:
    body = laid({"weights": weights, "samples": "rows"})
    first = right(api, body)["gradients"][0]["weights"]
    row = copy.deepcopy(first)
    row[1] = [7.0 + k * k for k in range(len(row[1]))]
    (found,) = asked(api, body, gradients=[{"weights": row}, None])["parameters"]
    assert "row 1" in found["pattern"]
    (found,) = asked(api, body, gradients=[turned(first, True), None])["parameters"]
    rows, columns = np.shape(first)
    assert f"{columns}×{rows}, it should be {rows}×{columns}" in found["pattern"]
    assert found["worst"] is found["relative_error"] is None


def test_layers_may_be_matrices_or_left_out(api: Any, numbers: dict[str, Any]) -> None:
    first, second = numbers["gradients"]
    found = asked(api, POINT, gradients=[first["weights"], {"bias": second["bias"], "weights": None}])
    assert found["verdict"] == "right"
    assert {block["parameter"] for block in found["parameters"]} == {"layers.0.weights", "layers.1.bias"}


@pytest.mark.parametrize("lie", [lambda b: b, lambda b: [b], lambda b: [[x] for x in b]], ids=["list", "row", "column"])
def test_a_bias_may_be_a_row_or_a_column(api: Any, numbers: dict[str, Any], lie: Callable[[Any], Any]) -> None:
    sent = [None, {"bias": lie(numbers["gradients"][1]["bias"])}]
    assert asked(api, POINT, gradients=sent)["verdict"] == "right"


@pytest.mark.parametrize("shape", [(2,), (1, 2), (2, 2), (3, 2), (2, 3, 1), (4, 2, 3), (6,)], ids=str)
def test_another_shape_is_wrong_and_no_error(api: Any, shape: tuple[int, ...]) -> None:
    found = asked(api, POINT, gradients=[{"weights": np.full(shape, 0.1).tolist()}, None])
    assert found["verdict"] == "wrong"
    assert found["parameters"][0]["relative_error"] is None


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_wrong_and_no_error(api: Any, numbers: dict[str, Any], word: str) -> None:
    sent = copy.deepcopy(numbers)
    sent["gradients"][0]["weights"][1][2] = sent["gradients"][1]["bias"][0] = word
    sent["deltas"][1][3][1] = sent["loss_value"] = word
    found = asked(api, POINT, **sent)
    assert found["verdict"] == "wrong"
    blocks = {(b["quantity"], b["parameter"]): b for b in found["parameters"] + found["blocks"]}
    wrong = blocks["gradients", "layers.0.weights"]
    assert wrong["relative_error"] == "NaN"
    assert wrong["worst"]["index"] == [1, 2]
    assert wrong["worst"]["yours"] == word
    assert blocks["loss_value", ""]["worst"] == {"index": [], "yours": word, "ours": numbers["loss_value"]}


def test_the_precision_is_inferred_or_told(api: Any, numbers: dict[str, Any]) -> None:
    single = [
        {name: np.float32(block).astype(float).tolist() for name, block in layer.items()}
        for layer in numbers["gradients"]
    ]
    found = asked(api, POINT, gradients=single)
    assert (found["verdict"], found["dtype"], found["dtype_inferred"]) == ("right", "float32", True)
    found = asked(api, POINT, gradients=single, dtype="float64")
    assert (found["verdict"], found["dtype"], found["dtype_inferred"]) == ("wrong", "float64", False)


def test_a_stored_data_set_is_a_point_too(api: Any, numbers: dict[str, Any]) -> None:
    stored = {"dataset": api.post("/datasets", json=POINT["data"]).json()["id"]}
    sent = {"gradients": numbers["gradients"], "previous": {"data": stored | {"rows": [1, 3]}}}
    assert asked(api, POINT, data=stored, **sent)["verdict"] == "right"
    refused = api.post("/gradients/check", json=POINT | sent | {"previous": {"data": stored | {"rows": [3, 9]}}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/previous/data/rows"
    assert "the data set has 4 rows" in refused.json()["detail"]


def test_a_drawn_network_is_the_one_that_the_seed_draws(api: Any, xor: dict[str, Any]) -> None:
    found = api.post("/gradients", json=xor | {"forms": ["matched"]}).json()
    assert asked(api, xor, gradients=found["forms"]["matched"]["gradients"])["verdict"] == "right"
    seed = xor["network"] | {"seed": 8}
    assert asked(api, xor, network=seed, gradients=found["forms"]["matched"]["gradients"])["verdict"] == "wrong"


def test_a_transposed_gradient_is_named_with_its_mend(api: Any) -> None:
    asked_for = {"network": {"sizes": [2, 3, 3], "activation": ["tanh", "softmax"]}, "loss": "cross_entropy"}
    point = api.post("/points", json=asked_for).json()
    sent = copy.deepcopy(point["answers"]["gradients"])
    sent[1]["weights"] = turned(sent[1]["weights"], True)
    body = {name: point[name] for name in ("network", "loss", "data")}
    found = asked(api, body, gradients=sent)
    assert found["first_wrong"] == {"layer": 1, "quantity": "gradients", "parameter": "layers.1.weights"}
    (mistake,) = found["diagnosis"][0]["mistakes"]
    assert mistake["id"] == "transposed_gradient"
    assert mistake["layer"] == 1
    assert mistake["mend"]["numpy"]
    assert mistake["mend"]["ocaml"]


# ---------------------------------------------------------------- what is refused


@dataclass(frozen=True)
class Bad:
    """What is wrong with a request, and what the answer must say."""

    name: str
    changes: dict[str, Any]
    pointer: str
    words: list[str]
    code: str = "invalid_value"


W2 = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
TANH = {"sizes": [2, 3, 2], "activation": "tanh"}
NO_BIAS = {"layers": [NET["layers"][0], NET["layers"][1] | {"bias": None}]}
BAD = [
    Bad("nothing", {}, "#", ["nothing to judge", "pre_activations", "updated_weights"]),
    Bad("only nulls", {"gradients": [None, {"weights": None}], "deltas": [None, None]}, "#", ["nothing to judge"]),
    Bad("a layer too few", {"gradients": [W2]}, "#/gradients", ["gradients has 1 entry", "2 layers", "null"]),
    Bad("a layer too many", {"deltas": [None, None, W2]}, "#/deltas", ["3 entries", "2 layers"]),
    Bad("A_0 is sent", {"activations": [W2, W2, W2]}, "#/activations", ["3 entries", "A_0 is x", "not sent"]),
    Bad("no list", {"gradients": {"weights": W2}}, "#/gradients", ["an object", "a list"]),
    Bad("a layer that is none", {"gradients": [None, 3]}, "#/gradients/1", ['"weights"', "null"]),
    Bad("ragged rows", {"gradients": [None, [[1, 2], [3]]]}, "#/gradients/1/1", ["1 entry", "the first has 2"]),
    Bad("rows and numbers", {"gradients": [None, [[1, 2], 3]]}, "#/gradients/1/1", ["This is 3", "entry 0 is a list"]),
    Bad("numbers and rows", {"gradients": [None, [1, [2]]]}, "#/gradients/1/1", ["a list", "entry 0 is a number"]),
    Bad("an empty list", {"gradients": [None, [[1], []]]}, "#/gradients/1/1", ["empty"]),
    Bad("another word", {"deltas": [None, [["nan"]]]}, "#/deltas/1/0/0", ['"nan"', '"NaN", "Infinity"']),
    Bad("null for a number", {"deltas": [None, [[1, None]]]}, "#/deltas/1/0/1", ["null", "a number"]),
    Bad("a boolean", {"gradients": [None, {"bias": [1, True]}]}, "#/gradients/1/bias/1", ["true", "a number"]),
    Bad("no loss value", {"loss_value": "0.5"}, "#/loss_value", ['the string "0.5"', "a number"]),
    Bad("deep lists", {"deltas": [None, [[[[[1]]]]]]}, "#/deltas/1", ["nested 5 deep"]),
    Bad(
        "a bias of a layer that has none",
        {"network": NO_BIAS, "gradients": [None, {"bias": [1, 2]}]},
        "#/gradients/1/bias",
        ["b₂ (layers.1.bias)", "no bias"],
    ),
    Bad("a rate of none", {"updated_weights": [None, W2]}, "#/learning_rate", ["learning_rate"]),
    Bad("a rate of zero", {"gradients": [None, W2], "learning_rate": 0}, "#/learning_rate", ["above 0"]),
    Bad("a misspelt list", {"gradient": [None, W2]}, "#/gradient", ['"gradients"?'], "unknown_field"),
    Bad(
        "another dtype",
        {"gradients": [None, W2], "dtype": "float16"},
        "#/dtype",
        ["float64 and float32"],
        "unknown_name",
    ),
    Bad(
        "an inadmissible pair",
        {"gradients": [None, W2], "loss": "cross_entropy", "network": TANH},
        "#/loss",
        ["softmax"],
        "inadmissible_pair",
    ),
    Bad("NaN in data", {"gradients": [None, W2], "data": {"x": [["NaN", 1]], "y": [[0, 1]]}}, "#/data/x/0/0", ["NaN"]),
]
BEFORE = [
    Bad("no object", {"previous": 7}, "#/previous", ["7", "an object"]),
    Bad("misspelt", {"previous": {"gradient": []}}, "#/previous/gradient", ['"gradients"?'], "unknown_field"),
    Bad("a layer too few", {"previous": {"velocity": [W2]}}, "#/previous/velocity", ["1 entry", "2 layers"]),
    Bad(
        "another shape",
        {"previous": {"gradients": [None, [[1, 2, 3]]]}},
        "#/previous/gradients/1",
        ["inputs × outputs", "1×3", "3×2"],
        "shape_mismatch",
    ),
    Bad("not finite", {"previous": {"velocity": [None, {"bias": [1, "NaN"]}]}}, "#/previous/velocity/1", ["finite"]),
    Bad(
        "rows and targets that are not as many",
        {"previous": {"data": {"x": [[1, 2]], "y": [[1, 0], [0, 1]]}}},
        "#/previous/data/y",
        ["x has 1 rows and y has 2"],
    ),
    Bad(
        "other features",
        {"previous": {"data": {"x": [[1, 2, 3]], "y": [[1, 0]]}}},
        "#/previous/data/x",
        ["3 columns", "needs 2"],
        "shape_mismatch",
    ),
    Bad(
        "a label that is no class",
        {"previous": {"data": {"x": [[1, 2]], "labels": [5]}}},
        "#/previous/data/labels/0",
        ["0 to 1"],
    ),
    Bad(
        "an unknown data set",
        {"previous": {"data": {"dataset": "sha256:" + "0" * 64}}},
        "#/previous/data/dataset",
        ["/datasets"],
        "unknown_dataset",
    ),
]


def refused(api: Any, bad: Bad, body: dict[str, Any], url: str = "/gradients/check") -> None:
    answer = api.post(url, json=body | bad.changes)
    found = answer.json()
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (found["code"], found["errors"][0]["pointer"]) == (bad.code, bad.pointer), found
    assert [words for words in bad.words if words not in found["detail"]] == [], found["detail"]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_numbers_are_refused_where_they_stand(api: Any, bad: Bad) -> None:
    refused(api, bad, POINT)


@pytest.mark.parametrize("bad", BEFORE, ids=lambda bad: bad.name)
def test_a_bad_step_before_is_refused_where_it_stands(api: Any, numbers: dict[str, Any], bad: Bad) -> None:
    refused(api, bad, POINT | {"gradients": numbers["gradients"]})


def test_what_is_too_large_is_refused_before_it_is_made() -> None:
    request = CheckRequest.model_validate(POINT | {"loss_value": 1.0})
    checks.check_size(request, 4, Settings())
    with pytest.raises(Problem, match="max_check_flops") as raised:
        checks.check_size(request, 4, Settings(max_check_flops=10**6))
    assert raised.value.code == "limit_exceeded"
    with pytest.raises(Problem, match="memory_budget_bytes"):
        checks.check_size(request, 10_000, Settings(memory_budget_bytes=1 << 20))


def test_the_size_of_the_step_before_counts_too(small_api: Any) -> None:
    rows = {"x": np.ones((3000, 2), dtype=int).tolist(), "y": np.ones((3000, 2), dtype=int).tolist()}
    stored = {"dataset": small_api.post("/datasets", json=rows).json()["id"]}
    body = POINT | {"loss_value": 0.5}
    assert small_api.post("/gradients/check", json=body).status_code == 200
    found = small_api.post("/gradients/check", json=body | {"previous": {"data": stored}}).json()
    assert found["code"] == "limit_exceeded"
    assert "memory_budget_bytes" in found["detail"]


# ---------------------------------------------------------------- anything at all

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-2, 2),
    st.sampled_from(["NaN", "Infinity", "-Infinity", 0, -0.0, 5e-324, 1e-300, 1.7e308, -1.7e308, 2**53, 2**63]),
)


def block(*shape: int) -> st.SearchStrategy[Any]:
    """Nested lists of that shape."""
    found = NUMBERS
    for length in reversed(shape):
        found = st.lists(found, min_size=length, max_size=length)
    return found


def matrices(*shapes: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return st.tuples(*(st.none() | block(*shape) | shapeless() for shape in shapes)).map(list)


def shapeless() -> st.SearchStrategy[Any]:
    return st.lists(st.integers(1, 4), min_size=1, max_size=3).flatmap(lambda shape: block(*shape))


def layered() -> st.SearchStrategy[Any]:
    def layer(d_in: int, d_out: int) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries(
            {},
            optional={
                "weights": st.none() | block(d_in, d_out) | shapeless(),
                "bias": st.none() | block(d_out) | shapeless(),
            },
        )

    return st.tuples(st.none() | layer(2, 3), st.none() | layer(3, 2) | shapeless()).map(list)


@st.composite
def claims(draw: st.DrawFn) -> dict[str, Any]:
    """Any numbers in any shapes, for any of what is judged."""
    hidden, outputs = (4, 3), (4, 2)
    lists = {name: matrices(hidden, outputs) for name in MATRICES} | {"gradients": layered()}
    steps = {"weight_decay": st.floats(0, 10), "momentum": st.floats(0, 0.99)}
    sent = draw(st.fixed_dictionaries({}, optional=lists | steps | {"loss_value": NUMBERS}))
    if draw(st.booleans()):
        sent |= {"updated_weights": draw(layered()), "learning_rate": draw(st.floats(1e-300, 1e300))}
    return sent


@counted(1000)
@given(sent=claims(), layout=st.sampled_from([LAYOUTS[0], LAYOUTS[3]]))
def test_anything_is_judged_or_refused(api: Any, sent: dict[str, Any], layout: dict[str, str]) -> None:
    answer = api.post("/gradients/check", json=laid(layout) | sent)
    assert answer.status_code in (200, 422), answer.text
    found = answer.json()
    if answer.status_code == 422:
        assert "nothing to judge" in found["detail"], found
    else:
        assert found["verdict"] in ("right", "wrong", "cannot_judge")


# ---------------------------------------------------------------- points and mistakes


def test_a_point_is_right_in_the_layout_that_it_was_asked_in(api: Any) -> None:
    network = {"sizes": [3, 4, 2], "activation": ["relu", "sigmoid"]}
    for layout in LAYOUTS:
        found = api.post("/points", json={"network": network, "loss": "mse", "layout": layout, "seed": 5}).json()
        assert list(found) == ["object", "network", "loss", "data", "layout", "unshowable", "answers"]
        out_in, columns = layout["weights"] == "out_in", layout["samples"] == "columns"
        assert np.shape(found["network"]["layers"][0]["weights"]) == ((4, 3) if out_in else (3, 4))
        assert np.shape(found["data"]["x"])[0 if columns else 1] == 3
        assert found["layout"] == layout
        body = {name: found[name] for name in ("network", "loss", "data", "layout")}
        assert asked(api, body, **found["answers"])["verdict"] == "right"


def test_the_same_seed_gives_the_same_point(api: Any) -> None:
    def point(**changes: Any) -> Any:
        asked_for = {"network": {"sizes": [2, 3, 1], "activation": "tanh"}, "loss": "half_sse", "seed": 1}
        return api.post("/points", json=asked_for | changes).json()

    assert point() == point()
    assert point()["data"] != point(seed=2)["data"]


def test_only_the_architecture_of_the_network_counts(api: Any) -> None:
    other = copy.deepcopy(NET)
    other["layers"][0]["weights"][0][0] = 9.0
    found = [api.post("/points", json={"network": net, "loss": "mse"}).json() for net in (NET, other)]
    assert found[0] == found[1]
    bare = {"sizes": [2, 3, 2], "activation": ["tanh", "sigmoid"], "bias": False}
    layers = api.post("/points", json={"network": bare, "loss": "mse"}).json()["network"]["layers"]
    assert [layer["bias"] for layer in layers] == [None, None]


def test_a_wide_network_gets_a_narrow_point(api: Any) -> None:
    network = {"sizes": [784, 128, 128, 10], "activation": ["relu", "relu", "softmax"]}
    found = api.post("/points", json={"network": network, "loss": "cross_entropy"}).json()
    shapes = [np.shape(layer["weights"]) for layer in found["network"]["layers"]]
    assert max(max(shape) for shape in shapes) <= 8
    assert shapes[1][0] == shapes[1][1]


@pytest.mark.parametrize(
    "bad",
    [
        Bad("a pair", {"loss": "cross_entropy", "network": TANH}, "#/loss", ["softmax"], "inadmissible_pair"),
        Bad("data", {"data": {}}, "#/data", ["no field"], "unknown_field"),
        Bad("a seed that is none", {"seed": -1}, "#/seed", ["at least 0"]),
        Bad("no network", {"network": {"size": [1]}}, "#/network", ["sizes"]),
    ],
    ids=lambda bad: bad.name,
)
def test_a_point_that_cannot_be_is_refused(api: Any, bad: Bad) -> None:
    refused(api, bad, {"network": NET, "loss": "mse"}, "/points")


def test_the_mistakes_are_those_of_the_table(api: Any) -> None:
    found = api.get("/mistakes").json()
    assert (found["object"], found["next"]) == ("list", None)
    assert [mistake["id"] for mistake in found["data"]] == list(MISTAKES)
    for mistake in found["data"]:
        assert all(mistake[name] for name in ("title", "cause", "question", "looks", "hides"))
        assert mistake["mend"]["numpy"]
        assert mistake["mend"]["ocaml"]
        assert "{detail}" not in str(mistake)
