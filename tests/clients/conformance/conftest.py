"""A real service on a real socket, the kit as a program, and the kit's modules."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .drivers import KIT, ROOT

sys.path.insert(0, str(KIT))  # the kit is a program beside the clients, not a distribution


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "backproof", "serve", "--port", "0", "--workers", "1", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://\S+", said)
            assert found, f"the service said {said!r} instead of where it is"
            yield found.group()
        finally:
            process.terminate()


def environment(**more: str) -> dict[str, str]:
    """This process's environment without the variables that choose a service, and with this Python's commands."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROOF_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"} | more


def kit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The kit, having been played with these arguments."""
    command = [sys.executable, "-W", "error", str(KIT / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=300)
