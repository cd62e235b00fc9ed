"""What lets a function of `calls` be a method of a client: its words and its signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


def like(build: Callable[..., Any], *, without: int = 0) -> Callable[[F], F]:
    """The decorator that gives a method the name, docstring and signature of `build`, less its first arguments."""

    def dress(method: F) -> F:
        signature = inspect.signature(build)
        kept = list(signature.parameters.values())[without:]
        method.__name__ = method.__qualname__ = build.__name__.removeprefix("job_")
        method.__doc__ = build.__doc__
        method.__signature__ = signature.replace(parameters=[SELF, *kept], return_annotation=inspect.Signature.empty)  # type: ignore[attr-defined]
        return method

    return dress
