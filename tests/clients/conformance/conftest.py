"""The kit as a program, and the kit's modules."""

import subprocess
import sys

from serving import environment

from .drivers import KIT, ROOT

sys.path.insert(0, str(KIT))  # the kit is a program beside the clients, not a distribution


def kit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The kit, having been played with these arguments."""
    command = [sys.executable, "-W", "error", str(KIT / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=300)
