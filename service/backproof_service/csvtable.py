"""CSV bodies as numbers: a header, then one row for each instance; each bad cell is named by line and column."""

import csv
import io
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backproof_service.convert import Labels
from backproof_service.http.problems import Problem, invalid
from backproof_service.http.words import listed
from backproof_service.wire.numbers import LARGEST_INTEGER, Array

HEADER = (
    'A header is required: columns named "y" or "y_…" are targets, one named "label" holds classes, '
    "the rest are features."
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are what, by position."""

    names: Sequence[str]
    features: Sequence[int]
    targets: Sequence[int]
    label: int | None


def read_csv(body: bytes) -> tuple[Array, Array | None, Labels | None]:
    """x, and y or labels."""
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
    lines = csv.reader(text, strict=True)
    try:
        columns = _columns(next(lines, []))
        numbers = array("d")
        for row in lines:
            if row:  # an empty line at the end is nobody's mistake
                numbers.extend(_numbers(row, columns, lines.line_num))
    except UnicodeDecodeError:
        raise Problem(
            400, "malformed_body", f"Line {lines.line_num + 1} or one after it is not UTF-8; encode it so."
        ) from None
    except csv.Error as error:
        raise Problem(400, "malformed_body", f"Line {lines.line_num} is no CSV: {error}.") from None
    if not numbers:
        raise invalid("There is a header and no row below it; give at least one row.")
    whole = np.frombuffer(numbers).reshape(-1, len(columns.names))
    return _split(whole, columns)


def _split(whole: Array, columns: Columns) -> tuple[Array, Array | None, Labels | None]:
    x = whole[:, columns.features]
    if columns.label is None:
        return x, whole[:, columns.targets], None
    return x, None, whole[:, columns.label].astype(np.int64)


def _columns(header: list[str]) -> Columns:
    names = [name.strip() for name in header]
    if not any(names):
        raise invalid(f"The first line is empty. {HEADER}")
    if all(_is_number(name) for name in names):
        raise invalid(f"The first line holds numbers. {HEADER}")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise invalid(f'Two columns are named "{twice[:80]}"; give each its own name.')
    targets = [i for i, name in enumerate(names) if name == "y" or name.startswith("y_")]
    label = names.index("label") if "label" in names else None
    features = [i for i in range(len(names)) if i not in targets and i != label]
    given = f"The columns are {listed(names)[:400]}"
    if bool(targets) == (label is not None):
        need = "targets (y or y_…) and classes (label) at once; keep one" if targets else "no targets"
        raise invalid(f"{given}; there are {need}. {HEADER}")
    if not features:
        raise invalid(f"{given}; there is no feature among them. {HEADER}")
    return Columns(names, features, targets, label)


def _numbers(row: list[str], columns: Columns, line: int) -> list[float]:
    """The numbers of one line."""
    if len(row) != len(columns.names):
        raise invalid(f"Line {line} has {len(row)} cells; the header has {len(columns.names)}.")
    try:
        found = list(map(float, row))
    except ValueError:
        found = []
    text = "".join(row)
    if not found or not text.isascii() or "_" in text or not all(map(math.isfinite, found)):
        raise invalid(next(_bad_cells(row, columns, line)))
    if columns.label is not None:
        _check_label(found[columns.label], row[columns.label], line)
    return found


def _bad_cells(row: list[str], columns: Columns, line: int) -> Iterator[str]:
    for name, cell in zip(columns.names, row, strict=True):
        if not _is_number(cell) or not math.isfinite(float(cell)):
            given = f'"{cell[:40]}"' if cell.strip() else "empty"
            yield f'Line {line}, column "{name[:80]}", is {given}; it must be a finite number.'


def _is_number(cell: str) -> bool:
    """Whether the cell is a number as JSON or C would write it: no digit separators, no foreign digits."""
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell


def _check_label(value: float, cell: str, line: int) -> None:
    if not value.is_integer() or not 0 <= value <= LARGEST_INTEGER:
        raise invalid(f'Line {line}, column "label", is "{cell[:40]}"; it must be an integer from 0.')
