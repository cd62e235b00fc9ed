"""How a command ends: 0 success, 1 refused, failed or not agreeing, 2 wrong usage, 3 no service, 130 interrupted.

Of `check`, 1 means wrong numbers and nothing else: what could not be judged, a refused request too, is 2.
"""

from __future__ import annotations

from collections.abc import Mapping

import typer

from backproof.errors import (
    BackproofError,
    InvalidAddress,
    ServiceUnreachable,
    TimedOut,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
)

FAILED, USAGE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130
UNJUDGED = USAGE


class Usage(BackproofError):
    """A command line, or a file named on it, that asks for nothing that can be done."""


class NotStarted(BackproofError):
    """A service that could not be started in this process."""


def code(error: BackproofError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, Usage | InvalidAddress):
        return USAGE
    return UNREACHABLE if isinstance(error, ServiceUnreachable | TimedOut | NotStarted) else FAILED


def unserved(error: BackproofError) -> bool:
    """Whether the error is that no service answered, rather than what one said of the request."""
    absent = ServiceUnreachable | TimedOut | NotStarted | TooManyRequests | Unavailable | UnexpectedAnswer
    return isinstance(error, absent)


def agreed(found: Mapping[str, object] | None) -> None:
    """Nothing. Raises Exit where what was found says that gradients do not agree."""
    if found and found.get("agree") is False:
        raise typer.Exit(FAILED)
