"""`backproof check`: its exit codes, its words, and what machines read of it.

The command is run in a process of its own where that matters, else by its own entry in this one, which takes no second.
"""

import json
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from serving import environment

from .conftest import Command, saved
from .own import case
from .test_command import COMMAND, backproof, sentences
from .tiny import Answer, tiny

CANNOT: dict[str, Any] = {  # in float32 the residual is what rounding leaves
    "network": {"layers": [{"weights": [[1.0]], "activation": "identity"}]},
    "loss": "half_sse",
    "data": {"x": [[1000.0]], "y": [[1000.0001]]},
    "dtype": "float32",
    "gradients": [{"weights": [[-0.1]]}],
}
ENDS = [(case(), 0, "✓ Right"), (case("sum"), 1, "✗ Wrong"), (CANNOT, 2, "? Cannot judge")]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A case file for each way to end, by its word."""
    named = zip(("right", "wrong", "cannot"), ENDS)
    return {name: saved(tmp_path, f"{name}.case.json", json.dumps(told)) for name, (told, _, _) in named}


# ---------------------------------------------------------------- how it ends


@pytest.mark.parametrize(("told", "code", "said"), ENDS, ids=["right", "wrong", "cannot judge"])
def test_the_exit_code_is_the_verdict(command: Command, told: dict[str, Any], code: int, said: str) -> None:
    ran = command("check", "-", stdin=json.dumps(told))
    assert (ran.returncode, ran.stderr) == (code, "")
    assert ran.stdout.startswith(said)


def test_without_any_server(files: dict[str, str]) -> None:
    ran = backproof("check", *files.values())
    assert (ran.returncode, ran.stderr) == (2, "")
    assert ran.stdout.splitlines()[-1] == "3 files: 1 right, 1 wrong, 1 not judged."
    heads = [line for line in ran.stdout.splitlines() if line.endswith(".case.json") and line[0] != "B"]
    assert heads == list(files.values())


def test_where_no_service_answers_it_is_3(files: dict[str, str]) -> None:
    with tiny(Answer(503, {"title": "Draining", "status": 503}, {"Retry-After": "3600"})) as draining:
        for url in ("http://127.0.0.1:9", draining.url):
            ran = backproof("check", files["wrong"], "--url", url)
            assert (ran.returncode, ran.stdout, len(sentences(ran))) == (3, "", 1)


def test_of_several_the_largest_code_counts(command: Command, files: dict[str, str], tmp_path: Path) -> None:
    right, wrong = files["right"], files["wrong"]
    assert command("check", right, right).returncode == 0
    assert command("check", right, wrong, right).returncode == 1
    ran = command("check", wrong, str(tmp_path / "none"))
    assert ran.returncode == 2
    assert "✗ Wrong" in ran.stdout
    assert sentences(ran) == [f"{tmp_path / 'none'} cannot be read: No such file or directory."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "stdin is no case: not JSON"),
        (
            "[1]",
            "stdin is no case: a JSON object was expected, not [1]. A case is a JSON object of network, loss, data",
        ),
        ('{"network": {}, "gradients": []}', "stdin is no case: it has no loss and no data."),
        (json.dumps(case() | {"gradients": None}), "stdin holds a point and none of your numbers; add what your code"),
    ],
)
def test_what_is_no_case_is_2_before_anything_is_sent(command: Command, text: str, said: str) -> None:
    ran = command("check", "-", "--url", "http://127.0.0.1:9", stdin=text)
    assert (ran.returncode, ran.stdout, len(sentences(ran))) == (2, "", 1)
    assert said in ran.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "half_see"}, "half_sse"),
        ({"gradient": 1}, "gradients"),
        ({"gradients": [None]}, "2 layers"),
        ({"gradients": [{"weights": [[1, 2], [3]]}, None]}, "row"),
        ({"data": {"x": [["NaN", 0.0]], "y": [[1, 0, 0]]}}, "NaN"),
    ],
)
def test_what_is_refused_is_2_in_the_services_words(command: Command, changes: dict[str, Any], said: str) -> None:
    ran = command("check", "-", stdin=json.dumps(case() | changes))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("stdin: ")
    assert said in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-", "-"), "stdin (-) is given twice"),
        (("a", "b", "--better-point", "c.case.json"), "--better-point writes the better point of one FILE"),
        (("a", "--better-point", "none/c.case.json"), "none/c.case.json cannot be written: there is no folder none."),
        (("a", "--hint", "--full"), "give one of them"),
        (("a", "--hint", "--format", "json"), "--hint is for text: leave --format json out."),
    ],
)
def test_wrong_usage_is_2_and_one_sentence(command: Command, arguments: tuple[str, ...], said: str) -> None:
    ran = command("check", *arguments)
    assert (ran.returncode, ran.stdout, len(sentences(ran))) == (2, "", 1)
    assert said in ran.stderr


def test_the_help_says_how_it_ends_and_shows_a_case_that_works(command: Command) -> None:
    told = command("check", "--help").stdout
    words = " ".join(told.split())
    assert "0 where everything is right, 1 where something is wrong, 2 where it cannot be judged" in words
    assert "3 where no service answers" in words
    example = told.split("A minimal FILE:")[1]
    ran = command("check", "-", stdin=example)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "summed_not_averaged" not in ran.stdout


# ---------------------------------------------------------------- what it says


def test_a_mistake_is_named_with_its_place_its_question_and_its_mend(command: Command) -> None:
    ran = command("check", "-", stdin=json.dumps(case("at activation")))
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("✗ Wrong, first in the gradient of W₁ (layers.0.weights)")
    assert [line[:5] for line in lines if line[1:4] in (" ∇W", " ∇b")] == ["✓ ∇W₂", "✓ ∇b₂", "✗ ∇W₁", "✗ ∇b₁"]
    assert "Mistake   derivative_at_activation in layer 1 (W₁, layers.0.weights)" in lines
    for label in ("Starts at", "Worst", "Ask", "NumPy", "OCaml"):
        assert sum(line.startswith(f"{label:<10}") for line in lines) == 1


def test_a_hint_asks_and_names_nothing(command: Command) -> None:
    told = json.dumps(case("sum"))
    ran, whole = (command("check", "-", *options, stdin=told) for options in (("--hint",), ()))
    assert (ran.returncode, whole.returncode) == (1, 1)
    assert ran.stdout.startswith("✗ Wrong: 4 of 4 blocks that were sent.\n")
    (question,) = [line for line in whole.stdout.splitlines() if line.startswith("Ask ")]
    assert question in ran.stdout.splitlines()
    report = json.loads(command("check", "-", "--format", "json", stdin=told).stdout)
    secrets = [mistake["id"] for one in report["diagnosis"] for mistake in one["mistakes"]]
    secrets += [report["summary"], report["parameters"][0]["pattern"], "times ours", "ours", "NumPy", "OCaml"]
    for secret in secrets:
        assert secret in whole.stdout.replace("\n", " ") or secret in json.dumps(report, ensure_ascii=False)
        assert secret not in " ".join(ran.stdout.split())


def test_what_no_mistake_explains_is_said_and_nothing_guessed(command: Command) -> None:
    told = json.dumps(case("nobody knows"))
    ran = command("check", "-", stdin=told)
    assert ran.returncode == 1
    assert "Mistake   none that is known gives these numbers" in ran.stdout
    assert "Ask       which line of your code" in command("check", "-", "--hint", stdin=told).stdout


def test_another_shape_and_nan_are_readable(command: Command) -> None:
    ran = command("check", "-", stdin=json.dumps(case("shape")))
    assert "∇W₁ (layers.0.weights): its shape is 3×2, it should be 2×3" in " ".join(ran.stdout.split())
    for bare in ("NaN", "nan", "-nan", "-nan(ind)"):
        text = json.dumps(case("nan")).replace("NaN", bare)
        ran = command("check", "-", stdin=text)
        assert (ran.returncode, ran.stderr) == (1, "")
        assert "Worst     ∇W₁[0][1]: yours is NaN, ours " in ran.stdout


def test_missing_pieces_are_passed_over(command: Command) -> None:
    told = case("sign")
    ran = command("check", "-", stdin=json.dumps(told | {"gradients": [None, told["gradients"][1]]}))
    assert ran.returncode == 1
    assert "∇W₂" in ran.stdout
    assert "∇W₁" not in ran.stdout


def test_colours_are_for_terminals_alone(url: str, files: dict[str, str]) -> None:
    assert "\x1b" not in backproof("check", files["wrong"], "--url", url).stdout
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "check", files["wrong"], "--url", url], stdout=theirs, env=environment(TERM="xterm", COLUMNS="80")
    ) as process:
        os.close(theirs)
        drawn = b""
        try:
            while piece := os.read(ours, 4096):
                drawn += piece
        except OSError:  # the terminal's other end is closed
            pass
    os.close(ours)
    assert process.returncode == 1
    assert "\x1b[31m✗ Wrong" in drawn.decode()


# ---------------------------------------------------------------- the better point

BLIND: dict[str, Any] = {
    "network": {"sizes": [2, 2, 1], "activation": "sigmoid", "init": {"type": "zeros"}},
    "loss": "half_sse",
    "data": {"x": [[1, 2]], "y": [[1]]},
    "dtype": "float64",
    "layout": {"weights": "out_in"},
    "gradients": [{"weights": [[0, 0], [0, 0]], "bias": [0, 0]}, {"weights": [[-0.0625, -0.0625]], "bias": [-0.125]}],
}


def test_what_a_point_hides_is_said_and_a_better_one_is_written(command: Command, tmp_path: Path) -> None:
    blind, better = saved(tmp_path, "b.case.json", json.dumps(BLIND)), tmp_path / "better.case.json"
    ran = command("check", blind)
    assert ran.returncode == 0, ran.stdout
    assert "Not shown " in ran.stdout
    assert "--better-point better.case.json" in ran.stdout

    ran = command("check", blind, "--better-point", str(better))
    assert sentences(ran) == [
        f"A better point is in {better}. Compute your numbers there, add them to it, and check it."
    ]
    point = json.loads(better.read_text())
    assert (point["loss"], point["layout"], point["dtype"]) == ("half_sse", {"weights": "out_in"}, "float64")
    assert command("check", str(better)).returncode == 2  # it holds no answers

    rows = {name: point[name] for name in ("network", "loss", "data", "layout")}
    found = json.loads(command("gradients", "-", "--json", stdin=json.dumps(rows)).stdout)
    right = point | {"gradients": found["forms"]["matched"]["gradients"]}
    ran = command("check", "-", "--better-point", str(tmp_path / "more"), stdin=json.dumps(right))
    assert ran.returncode == 0
    assert "Not shown" not in ran.stdout
    assert sentences(ran) == [f"No better point was written to {tmp_path / 'more'}: stdin shows all that can be shown."]
    assert not (tmp_path / "more").exists()


# ---------------------------------------------------------------- what machines read


def test_json_is_the_report_as_it_was_sent(command: Command, files: dict[str, str]) -> None:
    ran = command("check", files["right"], files["wrong"], "nowhere", "--format", "json")
    assert ran.returncode == 2
    right, wrong, fault = map(json.loads, ran.stdout.splitlines())
    assert [right["object"], right["verdict"], wrong["verdict"]] == ["gradient_report", "right", "wrong"]
    assert fault == {
        "object": "fault",
        "file": "nowhere",
        "detail": "nowhere cannot be read: No such file or directory.",
    }


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_quantity(command: Command, files: dict[str, str]) -> None:
    ran = command("check", *files.values(), "nowhere", "--format", "junit")
    assert ran.returncode == 2
    root = ET.fromstring(ran.stdout)
    assert root.tag == "testsuites"
    counts = [tuple(int(suite.get(name, "")) for name in ("tests", "failures", "errors")) for suite in root]
    assert counts == [(4, 0, 0), (4, 4, 0), (1, 0, 1), (1, 0, 1)]
    assert [root.get(name) for name in ("tests", "failures", "errors")] == ["10", "4", "2"]
    assert [suite.get("name") for suite in root] == [*files.values(), "nowhere"]
    names = [each.get("name") for each in root[0]]
    assert names[0] == "gradients layers.1.weights (∇W₂)"
    assert len(set(names)) == 4
    failure = root[1].find("testcase/failure")
    assert failure is not None
    assert re.fullmatch(
        r"∇W₂: relative error 3\.0e\+00, tolerance \S+; 4 times ours everywhere", failure.get("message", "")
    )
    assert "summed_not_averaged (N) in layer 2" in str(failure.text)


def test_junit_holds_no_character_that_xml_refuses(command: Command) -> None:
    report = {
        "object": "gradient_report",
        "verdict": "cannot_judge",
        "summary": "bell \x07 & <tag> ]]> \ufffe",
        "parameters": [],
    }
    with tiny(Answer(body=report)) as service:
        ran = command("check", "-", "--format", "junit", "--url", service.url, stdin=json.dumps(case()))
    assert ran.returncode == 2
    (error,) = ET.fromstring(ran.stdout).iter("error")
    assert error.get("message") == "bell � & <tag> ]]> �"


def test_github_gets_one_annotation_for_each_file(command: Command, files: dict[str, str]) -> None:
    ran = command("check", *files.values(), "no, where", "--format", "github")
    right, wrong, cannot, fault = ran.stdout.splitlines()
    assert right.startswith(f"::notice file={files['right']},title=Backprop is right::Right: all 4 blocks")
    assert wrong.startswith(
        f"::error file={files['wrong']},title=Backprop is wrong%3A summed_not_averaged (N) in layer 2::"
    )
    assert "%0Adelta = delta / N" in wrong
    assert cannot.startswith(f"::error file={files['cannot']},title=Cannot be judged::Cannot judge")
    assert fault == "::error file=no%2C where,title=Not judged::no, where cannot be read: No such file or directory."
    ran = command("check", "-", "--format", "github", stdin=json.dumps(case()))
    assert ran.stdout.startswith("::notice title=Backprop is right::")


def test_a_verdict_of_things_to_come_and_an_unreadable_report_are_2(command: Command) -> None:
    report = {"object": "gradient_report", "verdict": "perhaps", "summary": "Who knows.", "parameters": []}
    with tiny(Answer(body=report), Answer(body={"verdict": "right"}), Answer(body="hello")) as service:
        ends = [command("check", "-", "--url", service.url, stdin=json.dumps(case())) for _ in range(3)]
    assert [ran.returncode for ran in ends] == [2, 2, 3]
    assert ends[0].stdout.startswith("? perhaps: Who knows.")
