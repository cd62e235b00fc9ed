"""Answers as JSON: every float64 round-trips, and what JSON has no number for becomes a string."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from starlette.responses import Response

from backproof_service.http.problems import MEDIA_TYPE, Problem


def dumps(payload: Any) -> bytes:
    """The payload, of dicts, lists, arrays and scalars, as JSON."""
    return orjson.dumps(ready(payload), option=orjson.OPT_SERIALIZE_NUMPY)


def json(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(dumps(payload), status, dict(headers or {}), "application/json")


def problem(found: Problem, request_id: str) -> Response:
    """A problem as an answer."""
    return Response(dumps(found.payload(request_id)), found.status, found.headers, MEDIA_TYPE)


def ready(value: Any) -> Any:
    """The value with every non-finite number as "NaN", "Infinity" or "-Infinity" and every array as float64."""
    if isinstance(value, dict):
        return {key: ready(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [ready(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, float):  # np.float64 too
        return float(value) if math.isfinite(value) else non_finite(value)
    return value.item() if isinstance(value, np.generic) else value


def non_finite(value: float) -> str:
    """The word for a number that JSON cannot hold."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind != "f":
        return array.tolist()
    wide = np.ascontiguousarray(array, dtype=np.float64)
    return wide if np.isfinite(wide).all() else ready(wide.tolist())
