"""Case files in `backproof gradients`: both forms are compared, and the caller's own numbers judged as by `check`."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from .conftest import XOR, Command, saved
from .test_command import backproof

POINT: dict[str, Any] = {
    "network": {"sizes": [2, 3, 1], "activation": ["tanh", "sigmoid"], "seed": 4},
    "loss": "half_sse",
    "data": XOR,
}
BEARING: dict[str, Any] = {
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


def judged(command: Command, case: dict[str, Any], code: int) -> dict[str, Any]:
    """What --json says of the caller's numbers, by the command that ends with that code."""
    ran = command("gradients", "-", "--json", stdin=json.dumps(case))
    assert (ran.returncode, ran.stderr) == (code, "")
    found: dict[str, Any] = json.loads(ran.stdout)["yours"]
    return found


def test_right_gradients_agree_without_any_server(right: Any, tmp_path: Path) -> None:
    file = saved(tmp_path, "xor.case.json", json.dumps(POINT | {"gradients": right}))
    ran = backproof("gradients", file)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "all agree" in ran.stdout
    report = ran.stdout.split("\nYour numbers\n")[1]
    assert report.startswith("✓ Right")
    assert all(f"layers.{l}.{name}" in report for l in (0, 1) for name in ("weights", "bias"))


def test_a_wrong_entry_is_named_with_both_numbers(command: Command, mine: Any) -> None:
    ours = mine[0]["weights"][1][2]
    mine[0]["weights"][1][2] = ours + 1e-3
    case = POINT | {"gradients": mine}
    ran = command("gradients", "-", stdin=json.dumps(case))
    assert ran.returncode == 1
    assert "all agree" in ran.stdout  # the service's two forms do
    assert "Worst     ∇W₁[1][2]: yours is " in ran.stdout
    report = judged(command, case, 1)
    assert report["object"] == "gradient_report"
    wrong = [row for row in report["parameters"] if row["verdict"] != "right"]
    assert [row["parameter"] for row in wrong] == ["layers.0.weights"]
    assert (wrong[0]["worst"]["index"], wrong[0]["worst"]["yours"]) == ([1, 2], ours + 1e-3)
    assert wrong[0]["worst"]["ours"] == pytest.approx(ours, rel=1e-12)


def test_it_is_the_judgement_of_check(command: Command, mine: Any) -> None:
    mine[1]["weights"] = [[-value for value in row] for row in mine[1]["weights"]]
    case = POINT | {"gradients": mine}
    ran = command("check", "-", "--format", "json", stdin=json.dumps(case))
    assert judged(command, case, 1) == json.loads(ran.stdout)
    more = case | {"forms": ["vectorized"], "witnesses": ["complex_step"], "include": ["deltas"], "route": "jacobian"}
    assert judged(command, more, 1) == json.loads(ran.stdout)


def test_what_cannot_be_judged_is_2(command: Command) -> None:
    case = {
        "network": {"layers": [{"weights": [[1.0]], "activation": "identity"}]},
        "loss": "half_sse",
        "data": {"x": [[1000.0]], "y": [[1000.0001]]},
        "dtype": "float32",
        "gradients": [{"weights": [[-0.1]]}],
    }
    assert judged(command, case, 2)["verdict"] == "cannot_judge"


def test_all_numbers_of_ones_own_are_judged(command: Command, mine: Any) -> None:
    case = POINT | BEARING | {"gradients": mine, "deltas": [[[9.0] * 3] * 4, None], "previous": None}
    report = judged(command, case, 1)
    assert [(row["quantity"], row["verdict"]) for row in report["blocks"]] == [("deltas", "wrong")]
    assert {row["verdict"] for row in report["parameters"]} == {"right"}


def test_what_bears_on_no_numbers_is_left_aside_and_said(command: Command) -> None:
    ran = command("gradients", "-", "--json", stdin=json.dumps(POINT | BEARING))
    assert ran.returncode == 0
    assert ran.stderr == f"There are no numbers of yours to judge; left aside: {', '.join(BEARING)}.\n"
    assert "yours" not in json.loads(ran.stdout)


@pytest.mark.parametrize(("value", "told"), [("nan", "NaN"), ("-inf", "-Infinity"), ('"Infinity"', "Infinity")])
def test_what_is_not_finite_never_agrees(command: Command, mine: Any, value: str, told: str) -> None:
    mine[1]["weights"][2][0] = 123456.5
    text = json.dumps(POINT | {"gradients": mine}).replace("123456.5", value)
    ran = command("gradients", "-", "--json", stdin=text)
    assert ran.returncode == 1
    (wrong,) = [row for row in json.loads(ran.stdout)["yours"]["parameters"] if row["verdict"] == "wrong"]
    assert (wrong["relative_error"], wrong["worst"]["index"], wrong["worst"]["yours"]) == ("NaN", [2, 0], told)


@pytest.mark.parametrize(
    ("gradients", "said"),
    [
        ([{"weights": [[1], [1, 2]]}, None], "gradients"),
        ([{"bias": [1]}], "gradients"),
        ([{"W": [[1]]}, None], "W"),
    ],
)
def test_what_are_no_gradients_is_refused_in_the_services_words(command: Command, gradients: Any, said: str) -> None:
    ran = command("gradients", "-", stdin=json.dumps(POINT | {"gradients": gradients}))
    assert (ran.returncode, ran.stdout) == (1, "")
    assert said in ran.stderr


def test_a_misspelt_field_is_still_refused(command: Command, mine: Any) -> None:
    ran = command("gradients", "-", stdin=json.dumps(POINT | {"gradient": mine}))
    assert ran.returncode == 1
    assert 'There is no field "gradient" here' in ran.stderr
