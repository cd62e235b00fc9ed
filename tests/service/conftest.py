"""The real application in this process, called over ASGI; and one over a real socket, in a process of its own."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from backproof_service.app import create_app
from backproof_service.settings import Settings

XOR: dict[str, Any] = {
    "network": {
        "sizes": [2, 2, 1],
        "activation": "sigmoid",
        "bias": True,
        "init": {"type": "uniform", "low": 0, "high": 1},
        "seed": 7,
    },
    "loss": "half_sse",
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
}


@dataclass(frozen=True)
class Api:
    """The application, called from a synchronous test."""

    portal: BlockingPortal
    client: httpx.AsyncClient
    folder: Path

    def request(self, method: str, url: str, **how: Any) -> httpx.Response:
        return self.portal.call(partial(self.client.request, method, url, **how))

    def get(self, url: str, **how: Any) -> httpx.Response:
        return self.request("GET", url, **how)

    def post(self, url: str, **how: Any) -> httpx.Response:
        return self.request("POST", url, **how)

    async def pause(self) -> None:
        """A moment, for what has no event to wait for."""
        await asyncio.sleep(0.05)

    def send(self, url: str, body: bytes, kind: str = "application/json", **how: Any) -> httpx.Response:
        """A POST of raw bytes of a type."""
        return self.post(url, content=body, headers={"Content-Type": kind}, **how)


def started(settings: Settings) -> Iterator[Api]:
    """The application on these settings, from its start to its end."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url="http://backproof", timeout=60)
        with portal.wrap_async_context_manager(app.router.lifespan_context(app)):
            yield Api(portal, client, settings.data)
            portal.call(client.aclose)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application with its default limits."""
    folder = tmp_path_factory.mktemp("api")
    yield from started(Settings(data=folder, in_process_engine=True, workers=1))


@pytest.fixture(scope="session")
def small_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application with limits that a test can reach."""
    folder = tmp_path_factory.mktemp("small")
    limits = {"max_body_bytes": 20_000, "max_dataset_bytes": 50_000, "memory_budget_bytes": 1 << 20}
    counts = {"max_answer_numbers": 20_000, "max_gradients_flops": 10**9, "direct_flops": 10**6}
    settings = Settings.model_validate({"data": folder, "in_process_engine": True, "workers": 1} | limits | counts)
    yield from started(settings)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the service in a process of its own, on a free loopback port."""
    folder = tmp_path_factory.mktemp("served")
    command = [
        sys.executable,
        "-m",
        "backproof_service.command",
        "--port",
        "0",
        "--data",
        str(folder),
        "--workers",
        "1",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, line
        try:
            yield line.split(" at ")[1].split(" ")[0]
        finally:
            process.terminate()
            assert process.wait(20) == 0


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """The reference vectors."""
    found = json.loads((Path(__file__).parents[1] / "data" / "gradients.json").read_text())
    assert isinstance(found, dict)
    return found


@pytest.fixture
def xor() -> dict[str, Any]:
    """A /gradients request for XOR, deep enough a copy to be changed."""
    copy = json.loads(json.dumps(XOR))
    assert isinstance(copy, dict)
    return copy
