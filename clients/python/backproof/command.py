"""The entry of the `backproof` command; it says what to install where the command's own needs are missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDS = "The backproof command needs typer and rich. In a checkout: pip install './clients/python[cli]'\n"


def main() -> None:
    """Nothing; the process ends with the command's exit code."""
    if not (find_spec("typer") and find_spec("rich")):
        sys.stderr.write(NEEDS)
        raise SystemExit(2)
    from backproof.cli.app import run

    raise SystemExit(run(sys.argv[1:]))
