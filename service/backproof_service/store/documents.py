"""Requests as they are stored: JSON for what people read, and the arrays too large for it beside it.

In the JSON, a large array stands as {"rows", "columns", "omitted": "sha256 of its bytes"}; its numbers lie in the job's
input blob under the path that it has in the request, such as "data/x".
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .blobs import Array


def arrays_in(document: object, path: str = "") -> Iterator[tuple[str, Array]]:
    """Each array of a request's dump with its path."""
    if isinstance(document, np.ndarray):
        yield path, document
    for key, value in _items(document):
        yield from arrays_in(value, f"{path}/{key}" if path else str(key))


def omitted_in(config: object, path: str = "") -> Iterator[str]:
    """The path of each array that the config leaves out."""
    if isinstance(config, Mapping) and "omitted" in config:
        yield path
        return
    for key, value in _items(config):
        yield from omitted_in(value, f"{path}/{key}" if path else str(key))


def restored(config: Any, arrays: Mapping[str, Array], path: str = "") -> Any:
    """The config with the arrays back in their places: what the request's model reads again."""
    if isinstance(config, Mapping):
        if "omitted" in config:
            return arrays[path]
        return {key: restored(value, arrays, f"{path}/{key}" if path else key) for key, value in config.items()}
    if isinstance(config, list) and config and isinstance(config[0], Mapping):
        return [restored(value, arrays, f"{path}/{i}") for i, value in enumerate(config)]
    return config


def _items(document: object) -> Iterator[tuple[object, object]]:
    if isinstance(document, Mapping):
        yield from document.items()
    elif isinstance(document, list | tuple) and document and isinstance(document[0], Mapping):
        yield from enumerate(document)
