"""What the command line of `derive` asks for: a network, rows, a format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from backproof.cli import files
from backproof.cli.ending import Usage
from backproof.client import Client
from backproof.requests import Data, Json, given


class Style(StrEnum):
    """What a derivation is printed as."""

    text = "text"
    latex = "latex"
    mathml = "mathml"
    json = "json"


def network(sizes: str | None, activation: str | None, bias: bool | None, file: str | None) -> Json:  # noqa: FBT001
    """The network that the options describe. Raises Usage where they describe none, or two."""
    if file is not None:
        if sizes is not None or activation is not None or bias is not None:
            raise Usage("--network holds sizes, activations and biases: give it alone, or --sizes in its place.")
        return files.network(file)
    if sizes is None:
        raise Usage("There is no network: give its sizes, such as --sizes 2,2,1, or --network FILE.json.")
    names = (activation or "sigmoid").split(",")
    return given(sizes=numbers(sizes), activation=names if len(names) > 1 else names[0], bias=bias)


def numbers(sizes: str) -> list[int]:
    """The sizes in "2,2,1". Raises Usage where these are no whole numbers."""
    found = [size.strip() for size in sizes.split(",")]
    if not all(size.isascii() and size.isdigit() for size in found):
        raise Usage(f"--sizes is {sizes}; it has to be whole numbers with commas between them, such as 2,2,1.")
    return [int(size) for size in found]


def rows(client: Client, file: str) -> Data:
    """The rows of a file: JSON as it is, anything else uploaded. Raises Usage where it cannot be read."""
    if file == "-" or Path(file).suffix.lower() == ".json":
        return files.request(file)
    return client.upload(file)
