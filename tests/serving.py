"""A real service on a real socket, in a process of its own, which a test may kill and start again where it was."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


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

    def end(self) -> None:
        """End it in order, if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=20)


def environment(**more: str) -> dict[str, str]:
    """This process's environment without the variables that choose a service, and with this Python's commands."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROOF_")}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"} | more


def serve(folder: Path, port: int = 0) -> Served:
    """A service on that folder, which has said where it is."""
    command = [sys.executable, "-m", "backproof", "serve", "--port", str(port), "--workers", "1", "--data", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    assert found, f"the service said {said!r} instead of where it is"
    return Served(process, found.group(), folder)
