"""The Prefer header (RFC 7240): how long to wait for a job, and whether to answer before the work is done."""

import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header
from starlette.requests import Request

LONGEST_WAIT = 60.0  # seconds; a longer wait is answered with the job as it is

PreferWait = Annotated[
    str | None,
    Header(
        alias="Prefer",
        description=f"`wait=SECONDS`: wait that long for the job to end, {LONGEST_WAIT:.0f} s at most.",
        examples=["wait=10"],
    ),
]
PreferAsync = Annotated[
    str | None,
    Header(
        alias="Prefer", description="`respond-async`: make it a job however small it is.", examples=["respond-async"]
    ),
]


@dataclass(frozen=True, slots=True)
class Prefer:
    """What a client would rather have; wait is in seconds, None where it does not wait."""

    wait: float | None = None
    respond_async: bool = False


def prefer(request: Request) -> Prefer:
    """The preferences of a request; what is not understood is ignored, as the RFC says."""
    wait, respond_async = None, False
    for part in ",".join(request.headers.getlist("prefer")).split(","):
        name, _, value = part.split(";")[0].partition("=")
        if name.strip().lower() == "wait":
            wait = _seconds(value) if wait is None else wait
        elif name.strip().lower() == "respond-async":
            respond_async = True
    return Prefer(wait, respond_async)


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value.strip().strip('"'))
    except ValueError:
        return None
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None
