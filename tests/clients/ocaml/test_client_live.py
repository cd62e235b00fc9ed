"""The OCaml client against a real service: every call, and the local API there as here."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from serving import environment

XOR: dict[str, Any] = {
    "network": {"sizes": [2, 2, 1], "activation": "sigmoid", "bias": False, "seed": 7},
    "loss": "half_sse",
    "optimizer": {"type": "sgd", "learning_rate": 1.0},
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
}


def test_every_call_and_the_local_api(dune: Path, serving: Callable[..., Any], tmp_path: Path) -> None:
    command = [str(dune / "test_client" / "live.exe"), "--color=never"]
    settings = environment(BACKPROOF_URL=serving().url)
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, env=settings)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    assert run.stderr == ""


def test_without_a_service_it_says_what_it_needs(dune: Path, tmp_path: Path) -> None:
    command = [str(dune / "test_client" / "live.exe")]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment())
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("Set BACKPROOF_URL")


def test_a_wait_survives_the_death_of_the_service(dune: Path, serving: Callable[..., Any]) -> None:
    first = serving()
    job = httpx.post(f"{first.url}/train", json=XOR | {"epochs": 120_000}, timeout=60).json()["id"]
    command = [str(dune / "test_client" / "waiting.exe"), job]
    settings = environment(BACKPROOF_URL=first.url)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=settings) as waiting:
        assert waiting.stdout is not None
        for line in waiting.stdout:
            if re.fullmatch(r"running at epoch [1-9]\d* of 120000\n", line):
                break
        first.kill()
        serving(int(first.url.rsplit(":", 1)[1]))
        said, complained = waiting.communicate(timeout=150)
    assert waiting.returncode == 0, complained
    assert said.splitlines()[-2:] == ["succeeded at epoch 120000 of 120000", "ended: succeeded, attempt 2"]
    assert complained == ""
