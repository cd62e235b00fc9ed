"""How a command ends: 0 success, 1 refused or failed, 2 wrong usage, 3 no service, 130 interrupted."""

from __future__ import annotations

from backproof.errors import BackproofError, ServiceUnreachable, TimedOut

FAILED, USAGE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


class Usage(BackproofError):
    """A command line, or a file named on it, that asks for nothing that can be done."""


class NotStarted(BackproofError):
    """A service that could not be started in this process."""


def code(error: BackproofError) -> int:
    """The exit code that an error stands for."""
    if isinstance(error, Usage):
        return USAGE
    return UNREACHABLE if isinstance(error, ServiceUnreachable | TimedOut | NotStarted) else FAILED
