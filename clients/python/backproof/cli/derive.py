"""A derivation for people: what is proved, what the symbols are, the chain rule, then line after line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import isfinite

from backproof.blackboard import blackboard, symbol
from backproof.cli.show import distance
from backproof.derivation import Derivation, DerivationLine

LEMMAS = {"D": "vec(M)ᵀ Diag(vec N) = vec(M∘N)ᵀ", "K": "vec(M)ᵀ (B ⊗ A) = vec(Aᵀ M B)ᵀ"}
HOLDS = {None: "", True: ": holds on these rows", False: ": DOES NOT HOLD on these rows"}
Numbered = tuple[int, DerivationLine]
STEP = ("step", "differentiates", "factor", "shape", "formula used")


def text(found: Derivation, *, folded: bool, width: int | None) -> Iterator[str]:
    """The lines of the whole text; each fits `width`, where one is given, if it has a place to be broken at."""
    parts = (heading(found), legend(found), steps(found, width), body(found, folded=folded), ending(found))
    for number, part in enumerate(parts):
        if number:
            yield ""
        for line in part:
            yield from wrapped(line, width)


def wrapped(line: str, width: int | None) -> list[str]:
    """The line, broken at spaces; what goes on is set in by four more than the line was."""
    if width is None or len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def heading(found: Derivation) -> Iterator[str]:
    """What is proved: both ends."""
    name = symbol(found.parameter)
    yield f"The gradient of the loss by {blackboard(found.parameter)}, in both forms"
    yield ""
    yield f"  vectorised   ∇{name} = {found.start.text}"
    yield f"  matched      ∇{name} = {found.result.text}"


def legend(found: Derivation) -> Iterator[str]:
    """What each symbol stands for, and on data what each size is."""
    yield "Symbols"
    yield ""
    longest = max((len(each.name) for each in found.start.definitions), default=0)
    for each in found.start.definitions:
        sign = " " if each.text.startswith("the ") else "="
        yield f"  {each.name:<{longest}} {sign} {each.text}"
    if found.sizes:
        yield ""
        yield "  " + ", ".join(f"{name} = {value}" for name, value in found.sizes.items())


def steps(found: Derivation, width: int | None) -> Iterator[str]:
    """The chain rule as a table: one row for each function of the composition."""
    yield "The chain rule, one factor for each function, from the loss down"
    yield ""
    rows = [
        (str(step.step), step.differentiates, step.factor, "×".join(map(str, step.shape)), step.formula)
        for step in found.start.steps
    ]
    yield from table([STEP, *rows], width)


def table(rows: Sequence[Sequence[str]], width: int | None) -> Iterator[str]:
    """Rows in columns as wide as they need; the last one stands below the others where it does not fit beside them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    beside = width is None or sum(widths) + 3 * len(widths) <= width
    for row in rows:
        cells = [f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)]
        if beside:
            yield ("  " + "   ".join(cells)).rstrip()
        else:
            yield ("  " + "   ".join(cells[:-1])).rstrip()
            yield f"  {'':<{widths[0]}}   {row[-1]}"


def body(found: Derivation, *, folded: bool) -> Iterator[str]:
    """The lines, under a heading for each use of a lemma."""
    yield "The proof: each line equals the one before"
    yield ""
    yield f"{0:>4}  {found.start.text}"
    for heading, lines in groups(found):
        yield from ("", heading, "")
        yield from folded_group(lines) if folded else whole_group(lines)


def groups(found: Derivation) -> Iterator[tuple[str, Sequence[Numbered]]]:
    """The lines with their numbers, by use of a lemma, each with its heading."""
    numbered = list(enumerate(found.lines, start=1))
    for _, lines in groupby(numbered, key=lambda each: each[1].group):
        group = list(lines)
        yield title(group[0][1], first=group[0][0] == 1, last=group[-1][0] == len(numbered)), group


def title(line: DerivationLine, *, first: bool, last: bool) -> str:
    """The heading of a group of lines, of which one is given."""
    if line.lemma in LEMMAS:
        return f"Lemma {line.lemma}, layer {line.layer + 1}: {LEMMAS[line.lemma]}"
    if line.stage == "seed":
        return f"Stable seed, layer {line.layer + 1}"
    if last:
        return "The row stands up"
    return f"Numbers and identities, layer {line.layer + 1}" if first else f"In between, layer {line.layer + 1}"


def whole_group(group: Iterable[Numbered]) -> Iterator[str]:
    """Every line with what was changed set off, its rule, and the changed part before and after."""
    for number, line in group:
        yield f"{number:>4}  {line.changed.text or line.text}"
        yield f"      {line.rule}: {line.reason}{measured(line)}"
        yield f"      {line.changed.text_before}  →  {line.changed.text_after}"


def folded_group(group: Sequence[Numbered]) -> Iterator[str]:
    """Only the end of the group, with all that was used on the way."""
    number, line = group[-1]
    yield f"{number:>4}  {line.text}"
    yield f"      {reasons(group)}{measured(line)}"


def reasons(group: Iterable[Numbered]) -> str:
    """All that was used in a group, each once."""
    return "; ".join(dict.fromkeys(part for _, line in group for part in line.reason.split("; ")))


def measured(line: DerivationLine) -> str:
    """How far the line is from the first one, where data is given."""
    if line.residual is None:
        return ""
    return f"   [residual {distance(line.residual)}, {line.mismatches_mod_p} mismatches mod p]"


def ending(found: Derivation) -> Iterator[str]:
    """The facts, the last line, notes, and the verdict."""
    if found.facts:
        yield "Facts about these values, besides algebra"
        yield ""
        yield from (f"  {fact.name}{HOLDS[fact.holds]}" for fact in found.facts)
        yield ""
    yield f"∇{symbol(found.parameter)} = {found.result.text}"
    yield ""
    yield from (f"Note: {note}" for note in found.notes)
    yield verdict(found)


def verdict(found: Derivation) -> str:
    """In a sentence, what was found."""
    wrong = sum(line.mismatches_mod_p for line in found.lines)
    exact = f"{len(found.lines)} lines, {wrong} mismatches modulo 2⁶¹ − 1"
    residuals = [line.residual for line in found.lines if line.residual is not None]
    if residuals:
        largest = max(residuals) if all(map(isfinite, residuals)) else float("nan")
        rows = "1 row" if found.rows_used == 1 else f"{found.rows_used} rows"
        exact += f", the largest residual on {rows} {distance(largest)}"
    if found.equal:
        return f"Both are the same: {exact}."
    if any(fact.holds is False for fact in found.facts) and not wrong:
        return f"Proved, but not shown on these rows, where a fact that the proof rests on does not hold: {exact}."
    return f"They were NOT found to be the same: {exact}."
