"""A report as plain text that fits a screen: at most 80 columns and 30 lines, the verdict first.

What does not fit is left out in an order that LEVELS lists, and the last line says so.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from backproof import reportwords as words
from backproof.report import CANNOT_JUDGE, RIGHT, WRONG, Block, Explanation, GradientReport, Mistake

COLUMNS, LINES = 80, 30
LABEL = 10  # columns before the text of a labelled line
MARKS = {RIGHT: "✓", WRONG: "✗", CANNOT_JUDGE: "?"}


@dataclass(frozen=True)
class Ways:
    """Where a report is printed, what leads on: to a better point, and to all that does not fit a screen."""

    better: str = "better_point is a point that shows them"
    whole: str = "the report's attributes hold all of it"


@dataclass(frozen=True)
class Level:
    """How much is told: so many judged blocks, other explanations and notes, and what of the second mistake and on."""

    blocks: int
    others: int
    notes: int
    questions: bool
    causes: bool
    ocaml: bool


EVERYTHING = Level(10**6, 10**6, 10**6, questions=True, causes=True, ocaml=True)
LEVELS = (
    Level(16, 4, 4, questions=True, causes=True, ocaml=True),
    Level(10, 3, 2, questions=True, causes=True, ocaml=True),
    Level(7, 2, 1, questions=False, causes=True, ocaml=True),
    Level(5, 1, 1, questions=False, causes=True, ocaml=False),
    Level(4, 1, 1, questions=False, causes=False, ocaml=False),
    Level(3, 1, 0, questions=False, causes=False, ocaml=False),
)


def text(report: GradientReport, ways: Ways = Ways()) -> str:
    """The report on one screen."""
    for level in LEVELS:
        lines = list(_whole(report, level, ways))
        if len(lines) + (level is not LEVELS[0]) <= LINES:
            break
    if level is LEVELS[0]:
        return "\n".join(lines)
    return "\n".join([*lines[: LINES - 1], f"Shortened to fit a screen; {ways.whole}."])


def full(report: GradientReport, ways: Ways = Ways()) -> str:
    """The whole report, as long as it is."""
    return "\n".join(_whole(report, EVERYTHING, ways))


def hint(report: GradientReport) -> str:
    """The verdict and a question for each mistake, which leads to it and does not name it: for teachers."""
    asked = [mistake.question for mistake in report.diagnosis[0].mistakes] if report.diagnosis else []
    lines = [*_told(words.counted(report), ""), ""]
    lines += list(_table(report.judged, LEVELS[0], lambda block: ""))
    lines += [""] if report.verdict == WRONG else []
    for question in asked or ([words.OPEN_QUESTION] if report.verdict == WRONG else []):
        lines += _labelled("Ask", question)
    return "\n".join(lines[:LINES])


def _whole(report: GradientReport, level: Level, ways: Ways) -> Iterator[str]:
    yield from _told(words.headline(report), "", most=3)
    yield ""
    yield from _table(report.judged, level, words.about)
    yield ""
    yield from _first(report)
    yield from _diagnosis(report, level)
    yield from _blindness(report, ways)
    yield from _labelled("Checked", words.precision(report))
    yield from _labelled("Witnesses", words.witnesses(report.witnesses), most=2) if report.witnesses else ()
    yield from _notes(report.notes, level.notes)


# ---------------------------------------------------------------- the blocks


def _table(blocks: Sequence[Block], level: Level, about: Callable[[Block], str]) -> Iterator[str]:
    """One line for each judged block: mark, names, relative error, tolerance, and what `about` says of it.

    Where there are too many, the wrong ones go first.
    """
    kept = _chosen(blocks, level.blocks)
    rows = [(f"{MARKS.get(b.verdict, '?')} {words.symbol(b)}", words.path(b), words.off(b),
             words.error(b.tolerance), about(b)) for b in kept]  # fmt: skip
    first, second = (max((len(row[i]) for row in rows), default=0) for i in (0, 1))
    for one, path, off, allowed, said in [("", "", "rel. error", "tolerance", ""), *rows]:
        line = f"{one:<{first}} {path:<{second}} {off:>12}{allowed:>11}  {said}".rstrip()
        yield line if len(line) <= COLUMNS else line[: COLUMNS - 1] + "…"
    left = [block for block in blocks if block not in kept]
    if left:
        right = sum(block.is_right for block in left)
        yield f"  … and {len(left)} more, {'all' if right == len(left) else right} of them right"


def _chosen(blocks: Sequence[Block], most: int) -> list[Block]:
    """At most so many blocks, in their order: the first wrong ones, then those that follow, then the right ones."""
    ranks = sorted(range(len(blocks)), key=lambda i: (blocks[i].is_right, blocks[i].follows is not None, i))
    return [blocks[i] for i in sorted(ranks[:most])]


def _first(report: GradientReport) -> Iterator[str]:
    """The first quantity that is wrong, and its worst entry."""
    if report.first_wrong is None:
        return
    block = words.first(report)
    yield from _labelled("Starts at", words.where_it_starts(report, block), most=3)
    if block is not None and block.worst is not None:
        yield from _labelled("Worst", words.worst(block))


# ---------------------------------------------------------------- the diagnosis


def _diagnosis(report: GradientReport, level: Level) -> Iterator[str]:
    """The likeliest explanation with its mends, the others in one line each; without any, that none is known."""
    if not report.diagnosis:
        yield from _labelled("Mistake", words.UNKNOWN) if report.verdict == WRONG else ()
        return
    best, *others = report.diagnosis
    for place, mistake in enumerate(best.mistakes):
        label = "and" if place else "Likeliest" if others else "Mistake"
        yield from _mistake(mistake, label, best, level)
    long = 2 if level.questions else 1
    for other in others[: level.others]:
        yield from _labelled("Or", f"the same numbers at this point: {words.explanation(other)}", most=long)
    if len(others) > level.others:
        yield from _labelled("Or", f"{len(others) - level.others} more that give the same numbers at this point")


def _mistake(mistake: Mistake, label: str, found: Explanation, level: Level) -> Iterator[str]:
    """A mistake, why, a question, and the mend; less of it where it is one of several."""
    alone = len(found.mistakes) == 1
    yield from _labelled(label, words.mistake(mistake), most=2)
    if alone or level.causes:
        yield from _labelled("", mistake.cause, most=3)
    if mistake.question and (alone or level.questions):
        yield from _labelled("Ask", mistake.question, most=3)
    yield from _code("NumPy", mistake.mend.numpy)
    if alone or level.ocaml:
        yield from _code("OCaml", mistake.mend.ocaml)


# ---------------------------------------------------------------- what could not be seen, and the rest


def _blindness(report: GradientReport, ways: Ways) -> Iterator[str]:
    """In two lines what this point could not have shown, in one how to get a better point."""
    if not report.blindness:
        return
    yield from _labelled("Not shown", words.hidden(report.blindness), most=2)
    if report.better_point is not None:
        yield from _labelled("Better", ways.better, most=2)


def _notes(notes: Sequence[str], most: int) -> Iterator[str]:
    for note in notes[:most]:
        yield from _labelled("Note", note, most=3)
    if len(notes) > most:
        yield from _labelled("Note", f"{len(notes) - most} more" if most else f"{len(notes)} left out here")


# ---------------------------------------------------------------- lines


def _labelled(label: str, said: str, most: int | None = None) -> list[str]:
    """The words, with a label before their first line and set in below it; at most so many lines."""
    return _told(said, f"{label:<{LABEL}}", most) if said else []


def _told(said: str, label: str, most: int | None = None) -> list[str]:
    """The words in lines of at most 80 columns."""
    indent = " " * len(label)
    return textwrap.wrap(
        " ".join(said.split()),
        COLUMNS,
        initial_indent=label,
        subsequent_indent=indent,
        max_lines=most,
        placeholder=" …",
        break_on_hyphens=False,
    )


def _code(label: str, code: str) -> list[str]:
    """Lines of code as they are; one that is too long goes on below, further in."""
    room, found = COLUMNS - LABEL, []
    for line in code.rstrip().splitlines():
        inner = " " * (len(line) - len(line.lstrip()) + 4)
        found += textwrap.wrap(line, room, subsequent_indent=inner, drop_whitespace=True, break_on_hyphens=False) or [
            ""
        ]
    return [f"{label if not place else '':<{LABEL}}{line}".rstrip() for place, line in enumerate(found)]
