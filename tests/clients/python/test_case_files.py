"""Case files: `backproof gradients` with the caller's own numbers in the request, run as people run it."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from .conftest import XOR, saved
from .test_command import backproof

POINT: dict[str, Any] = {
    "network": {"sizes": [2, 3, 1], "activation": ["tanh", "sigmoid"], "seed": 4},
    "loss": "half_sse",
    "data": XOR,
}
OTHER_NUMBERS: dict[str, Any] = {
    "loss_value": 0.5,
    "pre_activations": [None, None],
    "activations": [None, None],
    "deltas": [[[1]], None],
    "updated_weights": [None, None],
    "learning_rate": 0.1,
    "weight_decay": 0,
    "momentum": 0.9,
    "previous": {"velocity": [None, None]},
}


@pytest.fixture(scope="module")
def right(url: str) -> Any:
    """The right gradients at the point."""
    told = backproof("gradients", "-", "--json", "--url", url, stdin=json.dumps(POINT | {"forms": ["vectorized"]}))
    return json.loads(told.stdout)["forms"]["vectorized"]["gradients"]


@pytest.fixture
def mine(right: Any) -> Any:
    """The same, for a test to spoil."""
    return deepcopy(right)


def rows(url: str, case: dict[str, Any], code: int) -> list[dict[str, Any]]:
    """What --json says of the caller's numbers, by the command that ends with that code."""
    ran = backproof("gradients", "-", "--json", "--url", url, stdin=json.dumps(case))
    assert (ran.returncode, ran.stderr) == (code, "")
    found: list[dict[str, Any]] = json.loads(ran.stdout)["yours"]
    return found


def test_right_gradients_agree_without_any_server(right: Any, tmp_path: Path) -> None:
    file = saved(tmp_path, "xor.case.json", json.dumps(POINT | {"gradients": right}))
    ran = backproof("gradients", file)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "all agree" in ran.stdout
    table = ran.stdout.split("your gradients agree with the matched form\n")[1]
    cells = [line.split() for line in table.splitlines() if "layers." in line]
    assert [line[0] for line in cells] == ["layers.0.weights", "layers.0.bias", "layers.1.weights", "layers.1.bias"]
    assert {line[-1] for line in cells} == {"agree"}


def test_a_wrong_entry_is_named_with_both_numbers(url: str, mine: Any) -> None:
    ours = mine[0]["weights"][1][2]
    mine[0]["weights"][1][2] = ours + 1e-3
    case = POINT | {"gradients": mine}
    ran = backproof("gradients", "-", "--url", url, stdin=json.dumps(case))
    assert ran.returncode == 1
    assert "all agree" in ran.stdout  # the service's two forms do
    assert "your gradients do not agree with the matched form" in ran.stdout
    line = next(line for line in ran.stdout.splitlines() if "layers.0.weights" in line and "[1, 2]" in line)
    assert repr(ours + 1e-3) in line and line.rstrip().endswith("differ")

    found = {row["parameter"]: row for row in rows(url, case, 1)}
    largest = max(abs(value) for row in mine[0]["weights"] for value in row)
    wrong = found.pop("layers.0.weights")
    assert wrong["relative_error"] == pytest.approx(1e-3 / largest, rel=1e-9)
    assert (wrong["agree"], wrong["tolerance"], wrong["detail"]) == (False, 1e-9, None)
    assert wrong["worst"]["index"] == [1, 2]
    assert wrong["worst"]["yours"] == ours + 1e-3
    assert wrong["worst"]["ours"] == pytest.approx(ours, rel=1e-12)
    assert [row["agree"] for row in found.values()] == [True, True, True]


@pytest.mark.parametrize(("factor", "code"), [(1 + 1e-10, 0), (1 + 1e-8, 1)])
def test_the_tolerance_is_that_of_the_comparison(url: str, mine: Any, factor: float, code: int) -> None:
    mine[1]["bias"][0] *= factor
    assert [row["agree"] for row in rows(url, POINT | {"gradients": mine}, code)][3] is (code == 0)


@pytest.mark.parametrize(("factor", "code"), [(1 + 1e-6, 0), (1 + 1e-3, 1)])
def test_float32_has_its_own(url: str, mine: Any, factor: float, code: int) -> None:
    mine[1]["bias"][0] *= factor
    found = rows(url, POINT | {"gradients": mine, "dtype": "float32"}, code)
    assert {row["tolerance"] for row in found} == {1e-4}
    assert found[3]["agree"] is (code == 0)


def test_what_is_left_out_is_passed_over(url: str, mine: Any) -> None:
    case = POINT | {"gradients": [None, {"weights": mine[1]["weights"], "bias": None}]}
    assert [row["parameter"] for row in rows(url, case, 0)] == ["layers.1.weights"]
    assert [row["parameter"] for row in rows(url, POINT | {"gradients": [{"bias": mine[0]["bias"]}, None]}, 0)] == [
        "layers.0.bias"
    ]


def test_other_numbers_are_not_sent_and_named_as_left_aside(url: str, mine: Any) -> None:
    ran = backproof("gradients", "-", "--url", url, stdin=json.dumps(POINT | OTHER_NUMBERS | {"gradients": mine}))
    assert ran.returncode == 0
    names = ", ".join(OTHER_NUMBERS)
    assert ran.stderr == f"Of your own numbers only gradients are compared; left aside: {names}.\n"
    ran = backproof("gradients", "-", "--json", "--url", url, stdin=json.dumps(POINT | OTHER_NUMBERS))
    assert ran.returncode == 0
    assert "yours" not in json.loads(ran.stdout)


