"""Reports as the commands of GitHub's workflows: an annotation for each file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backproof import reportwords
from backproof.cli.check import Judged
from backproof.report import RIGHT, WRONG, GradientReport

ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
MORE = {":": "%3A", ",": "%2C"}  # in a property, which these would end


def annotation(one: Judged) -> str:
    """The command for a file: a notice where it is right, else an error."""
    if one.report is None:
        return command("error", one.file, "Not judged", one.fault)
    found = one.report
    if found.verdict == RIGHT:
        return command("notice", one.file, "Backprop is right", "\n".join(right(found)))
    title = "Backprop is wrong" if found.verdict == WRONG else "Cannot be judged"
    named = found.diagnosis[0] if found.diagnosis else None
    words = f"{title}: {reportwords.explanation(named)}" if named else title
    return command("error", one.file, words, "\n".join(wrong(found)))


def right(found: GradientReport) -> Iterator[str]:
    """The lines about numbers that are right."""
    yield found.summary
    if found.blindness:
        yield f"Not shown: {reportwords.hidden(found.blindness)}"


def wrong(found: GradientReport) -> Iterator[str]:
    """The lines about numbers that are not."""
    yield found.summary
    block = reportwords.first(found)
    if found.first_wrong is not None:
        yield f"It starts at {reportwords.where_it_starts(found, block)}"
    if block is not None and block.worst is not None:
        yield f"Worst: {reportwords.worst(block)}"
    for explanation in found.diagnosis[:1]:
        for mistake in explanation.mistakes:
            yield f"{reportwords.mistake(mistake)}: {mistake.cause}"
            yield from (part for part in (mistake.mend.numpy, mistake.mend.ocaml) if part)
    for explanation in found.diagnosis[1:]:
        yield f"Or, the same numbers at this point: {reportwords.explanation(explanation)}"
    yield from found.notes


def command(level: str, file: str, title: str, message: str) -> str:
    """A workflow command; stdin has no file."""
    place = "" if file == "-" else f"file={escaped(file, ESCAPES | MORE)},"
    return f"::{level} {place}title={escaped(title, ESCAPES | MORE)}::{escaped(message, ESCAPES)}"


def escaped(text: str, escapes: Mapping[str, str]) -> str:
    """The text in one line, with nothing in it that means something to GitHub."""
    return "".join(escapes.get(sign, sign) for sign in text)
