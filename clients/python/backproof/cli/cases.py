"""The request of POST /gradients with a caller's own numbers beside it: what is compared, and what is judged."""

from __future__ import annotations

from backproof import case
from backproof.cli import files
from backproof.cli.ending import Usage
from backproof.errors import InvalidValue
from backproof.requests import Json

OWN = (*case.JUDGED, *case.BEARING)


def request(file: str) -> Json:
    """The object in a file, or on stdin, NaN as languages print it too. Raises Usage, in one sentence."""
    try:
        return case.json_of(files.content(file))
    except InvalidValue as error:
        raise Usage(f"{files.named(file)} does not hold a request: {error}.") from error


def point(request: Json) -> Json:
    """The request without the caller's own numbers, as POST /gradients reads it."""
    return {name: value for name, value in request.items() if name not in OWN}


def claim(request: Json) -> Json | None:
    """The case in the request, as POST /gradients/check reads it; None where it holds no numbers to judge."""
    return {name: request[name] for name in case.FIELDS if name in request} if case.judged(request) else None


def left_aside(request: Json) -> list[str]:
    """What bears on the caller's numbers where there are none."""
    return [] if case.judged(request) else [name for name in request if name in OWN]
