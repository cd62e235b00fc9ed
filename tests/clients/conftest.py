"""What the tests of several clients need: a service that runs, and OCaml programs, built once."""

import fcntl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving import Served, serve

OCAML = Path(__file__).resolve().parents[2] / "clients" / "ocaml"


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that all tests of a process may ask."""
    served = serve(tmp_path_factory.mktemp("served"))
    yield served.url
    served.end()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts services, one after another, on the test's own folder; all are ended with the test."""
    begun: list[Served] = []

    def another(port: int = 0) -> Served:
        begun.append(serve(tmp_path / "data", port))
        return begun[-1]

    yield another
    for one in begun:
        one.end()


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
