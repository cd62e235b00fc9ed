"""Files that a command reads and writes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from backproof.cli.ending import Usage
from backproof.errors import InvalidValue
from backproof.requests import Json, from_json

FORMATS = (".json", ".npz", ".ml")
MODULE = re.compile("[A-Za-z][A-Za-z0-9_]*")  # of the names of files that OCaml takes for modules
LAYERS = "--network needs the .json that train --weights FILE.json or weights ID --output FILE.json saves."


def request(file: str) -> Json:
    """The JSON object in a file, or on stdin for "-". Raises Usage, in one sentence."""
    try:
        return from_json(content(file))
    except InvalidValue as error:
        raise Usage(f"{named(file)} does not hold a request: {error}.") from error


def network(file: str) -> Json:
    """The network with the layers in a file of saved weights. Raises Usage, in one sentence."""
    if file.lower().endswith(".npz"):
        raise Usage(f"{file} is an npz, which holds no activations; {LAYERS}")
    try:
        layers = from_json(content(file)).get("layers")
    except InvalidValue as error:
        raise Usage(f"{named(file)} holds no network ({error}); {LAYERS}") from error
    if not isinstance(layers, list):
        raise Usage(f"{named(file)} holds no network (it has no list of layers); {LAYERS}")
    return {"layers": layers}


def content(file: str) -> bytes:
    """The bytes of a file, or of stdin for "-". Raises Usage where it cannot be read."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Usage(f"{named(file)} cannot be read: {error.strerror or error}.") from error


def named(file: str) -> str:
    """What a file is called in a sentence."""
    return "stdin" if file == "-" else file


def target(path: Path | None) -> Path | None:
    """The path, fit to be written weights to. Raises Usage, before any work is done, where it is not."""
    if path and path.suffix.lower() not in FORMATS:
        raise Usage(f"{path} says nothing about its format: its name has to end in {' or '.join(FORMATS)}.")
    if path and path.suffix.lower() == ".ml" and not (path.suffix == ".ml" and MODULE.fullmatch(path.stem)):
        need = "a letter, then letters, digits and _, then .ml, such as net.ml"
        raise Usage(f"{path} names no OCaml module: the file's name has to be {need}.")
    if path and not path.absolute().parent.is_dir():
        raise Usage(f"{path} cannot be written: there is no folder {path.parent}.")
    return path


def write(path: Path, held: bytes | Mapping[str, object]) -> None:
    """Nothing; the file holds the bytes, or the object as JSON. Raises Usage where it cannot be written."""
    try:
        path.write_bytes(held if isinstance(held, bytes) else json.dumps(held).encode() + b"\n")
    except OSError as error:
        raise Usage(f"{path} cannot be written: {error.strerror or error}.") from error
