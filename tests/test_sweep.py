"""A sweep that was ended goes on where it was, and starts again where the sources changed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import passed_file

CONFTEST = Path(__file__).with_name("conftest.py")
TESTS = """
import pathlib, pytest
@pytest.mark.parametrize("n", range(4))
def test_of(n):
    pathlib.Path("ran").open("a").write(f"{n}\\n")
    assert n != 2 or pathlib.Path("mended").exists()
"""


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_what_has_passed_is_left_out_until_the_sources_change(tmp_path, processes):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "tests" / "test_some.py").write_text(TESTS)
    (tmp_path / "core" / "backproof_core").mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run():
        (tmp_path / "ran").unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *processes, "tests"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        subprocess.run(command, cwd=tmp_path, env=kept | {"BACKPROOF_SWEEP": "1"}, capture_output=True, check=False)
        return sorted((tmp_path / "ran").read_text().split()) if (tmp_path / "ran").exists() else []

    assert run() == ["0", "1", "2", "3"]
    assert run() == ["2"]
    (tmp_path / "mended").touch()
    assert run() == ["2"]
    assert run() == []
    (tmp_path / "core" / "backproof_core" / "new.py").write_text("x = 1\n")
    assert run() == ["0", "1", "2", "3"]


def test_the_file_is_named_by_what_is_tested():
    assert passed_file().parent.name == ".sweep"
