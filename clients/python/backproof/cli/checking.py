"""The command `check`: is your backprop right?"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from backproof import case as case_files
from backproof import reporttext
from backproof.cli import check as checks
from backproof.cli import ending, junit, workflow
from backproof.cli.acts import lines
from backproof.cli.check import Judged, Style
from backproof.cli.ending import Usage
from backproof.cli.options import REQUEST, Data, Url
from backproof.cli.service import Place, place, reach
from backproof.errors import BackproofError
from backproof.progress import say
from backproof.report import GradientReport

COLOURS = {
    r"(?m)^✓( Right)?": "green",
    r"(?m)^✗( Wrong)?": "red",
    r"(?m)^\?( Cannot judge| Not judged)?": "yellow",
    r"(?m)^(Starts at|Worst|Mistake|Likeliest|and|Ask|NumPy|OCaml|Or)\b": "bold",
    r"(?m)^(Not shown|Better|Checked|Witnesses|Note)\b": "bold",
}


def check(
    cases: Annotated[list[str], typer.Argument(metavar="FILE", help=REQUEST.format("/gradients/check"))],
    *,
    style: Annotated[Style, typer.Option("--format", help="What to print.")] = Style.text,
    hint: Annotated[
        bool, typer.Option("--hint", help="Ask the question that leads to the mistake; name none.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="All of the report, however long.")] = False,
    better_point: Annotated[
        Path | None,
        typer.Option("--better-point", metavar="FILE", help="Write a point that shows more, as a case file."),
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Judge the numbers that your own backprop computed: right, or wrong from where on, why, and how to mend it.

    The exit code is 0 where everything is right, 1 where something is wrong, 2 where it cannot be judged (a file that
    is no case and a request that is refused too), 3 where no service answers. Of several files the largest code counts.
    """
    _one_way(style, hint=hint, full=full)
    _fit(cases, better_point)
    found = _answered([checks.read(file) for file in cases], place(url, data))
    written = _saved(found[0], better_point)
    for fault in (one.fault for one in found if one.fault):
        say(fault)
    match style:
        case Style.json:
            lines(json.dumps(one.sent or {"object": "fault", "file": one.file, "detail": one.fault}) for one in found)
        case Style.junit:
            lines([junit.document(found)])
        case Style.github:
            lines(map(workflow.annotation, found))
        case Style.text:
            _print(_pages(found, partial(_words, written=written, hint=hint, full=full)))
    raise typer.Exit(max(one.code for one in found))


def _one_way(style: Style, *, hint: bool, full: bool) -> None:
    """Nothing. Raises Usage where the options ask for two ways to print."""
    if hint and full:
        raise Usage("--hint leaves the answer out and --full prints all of it: give one of them.")
    if style is not Style.text and (hint or full):
        raise Usage(f"--{'hint' if hint else 'full'} is for text: leave --format {style} out.")


def _fit(cases: Sequence[str], better_point: Path | None) -> None:
    """Nothing. Raises Usage for files that cannot be judged together."""
    if cases.count("-") > 1:
        raise Usage("stdin (-) is given twice, and can be read once.")
    if better_point is not None and len(cases) > 1:
        raise Usage(f"--better-point writes the better point of one FILE, and {len(cases)} are given.")
    if better_point is not None and not better_point.absolute().parent.is_dir():
        raise Usage(f"{better_point} cannot be written: there is no folder {better_point.parent}.")


def _answered(asked: Sequence[Judged], where: Place) -> list[Judged]:
    """Each case judged; no service is asked, or started, where there is no case. Raises Exit where none answers."""
    if all(one.fault for one in asked):
        return list(asked)
    try:
        with reach(where) as client:
            return [checks.judged(client, one) for one in asked]
    except BackproofError as error:
        if not ending.unserved(error):
            raise
        say(str(error))
        raise typer.Exit(ending.UNREACHABLE) from error


def _saved(one: Judged, target: Path | None) -> Path | None:
    """The file that now holds the better point, if one was asked for and there is one. Raises InvalidValue."""
    found = None if target is None else checks.better(one)
    if target is None or one.fault:
        return None
    if found is None:
        say(f"No better point was written to {target}: {one.name} shows all that can be shown.")
        return None
    case_files.write_case(target, found)
    say(f"A better point is in {target}. Compute your numbers there, add them to it, and check it.")
    return target


def _words(one: Judged, report: GradientReport, *, written: Path | None, hint: bool, full: bool) -> str:
    """The report on a file as the options want it."""
    if hint:
        return reporttext.hint(report)
    return (reporttext.full if full else reporttext.text)(report, checks.ways(one, written))


def _pages(found: Sequence[Judged], told: Callable[[Judged, GradientReport], str]) -> Iterator[str]:
    """The report on each file; where there are several, under its name, and at the end how many are right."""
    for place_, one in enumerate(found):
        if len(found) > 1:
            yield ("\n" if place_ else "") + one.name
        if one.report is not None:
            yield told(one, one.report)
        elif len(found) > 1:
            yield f"? Not judged: {one.fault}"
    if len(found) > 1:
        yield "\n" + checks.tally(found)


def _print(pages: Iterable[str]) -> None:
    """Nothing; the pages are on stdout, in colour on a terminal."""
    text = "\n".join(pages)
    if not sys.stdout.isatty():
        lines(text.splitlines())
        return
    painted = Text(text)
    for pattern, style in COLOURS.items():
        painted.highlight_regex(pattern, style)
    Console(highlight=False).print(painted, soft_wrap=True)
