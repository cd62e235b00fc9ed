"""docs/check.md: its commands and programs run, and its reports are what they print."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from backproof.case import FIELDS, POINT
from backproof.cli.check import Style

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ backproof (.*)$", PAGE, re.MULTILINE)
WRITES, JUDGES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
WRONG, RIGHT, HINT = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
POINTED, CHECKED, HINTED, *VECTORS = COMMANDS
MISTAKE, MENDED = "1 - np.tanh(A1) ** 2", "1 - A1 ** 2"


@pytest.fixture(scope="module")
def folder(service: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's point, and the address of a service for what runs there."""
    made = tmp_path_factory.mktemp("check")
    (made / "url").write_text(service)
    assert printed(made, POINTED, 0) == ""
    return made


def ran(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    known = os.environ | {"BACKPROOF_URL": (folder / "url").read_text()}
    return subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", *words],
        cwd=folder, env=known, capture_output=True, text=True, check=False,
    )  # fmt: skip


def printed(folder: Path, command: str, code: int) -> str:
    done = ran(folder, "-m", "backproof", *shlex.split(command))
    assert done.returncode == code, done.stderr
    return done.stdout


def rounded(text: str) -> str:
    """The text with what rounding makes left out: that differs from one machine to another."""
    return re.sub(r" *(\d\.\de-(0[7-9]|[1-9]\d)|0)(?=[ ,\n])", " ~", text)


def test_the_page_holds_what_its_commands_print(folder: Path) -> None:
    """Where it does not, run its commands and its program in an empty folder, and put what they print into the page."""
    assert ran(folder, "-c", WRITES).returncode == 0
    assert rounded(WRONG) == rounded(printed(folder, CHECKED, 1))
    assert rounded(HINT) == rounded(printed(folder, HINTED, 1))
    assert ran(folder, "-c", WRITES.replace(MISTAKE, MENDED)).returncode == 0
    assert rounded(RIGHT) == rounded(printed(folder, CHECKED, 0))


def test_the_client_prints_the_same_report(folder: Path) -> None:
    assert ran(folder, "-c", WRITES).returncode == 0
    done = ran(folder, "-c", JUDGES)
    assert done.returncode == 0, done.stderr
    first, report = done.stdout.split("\n", 1)
    assert first == "wrong ('derivative_at_activation',)"
    assert rounded(report) == rounded(WRONG)


def test_the_mistake_stands_in_the_page_and_its_mend_too() -> None:
    assert WRITES.count(MISTAKE) == 1
    assert f"`{MISTAKE}`" in PAGE
    assert f"`{MENDED}`" in PAGE
    assert "✗ ∇W₁" in WRONG and "✓ ∇W₁" in RIGHT


def test_its_vectors_are_written(folder: Path) -> None:
    for command in VECTORS:
        assert printed(folder, command, 0) == ""
    assert ran(folder, "-c", "import vectors; assert len(vectors.CASES) == 5").returncode == 0
    assert (folder / "vectors.ml").read_text().startswith("(* ")


def test_its_formats_are_those_of_the_command() -> None:
    assert {*re.findall(r"--format (\w+)", PAGE), "text"} == set(Style)


def test_the_table_has_every_field_of_a_case() -> None:
    (table,) = re.findall(r"\| field \| holds \|\n\|---\|---\|\n(.*?)\n\n", PAGE, re.DOTALL)
    named = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted([*named, *POINT, "gradients"]) == sorted(FIELDS)


def test_the_case_that_it_shows_has_the_fields_of_a_point(folder: Path) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert re.findall(r'^[ {]"(\w+)"', shown, re.MULTILINE) == list(POINT)
    assert set(POINT) <= set(json.loads((folder / "mine.case.json").read_text()))
