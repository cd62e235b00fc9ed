"""A real service on a real socket, which a test may kill and start again where it was."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Served:
    """A running service: its process, its address, its folder."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=20)


def environment(**more: str) -> dict[str, str]:
    """This process's environment without the variables that choose a service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BACKPROOF_")} | more


def serve(folder: Path, port: int = 0) -> Served:
    """A service on that folder, which says where it is."""
    command = [sys.executable, "-m", "backproof_service.command", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen([*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    assert found, f"the service said {said!r} instead of where it is"
    return Served(process, found.group(), folder)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts services, one after another, on the test's own folder; all are ended with the test."""
    begun: list[Served] = []

    def another(port: int = 0) -> Served:
        begun.append(serve(tmp_path / "data", port))
        return begun[-1]

    yield another
    for one in begun:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.communicate(timeout=20)
