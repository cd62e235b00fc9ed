"""A real service twice: in this process behind a transport, and in a process of its own behind a socket."""

import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import httpx
import pytest

from backproof import Client
from backproof.cli.app import run
from backproof.inprocess import URL, running
from backproof_service.app import create_app
from backproof_service.settings import Settings

XOR: dict[str, Any] = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]}
NET: dict[str, Any] = {
    "sizes": [2, 2, 1],
    "activation": "sigmoid",
    "bias": False,
    "init": {"type": "uniform", "low": 0, "high": 1},
    "seed": 7,
}
SGD = {"type": "sgd", "learning_rate": 1.0}


@pytest.fixture(scope="session")
def transport(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.BaseTransport]:
    settings = Settings(data=tmp_path_factory.mktemp("in-process"), in_process_engine=True, workers=1)
    with running(create_app(settings)) as found:
        yield found


@pytest.fixture(params=["in process", "over a socket"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    if request.param == "in process":
        found = Client(URL, transport=request.getfixturevalue("transport"))
    else:
        found = Client(request.getfixturevalue("url"))
    with found:
        yield found


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, run in this process, which spares its start; BACKPROOF_URL is the service's."""

    def ran(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(stdin.encode())))
        monkeypatch.setenv("BACKPROOF_URL", url)
        code = run(arguments)
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return ran


def saved(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)
