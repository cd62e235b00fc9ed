"""The real service that cases without a script are played against, started for them where none is named."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kit.driver import environment


class NoService(Exception):
    """There is no service to play against."""


@contextmanager
def service(url: str | None) -> Iterator[str]:
    """The address of a service: the one named, else one that is started here and ended afterwards."""
    if url:
        yield url.rstrip("/")
        return
    with TemporaryDirectory(prefix="backproof-") as folder:
        command = [found(), "serve", "--port", "0", "--workers", "1", "--data", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:  # noqa: S603
            try:
                said = process.stdout.readline() if process.stdout else ""
                address = re.search(r"http://\S+", said)
                if not address:
                    raise NoService(f"backproof serve said {said!r} instead of where it is")
                yield address.group()
            finally:
                process.terminate()
                process.wait(timeout=30)


def found() -> str:
    """The command `backproof`: on the path, or beside this Python. Raises NoService where there is none."""
    beside = Path(sys.executable).with_name("backproof")
    command = shutil.which("backproof") or (str(beside) if beside.exists() else None)
    if not command:
        raise NoService("there is no command backproof here to start a service; give --url")
    return command
