"""The small language in which cases say what they expect; a misspelt case is refused instead of checking nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import kit
from .drivers import DRIVERS

MATCHING: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1.0, "b": 2}),
    ({"a": None}, {}),
    ([1, "x", True, None], [1, "x", True, None]),
    (0.0, -0.0),
    ({"$near": [[1.0, 2.0], [0, 4]], "relative": 0.01}, [[1.03, 2.0], [-0.04, 4]]),
    ({"$bits": "8000000000000000"}, -0.0),
    ({"$bits": [["0000000000000001"]]}, [[5e-324]]),
    ({"$any": True}, 0),
    ({"$type": "integer"}, 3.0),
    ({"$type": "null"}, None),
    ({"$length": 2}, [1, 2]),
    ({"$contains": "ell"}, "hello"),
    ({"$contains": {"id": 2}}, [{"id": 1}, {"id": 2, "more": 0}]),
    ({"$each": {"$type": "number"}}, [1, 2.5]),
    ({"$all": [{"$length": 2}, {"$contains": 1}]}, [1, 2]),
    ({"$some": ["queued", "running"]}, "running"),
    ({"$not": {"$contains": "NaN"}}, "12"),
]

DIFFERENT: list[tuple[Any, Any, str]] = [
    ({"a": 1}, {"b": 1}, "a: expected 1, found null"),
    ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]: expected 2, found 3"),
    ([1, 2], [1, 2, 3], "expected 2 entries"),
    (1, True, "found true"),
    (True, 1, "found 1"),
    ("1", 1, 'expected "1"'),
    (0.1, 0.10000000000000002, "expected 0.1, found 0.10000000000000002"),
    ({"a": 1}, [1], "expected an object"),
    ({"$near": [[1.0, 2.0], [0, 4]], "relative": 0.01}, [[1.05, 2.0], [0, 4]], "[0][0]: expected 1.0 within 0.04"),
    ({"$near": [1.0], "relative": 1}, ["NaN"], '"NaN"'),
    ({"$near": [1.0], "relative": 1}, [[1.0]], "within"),
    ({"$near": [1.0], "relative": 1}, 1.0, "a list of 1"),
    ({"$bits": "8000000000000000"}, 0.0, "-0.0 (8000000000000000)"),
    ({"$bits": "3fb999999999999a"}, 0.10000000000000002, "0.1"),
    ({"$bits": ["3fb999999999999a"]}, [], "a list of 1"),
    ({"$any": True}, None, "nothing"),
    ({"$type": "integer"}, 3.5, "integer"),
    ({"$type": "number"}, True, "number"),
    ({"$length": 2}, [1], "length 2"),
    ({"$contains": "x"}, "hello", "with"),
    ({"$contains": {"id": 3}}, [{"id": 1}], "with"),
    ({"$each": {"$type": "number"}}, [1, "2"], "[1]"),
    ({"$all": [{"$length": 2}, {"$contains": 3}]}, [1, 2], "with"),
    ({"$some": ["queued", "running"]}, "tired", "one of"),
    ({"$not": {"$contains": "NaN"}}, "NaN", "anything but"),
]


@pytest.mark.parametrize(("expected", "found"), MATCHING, ids=str)
def test_what_matches(expected: Any, found: Any) -> None:
    from kit.expect import differences

    assert list(map(str, differences(expected, found))) == []


@pytest.mark.parametrize(("expected", "found", "words"), DIFFERENT, ids=str)
def test_what_differs(expected: Any, found: Any, words: str) -> None:
    from kit.expect import differences

    told = list(map(str, differences(expected, found)))
    assert told
    assert words in told[0]


STEP = {"call": "job", "arguments": {"id": "job_1"}, "expect": {"result": {"id": "job_1"}}}
JOB = {"object": "job", "id": "job_1", "kind": "train", "state": "running"}


def played(folder: Path, driver: str = "cat", **case: Any) -> Any:
    written = {"name": "planted", "why": "A test.", "steps": [STEP], "server": {"script": []}} | case
    (folder / "planted.json").write_text(json.dumps(written))
    return kit("--cases", str(folder), "--driver", driver)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"stepps": []}, "no use for ['stepps']"),
        ({"steps": []}, "no steps"),
        ({"steps": [{**STEP, "call": "jop"}]}, "no call jop"),
        ({"steps": [{**STEP, "expects": {}}]}, "no use for ['expects']"),
        ({"steps": [{"call": "job"}]}, "neither expects nor saves"),
        ({"server": {"scripts": []}}, "scripts"),
        ({"server": {"script": [{"request": {"methode": "GET"}}]}}, "methode"),
        ({"server": {"script": [{"request": {}, "answer": {"jason": {}}}]}}, "jason"),
        ({"server": {"script": [{"request": {}, "answer": {"fault": "explode"}}]}}, "no fault explode"),
        ({"name": "another"}, "has to be named planted"),
    ],
    ids=str,
)
def test_a_misspelt_case_is_refused(tmp_path: Path, case: dict[str, Any], words: str) -> None:
    told = played(tmp_path, **case)
    assert (told.returncode, "Traceback" in told.stderr) == (2, False)
    assert words in told.stderr


@pytest.mark.parametrize(
    ("driver", "steps", "words"),
    [
        ("sleep 60", [{**STEP, "within": 0.3}], "had not ended after 0.3 s"),
        ("false", [STEP], "exit code 1"),
        ("true", [STEP], "wrote no JSON"),
        ("echo {}", [STEP], "one object with result or error"),
        ("cat", [STEP], "one object with result or error"),
        ("no-such-driver-anywhere", [STEP], "cannot be started"),
        ("""echo '{"result": {"id": "job_1"}}'""", [{**STEP, "expect": {"result": {"$nearly": 1}}}], "no expectation"),
        ("""echo '{"result": {"id": "job_1"}}'""", [{**STEP, "arguments": {"id": {"$ref": "a.b"}}}], "saved as a.b"),
        ("""echo '{"result": {"id": "job_1"}}'""", [{**STEP, "expect": {"error": {}}}], "expected an error"),
    ],
    ids=str,
)
def test_a_driver_or_case_that_cannot_be_played_fails(
    tmp_path: Path, driver: str, steps: list[Any], words: str
) -> None:
    told = played(tmp_path, driver, steps=steps)
    assert told.returncode == 1, told.stderr
    assert words in told.stdout
    assert told.stdout.splitlines()[-1] == "0 passed, 1 failed"


def test_a_request_that_never_comes_fails(tmp_path: Path) -> None:
    script = [{"request": {"method": "GET", "path": "/jobs/job_1"}, "answer": {"json": JOB}}]
    told = played(tmp_path, """echo '{"result": {"id": "job_1"}}'""", server={"script": script})
    assert told.returncode == 1
    assert "GET /jobs/job_1 never came" in told.stdout


def test_a_script_that_expects_nonsense_fails(tmp_path: Path) -> None:
    script = [{"request": {"path": {"$nearly": 1}}, "answer": {"json": JOB}}]
    told = played(tmp_path, DRIVERS["javascript"], server={"script": script})
    assert (told.returncode, told.stderr) == (1, "")
    assert "the case cannot be played: request 1" in told.stdout
