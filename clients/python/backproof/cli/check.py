"""What `check` asks and answers: each file judged or why not, and how that ends."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from backproof import calls, case, parse_report
from backproof.cli import ending, files
from backproof.cli.acts import as_sent
from backproof.cli.ending import Usage
from backproof.client import Client
from backproof.errors import BackproofError, InvalidValue
from backproof.report import CANNOT_JUDGE, RIGHT, WRONG, GradientReport
from backproof.reporttext import Ways
from backproof.requests import Json

CODES = {RIGHT: 0, WRONG: ending.FAILED, CANNOT_JUDGE: ending.UNJUDGED}
WHOLE = "--full prints all of it"


class Style(StrEnum):
    """What reports are printed as."""

    text = "text"
    json = "json"
    junit = "junit"
    github = "github"


@dataclass(frozen=True)
class Judged:
    """A case file, and the report on it as it was sent and as it was read; or the fault that kept it from one."""

    file: str
    case: Json | None = None
    sent: Json | None = None
    report: GradientReport | None = None
    fault: str = ""

    @property
    def name(self) -> str:
        """What the file is called in a sentence."""
        return files.named(self.file)

    @property
    def code(self) -> int:
        """The exit code that it stands for."""
        return ending.UNJUDGED if self.report is None else CODES.get(self.report.verdict, ending.UNJUDGED)


def read(file: str) -> Judged:
    """The case in a file, still to be judged, or what is wrong with it."""
    try:
        found = case.case_of(files.content(file), files.named(file))
    except (InvalidValue, Usage) as error:
        return Judged(file, fault=str(error))
    if not case.judged(found):
        need = f"add what your code computed there: {', '.join(case.JUDGED[:-1])} or {case.JUDGED[-1]}"
        return Judged(file, fault=f"{files.named(file)} holds a point and none of your numbers; {need}.")
    return Judged(file, found)


def judged(client: Client, asked: Judged) -> Judged:
    """The same with its report, or the service's words where it refuses. Raises where no service answers."""
    if asked.case is None:
        return asked
    try:
        sent = client.send(as_sent(calls.judge(asked.case)))
        return replace(asked, sent=sent, report=parse_report.report(sent))
    except BackproofError as error:
        if ending.unserved(error):
            raise
        return replace(asked, fault=f"{asked.name}: {error}")
    except (KeyError, TypeError, ValueError) as error:
        return replace(asked, fault=f"{asked.name}: the service's report cannot be read: {error!r}.")


def ways(one: Judged, written: Path | None) -> Ways:
    """What leads on from the printed report of a file."""
    if written is not None:
        return Ways(f"the point in {written} shows them: compute your numbers there", WHOLE)
    file = shlex.quote(one.file)
    return Ways(f"backproof check {file if len(file) < 20 else 'FILE'} --better-point better.case.json", WHOLE)


def better(one: Judged) -> Json | None:
    """The better point as a case without numbers, for the caller to compute there; None where there is none."""
    point = (one.sent or {}).get("better_point")
    if not isinstance(point, dict) or one.case is None:
        return None
    kept = {name: one.case[name] for name in ("loss", "dtype", "layout") if name in one.case}
    return {"network": point["network"], "data": point["data"], **kept}


def tally(found: Sequence[Judged]) -> str:
    """How many of several files are right, wrong and not judged."""
    counts = {words: sum(one.code == code for one in found) for words, code in (("right", 0), ("wrong", 1))}
    unjudged = len(found) - sum(counts.values())
    parts = [f"{count} {words}" for words, count in counts.items()]
    return f"{len(found)} files: {', '.join(parts)}" + (f", {unjudged} not judged." if unjudged else ".")
