"""README.md and CONTRIBUTING.md: their commands run, their names exist, their links lead somewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backproof_core import ACTIVATIONS, LOSSES
from backproof_core.train import OPTIMIZERS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/article.md",
    "docs/check.md",
    "docs/derivation.md",
    "docs/mistakes.md",
    "docs/which-form.md",
)


def block(language: str) -> str:
    """The text of the one fenced block in that language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert isinstance(found, str)
    return found


def documents_in(text: str) -> list[Any]:
    """The JSON documents that stand one after the other in a text."""
    found, rest = [], text.strip()
    while rest:
        value, end = json.JSONDecoder().raw_decode(rest)
        found.append(value)
        rest = rest[end:].strip()
    return found


def test_curl_in_ten_lines(service: str) -> None:
    script = block("sh").replace("http://127.0.0.1:8000", service)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=True)
    gradients, job = documents_in(done.stdout)
    assert gradients["agree"] is True
    assert set(gradients["forms"]) == {"matched", "vectorized"}
    assert "complex_step" in gradients["witnesses"]
    assert job["state"] == "succeeded"
    assert len([line for line in script.splitlines() if line]) <= 10


def test_python_in_ten_lines(service: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block("python")],
        capture_output=True, text=True, check=False, env=os.environ | {"BACKPROOF_URL": service},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Comparison(" in done.stdout
    distance, output = (re.search(p, done.stdout) for p in (r"twin_distance=([\d.e-]+)", r"\[?\[([\d.]+)\]"))
    assert distance
    assert float(distance[1]) <= 1e-9
    assert output, done.stdout
    assert float(done.stdout.split("[")[-1].split("]")[0]) > 0.9
    assert len([line for line in block("python").splitlines() if line]) <= 11


def test_the_gate_runs_the_readme_s_test_command() -> None:
    commands = re.findall(r"^\$ (.*)$", README, re.MULTILINE)
    assert commands == ["make demo", "make test"]
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert {"make check", "make test"} <= set(gate)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(code_in((ROOT / document).read_text(encoding="utf-8")))))
    assert named <= targets


def code_in(text: str) -> list[str]:
    """Fenced blocks and code spans."""
    return re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    path = ROOT / document
    links = [link for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(
    ("row", "part", "registry"), [("networks", 1, ACTIVATIONS), ("losses", 0, LOSSES), ("training", 0, OPTIMIZERS)]
)
def test_the_names_in_the_table_exist(row: str, part: int, registry: dict[str, object]) -> None:
    (text,) = re.findall(rf"^\| {row} \| (.*) \|$", README, re.M)
    named = re.findall(r"\w+", text.split(";")[part])
    assert len(named) > 3
    assert set(named) <= set(registry)
