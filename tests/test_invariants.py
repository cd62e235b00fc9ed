"""What must not be found anywhere in the sources."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [path for folder in ("core", "service", "clients", "examples") for path in (ROOT / folder).rglob("*.py")]


def test_only_vec_stacks_columns():
    """A row-major reshape where a column-major one is meant is silently wrong, so one module owns the difference."""
    pattern = re.compile(r"order\s*=\s*[\"']F|asfortranarray|ravel\([\"']F|flatten\([\"']F")
    found = {path.relative_to(ROOT).as_posix() for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))}
    assert found == {"core/backproof_core/vec.py"}


@pytest.mark.parametrize("name", ["constraints.txt", "Makefile", "Dockerfile", "docker-compose.yml", ".ci/run"])
def test_no_registry_is_named(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"index-url|pypi|registry\.|files\.pythonhosted", text)
