"""A sweep takes up where it was ended: what has passed on the same sources is not run again.

Under BACKPROOF_SWEEP=1 the names of tests that passed are kept in .sweep/, in a file that is named by the hash of the
core and of its tests. A change of either starts from the beginning; so does removing the folder.
"""

import hashlib
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SWEPT = ("core/backproof_core", "tests/core", "tests/data", "clients/ocaml/lib", "clients/ocaml/test")
SUFFIXES = {".py", ".json", ".ml", ".mli"}


def passed_file(root: Path = ROOT) -> Path:
    """Where the names of the tests that passed on these sources stand."""
    digest = hashlib.sha256()
    helpers = sorted((root / "tests").glob("*.py"))
    sources = [path for folder in SWEPT for path in sorted((root / folder).rglob("*")) if path.suffix in SUFFIXES]
    for path in [*helpers, *sources]:
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return root / ".sweep" / f"passed-{digest.hexdigest()[:16]}"


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("BACKPROOF_SWEEP") == "1":
        config.pluginmanager.register(Sweep(passed_file()), "sweep")


class Sweep:
    """Leaves out what has passed, and keeps what passes: with several processes, the first one writes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        known = set(self._file.read_text().splitlines()) if self._file.exists() else set()
        done = [item for item in items if item.nodeid in known]
        items[:] = [item for item in items if item.nodeid not in known]
        config.hook.pytest_deselected(items=done)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and "PYTEST_XDIST_WORKER" not in os.environ:
            self._file.parent.mkdir(exist_ok=True)
            with self._file.open("a") as file:
                file.write(report.nodeid + "\n")
