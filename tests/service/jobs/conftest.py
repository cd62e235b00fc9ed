"""A real service in a process of its own, on a free loopback port and a fresh folder."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

RESTING = {"succeeded", "failed", "cancelled", "interrupted"}
XOR: dict[str, Any] = {
    "network": {
        "sizes": [2, 2, 1],
        "activation": "sigmoid",
        "bias": False,
        "init": {"type": "uniform", "low": 0, "high": 1},
        "seed": 7,
    },
    "loss": "half_sse",
    "optimizer": {"type": "sgd", "learning_rate": 1.0},
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
    "epochs": 200,
}
LONG = {"epochs": 10_000_000}  # a run that is not over before the test is


@dataclass
class Service:
    """A running service, and what tests ask of it."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=70)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.log.extend(self.process.stdout)

    def submit(self, **changes: Any) -> dict[str, Any]:
        """The job of an XOR run with some fields changed, as /train answered it."""
        answer = self.client.post("/train", json=XOR | changes)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def job(self, job: str) -> dict[str, Any]:
        return dict(self.client.get(f"/jobs/{job}").json())

    def rested(self, job: str, seconds: float = 150) -> dict[str, Any]:
        """The job when it comes to rest."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.client.get(f"/jobs/{job}", headers={"Prefer": "wait=20"}).json()
            if found["state"] in RESTING:
                return dict(found)
        raise AssertionError(f"{job} is {found['state']} after {seconds} s; the service said {self.log}")

    def done(self, **changes: Any) -> dict[str, Any]:
        """An XOR run with some fields changed, when it has succeeded."""
        found = self.rested(self.submit(**changes)["id"])
        assert found["state"] == "succeeded", found["error"]
        return found

    def until(self, job: str, good: Callable[[dict[str, Any]], bool], seconds: float = 150) -> dict[str, Any]:
        """The job as soon as it is as wished."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.job(job)
            if good(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{found} after {seconds} s; the service said {self.log}")

    def stop(self, seconds: float = 15) -> int:
        """Its exit code, after telling it to stop."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            self.close()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(10)
        self.close()

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self._reader.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def launch(folder: Path, *flags: str, **settings: str) -> subprocess.Popen[str]:
    """`backproof serve` with these flags and BACKPROOF_ variables, on a free port unless the flags say another."""
    command = [sys.executable, "-m", "backproof_service.command", "--data", str(folder), "--port", "0", *flags]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROOF_")}
    environment |= {f"BACKPROOF_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def start(folder: Path, workers: int = 2, *, ready: bool = True, **settings: str) -> Service:
    """A service on that folder, ready to run jobs."""
    process = launch(folder, "--workers", str(workers), **settings)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "http://" in line, line + process.stdout.read()
    service = Service(process, line.split(" at ")[1].split(" ")[0], folder)
    deadline = time.monotonic() + 150
    while ready and service.client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, service.log
        time.sleep(0.1)
    return service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests that only use it."""
    found = start(tmp_path_factory.mktemp("service"))
    try:
        yield found
        assert found.process.poll() is None, found.log
        assert [line for line in found.log if "error" in line.lower() or "Traceback" in line] == []
    finally:
        found.close()


@pytest.fixture(scope="session")
def beginning() -> Callable[..., Service]:
    """Starts a service that the caller ends."""
    return start


@pytest.fixture
def starting(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Services of a test's own, on its own folder; all are ended with the test."""
    begun: list[Service] = []

    def another(**how: Any) -> Service:
        begun.append(start(tmp_path / "data", **how))
        return begun[-1]

    yield another
    for one in begun:
        if not one.client.is_closed:
            one.close()


@pytest.fixture
def launching(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `backproof serve` without waiting for anything."""
    return lambda *flags, **settings: launch(tmp_path / "data", *flags, **settings)


@pytest.fixture
def xor() -> dict[str, Any]:
    """The article's XOR run."""
    return dict(XOR)
