"""Histories of numbers: rows of float64, packed into chunks, and thinned when they are read."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Cell: TypeAlias = float | int | bool | None
Table: TypeAlias = npt.NDArray[np.float64]


def pack(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Rows as bytes: one that marks the columns present (up to eight), then float64 in C order.

    A column is present in all rows or in none, so an absent number never looks like a NaN.
    """
    present = sum(1 << j for j, cell in enumerate(rows[0]) if cell is not None)
    table = np.array([[0.0 if cell is None else cell for cell in row] for row in rows], dtype="<f8")
    return bytes([present]) + table.tobytes()


def unpack(chunks: Iterable[bytes], width: int) -> tuple[Table, int]:
    """All rows of the chunks, and the mark of the columns present."""
    found = list(chunks)
    if not found:
        return np.empty((0, width)), 0
    tables = [np.frombuffer(chunk, dtype="<f8", offset=1).reshape(-1, width) for chunk in found]
    return np.concatenate(tables), found[-1][0]


def thinned(table: Table, most: int, best: int) -> Table:
    """At most `most` rows (three or more), evenly spread; the first, the last and row `best` are among them."""
    rows = len(table)
    if rows <= most:
        return table
    spread = np.linspace(0, rows - 1, most - 1).round().astype(int).tolist()
    return table[sorted({*spread, best})]


def cells(table: Table, present: int, whole: Iterable[int]) -> list[list[Cell]]:
    """Rows of plain numbers: integers in the `whole` columns, None where a column is absent."""
    integers = set(whole)
    return [
        [None if not present >> j & 1 else int(x) if j in integers else x for j, x in enumerate(row)]
        for row in table.tolist()
    ]
