"""Plays the conformance cases with a client's driver; README.md beside this file says what both are."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from kit.case import Case, cases
from kit.play import Outcome, play
from kit.service import NoService, service
from kit.values import CaseError

CASES = Path(__file__).with_name("cases")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 when all cases passed, 1 when one failed, 2 when nothing could be played."""
    asked = command_line().parse_args(arguments)
    try:
        chosen = [case for case in cases(asked.cases) if any(map(case.called, asked.only or [""]))]
        if not chosen:
            raise CaseError(f"no case is named like {' or '.join(asked.only or [])}")
        if asked.list:
            say(f"{case.name}\n    {case.why}" for case in chosen)
            return 0
        if not asked.driver:
            raise CaseError("name a driver: --driver 'COMMAND'")
        return played(chosen, asked)
    except (CaseError, NoService) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def command_line() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    parser = argparse.ArgumentParser(description="Plays the conformance cases with a client's driver.")
    parser.add_argument("--driver", metavar="COMMAND", help="the command that starts the driver")
    parser.add_argument("--url", help="a running service; else one is started for the cases that need it")
    parser.add_argument("--only", metavar="PART", action="append", help="only cases with PART in group/name")
    parser.add_argument("--list", action="store_true", help="name the cases and say why each is there")
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="cases that are played side by side (4)")
    parser.add_argument("--cases", type=Path, default=CASES, metavar="FOLDER", help="another folder of cases")
    parser.add_argument("-v", "--verbose", action="store_true", help="show every exchange")
    return parser


def played(chosen: Sequence[Case], asked: argparse.Namespace) -> int:
    """The exit code, after the cases were played and told about, one line each."""
    run = f"run-{secrets.token_hex(6)}"
    failed = 0
    with ExitStack() as held:
        real = any(case.server is None for case in chosen)
        url = held.enter_context(service(asked.url)) if real else None
        pool = held.enter_context(ThreadPoolExecutor(max(asked.jobs, 1)))
        for outcome in pool.map(lambda case: play(case, asked.driver, url, run), chosen):
            failed += not outcome.passed
            say(told(outcome, verbose=asked.verbose))
    say([f"{len(chosen) - failed} passed, {failed} failed"])
    return 1 if failed else 0


def told(outcome: Outcome, *, verbose: bool) -> Iterator[str]:
    """The outcome in lines: the case, and under it what was wrong and what was said."""
    yield f"{'ok  ' if outcome.passed else 'FAIL'} {outcome.case.name}"
    if not outcome.passed:
        yield f"     why: {outcome.case.why}"
    yield from (f"     {fault}" for fault in outcome.faults)
    if verbose:
        yield from (f"     | {line}" for entry in outcome.log for line in entry.splitlines())


def say(lines: Iterator[str] | Sequence[str]) -> None:
    """Nothing; the lines are on stdout."""
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