@pytest.mark.parametrize(
    ("value", "told"), [("NaN", "NaN"), ("Infinity", "Infinity"), ("-Infinity", "-Infinity"), (float("nan"), "NaN")]
)
def test_what_is_not_finite_never_agrees(url: str, mine: Any, value: Any, told: str) -> None:
    mine[1]["weights"][0][0] *= 2  # farther than any other, but finite
    mine[1]["weights"][2][0] = value
    wrong = rows(url, POINT | {"gradients": mine}, 1)[2]
    assert (wrong["relative_error"], wrong["agree"]) == ("NaN", False)
    assert (wrong["worst"]["index"], wrong["worst"]["yours"]) == ([2, 0], told)


def test_zero_gradients_agree_with_zeros(url: str) -> None:
    point = {
        "network": {"sizes": [1, 1], "activation": "identity", "init": {"type": "zeros"}},
        "loss": "half_sse",
        "data": {"x": [[1]], "y": [[0]]},
    }
    found = rows(url, point | {"gradients": [{"weights": [[0]], "bias": [-0.0]}]}, 0)
    assert [row["relative_error"] for row in found] == [0, 0]


def test_another_shape_is_said_and_the_rest_compared(url: str, mine: Any) -> None:
    mine[0]["weights"] = [list(column) for column in zip(*mine[0]["weights"], strict=True)]
    mine[1]["bias"] = [mine[1]["bias"]]
    case = POINT | {"gradients": mine}
    found = rows(url, case, 1)
    assert [row["agree"] for row in found] == [False, True, True, False]
    assert [row["detail"] for row in found] == [
        "yours is 3 × 2, it has to be 2 × 3",
        None,
        None,
        "yours is 1 × 1, it has to be a list of 1",
    ]
    assert [found[0]["relative_error"], found[0]["worst"]] == [None, None]
    ran = backproof("gradients", "-", "--url", url, stdin=json.dumps(case))
    assert "layers.0.weights: yours is 3 × 2, it has to be 2 × 3.\n" in ran.stdout


def test_a_bias_that_the_layer_has_not_is_said(url: str, mine: Any) -> None:
    case = POINT | {"network": POINT["network"] | {"bias": False}, "gradients": [{"bias": mine[0]["bias"]}, None]}
    assert [row["detail"] for row in rows(url, case, 1)] == ["the layer has no bias, so yours has to be null"]


@pytest.mark.parametrize(
    ("gradients", "said"),
    [
        ({}, "gradients is {}; it has to be a list over layers, null for one that is left out."),
        ([None, None], "gradients leaves out every layer; give at least one, or no gradients."),
        ([[[1]], None], "gradients[0] is [[1]]; it has to be an object of weights and bias, or null."),
        ([{"W": [[1]]}, None], "gradients[0] is {'W': [[1]]}; it has to be an object of weights and bias, or null."),
        ([{"weights": 3}, None], "gradients[0].weights is 3; it has to be a list."),
        ([{"weights": [[1], [1, 2]]}, None], "gradients[0].weights[1] is a row of 2; the rows of a matrix have to be"),
        ([{"weights": [[1], 2]}, None], "gradients[0].weights[1] is 2; the rows of a matrix have to be lists"),
        ([{"weights": [1, [2]]}, None], "gradients[0].weights[0] is 1; the rows of a matrix have to be lists"),
        ([{"bias": [1, None]}, None], "gradients[0].bias[1] is None; it has to be a number, or \"NaN\""),
        ([{"bias": ["inf"]}, None], "gradients[0].bias[0] is 'inf'; it has to be a number"),
        ([{"weights": [[True]]}, None], "gradients[0].weights[0][0] is True; it has to be a number"),
        ([{"bias": [10**400]}, None], "it has to be a number"),
    ],
)  # fmt: skip
def test_what_are_no_gradients_is_wrong_usage_before_anything_is_sent(gradients: Any, said: str) -> None:
    nobody = "http://127.0.0.1:9"
    ran = backproof("gradients", "-", "--url", nobody, stdin=json.dumps(POINT | {"gradients": gradients}))
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert said in ran.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"gradients": [{"bias": [1]}]},
            "gradients has 1 entries, and the network has 2 layers; give one entry for each",
        ),
        (
            {"forms": ["vectorized"]},
            "There are no gradients of the matched form to hold yours against: leave forms and",
        ),
        ({"include": ["deltas"]}, "There are no gradients of the matched form to hold yours against: leave forms and"),
    ],
)
def test_what_cannot_be_compared_is_wrong_usage(url: str, mine: Any, changes: dict[str, Any], said: str) -> None:
    ran = backproof("gradients", "-", "--url", url, stdin=json.dumps(POINT | {"gradients": mine} | changes))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(said)


def test_a_misspelt_field_is_still_refused(url: str, mine: Any) -> None:
    ran = backproof("gradients", "-", "--url", url, stdin=json.dumps(POINT | {"gradient": mine}))
    assert ran.returncode == 1
    assert 'There is no field "gradient" here' in ran.stderr
