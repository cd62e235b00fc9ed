"""Commands that other packages bring along, by the entry-point group `backproof.commands`.

Only the one that is asked for is loaded: the service takes longer to import than most commands take to run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points

import typer

from backproof.cli.ending import Usage
from backproof.cli.service import INSTALL

GROUP = "backproof.commands"
KNOWN = {"serve": "Start the service."}  # by name, what is said of it before its package is loaded
ANYTHING = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def register(app: typer.Typer, arguments: Sequence[str]) -> None:
    """Nothing; the app knows the command that the arguments ask for, and the names of the others."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in sorted({*found, *KNOWN}):
        if name in found and name == asked:
            app.command(name)(found[name].load())
        else:
            app.command(name, help=words(name, found), context_settings=ANYTHING)(missing(name))


def words(name: str, found: dict[str, EntryPoint]) -> str:
    """What the list of commands says about this one."""
    told = KNOWN.get(name, f"The command {name}.")
    return told if name in found else f"{told} (not installed)"


def missing(name: str) -> Callable[[], None]:
    """A command that says what to install."""

    def command() -> None:
        raise Usage(f"backproof {name} comes with the service, which is not installed. {INSTALL}")

    return command
