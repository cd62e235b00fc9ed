"""What the tests of several clients need: OCaml programs, built once."""

import fcntl
import subprocess
from pathlib import Path

import pytest

OCAML = Path(__file__).resolve().parents[2] / "clients" / "ocaml"


@pytest.fixture(scope="session")
def dune() -> Path:
    """The folder of all that dune builds, built by one test process at a time: dune itself keeps no lock."""
    build = OCAML / "_build"
    build.mkdir(exist_ok=True)
    with (build / ".built-by-tests").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = subprocess.run(["dune", "build", "@all"], cwd=OCAML, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stderr
    return build / "default"
