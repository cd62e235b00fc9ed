"""How a command ends: 0 success, 1 refused, failed or not agreeing, 2 wrong usage, 3 no service, 130 interrupted."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from backproof.errors import BackproofError, InvalidAddress, ServiceUnreachable, TimedOut

FAILED, USAGE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


class Usage(BackproofError):
    """A command line, or a file named on it, that asks for nothing that can be done."""


class NotStarted(BackproofError):
    """A service that could not be started in this process."""


def code(error: BackproofError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, Usage | InvalidAddress):
        return USAGE
    return UNREACHABLE if isinstance(error, ServiceUnreachable | TimedOut | NotStarted) else FAILED


def agreed(found: Mapping[str, object] | None) -> None:
    """Nothing. Raises Exit where what was found says that gradients do not agree."""
    if found and found.get("agree") is False:
        raise typer.Exit(FAILED)
