"""Files that a command reads and writes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from backproof.cli.ending import Usage
from backproof.errors import InvalidValue
from backproof.requests import Json, from_json

FORMATS = (".json", ".npz")


def request(file: str) -> Json:
    """The JSON object in a file, or on stdin for "-". Raises Usage, in one sentence."""
    name = "stdin" if file == "-" else file
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Usage(f"{name} cannot be read: {error.strerror or error}.") from error
    try:
        return from_json(text)
    except InvalidValue as error:
        raise Usage(f"{name} does not hold a request: {error}.") from error


def target(path: Path | None) -> Path | None:
    """The path, fit to be written weights to. Raises Usage, before any work is done, where it is not."""
    if path and path.suffix.lower() not in FORMATS:
        raise Usage(f"{path} says nothing about its format: its name has to end in {' or '.join(FORMATS)}.")
    if path and not path.absolute().parent.is_dir():
        raise Usage(f"{path} cannot be written: there is no folder {path.parent}.")
    return path


def write(path: Path, content: bytes | Mapping[str, object]) -> None:
    """Nothing; the file holds the bytes, or the object as JSON. Raises Usage where it cannot be written."""
    try:
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode() + b"\n")
    except OSError as error:
        raise Usage(f"{path} cannot be written: {error.strerror or error}.") from error
