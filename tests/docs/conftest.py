"""A real service for the documents' examples: its own process, a free port, a fresh folder."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that `backproof serve` started."""
    command = [Path(sys.executable).with_name("backproof"), "serve", "--port", "0", "--workers", "1"]
    data = tmp_path_factory.mktemp("data")
    with subprocess.Popen([*command, "--data", data], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        greeting = process.stdout.readline()
        found = re.search(r"http://\S+", greeting)
        try:
            assert found, f"the service said {greeting!r}"
            yield found[0]
        finally:
            process.terminate()
            process.wait(timeout=20)
