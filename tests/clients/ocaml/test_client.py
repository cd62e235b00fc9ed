"""The OCaml client over stubs and misbehaving sockets: its own tests, run as dune runs them."""

import subprocess
from pathlib import Path

from serving import environment


def test_the_client_passes_its_own_tests(dune: Path, tmp_path: Path) -> None:
    command = [str(dune / "test_client" / "test_client.exe"), "--color=never"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment())
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    assert run.stderr == ""
