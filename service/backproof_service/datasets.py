"""Uploaded data sets: bytes of a stated type become x with y or labels, or a Problem that names the place at fault.

Nothing here trusts the bytes: sizes are checked as declared before memory is taken, and no pickle is ever read.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backproof_service.convert import Labels
from backproof_service.csvtable import read_csv
from backproof_service.http.body import read_json
from backproof_service.http.problems import bad_parameter, invalid
from backproof_service.npfiles import read_npy, read_npz
from backproof_service.settings import Settings
from backproof_service.wire.data import DataTargets
from backproof_service.wire.datasets import DatasetUpload
from backproof_service.wire.numbers import Array

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a data set: x, and y or labels."""

    x: Array
    y: Array | None = None
    labels: Labels | None = None

    @property
    def arrays(self) -> dict[str, Array | Labels]:
        """The arrays by name, as they are stored."""
        named = {"x": self.x, "y": self.y, "labels": self.labels}
        return {name: array for name, array in named.items() if array is not None}

    def meta(self, size: int) -> dict[str, int | None]:
        """What a list of data sets says of it."""
        return {
            "rows": len(self.x),
            "features": self.x.shape[1],
            "targets": None if self.y is None else self.y.shape[1],
            "classes": None if self.labels is None else int(self.labels.max()) + 1,
            "bytes": size,
        }


def check_targets(kind: str, targets: int | None) -> None:
    """Raises where the number of target columns is missing, or has nothing to tell apart."""
    if kind == NPY and targets is None:
        raise bad_parameter("targets", f"It is missing; {NPY} needs it: how many of the last columns are targets.")
    if kind != NPY and targets is not None:
        raise bad_parameter("targets", f"Only {NPY} has columns to tell apart; leave it out with {kind}.")


def read(body: bytes, kind: str, targets: int | None, settings: Settings) -> Table:
    """The data set in a body of that type; targets is the number of target columns of an npy matrix."""
    table = READERS[kind](body, settings) if targets is None else _split(body, targets, settings)
    if table.labels is not None:
        _check_classes(table.labels, settings.max_layer_width)
    return table


def _check_classes(labels: Labels, most: int) -> None:
    """Refuses labels of more classes than any network could have outputs."""
    i = int(labels.argmax())
    if labels[i] >= most:
        asked = f"Label {i} is {labels[i]:,}, which makes {labels[i] + 1:,} classes"
        need = f"the limit max_layer_width is {most:,}. Number the classes from 0"
        raise invalid(f"{asked}; {need}.", "labels", i, code="limit_exceeded")


def _json(body: bytes, settings: Settings) -> Table:
    sent = read_json(body, DatasetUpload, settings).root
    return Table(sent.x, y=sent.y) if isinstance(sent, DataTargets) else Table(sent.x, labels=sent.labels)


def _csv(body: bytes, settings: Settings) -> Table:
    return _checked(Table(*read_csv(body)))


def _npz(body: bytes, settings: Settings) -> Table:
    arrays = read_npz(body, settings.max_dataset_bytes)
    return _checked(Table(arrays["x"], arrays.get("y"), arrays.get("labels")))


def _split(body: bytes, targets: int, settings: Settings) -> Table:
    """The last columns of a matrix as its targets."""
    whole = read_npy(body, settings.max_dataset_bytes)
    if whole.ndim != 2 or targets >= whole.shape[1]:
        given = f"{targets} columns were named as targets of an array of shape {list(whole.shape)}"
        raise bad_parameter("targets", f"{given}; a matrix needs at least one column more than that.")
    x, y = whole[:, :-targets], whole[:, -targets:]
    return _checked(Table(np.ascontiguousarray(x), np.ascontiguousarray(y)))


def _checked(table: Table) -> Table:
    """The table; raises a Problem where its arrays do not fit together or hold what is no finite number."""
    rows = len(table.x)
    for name, array in table.arrays.items():
        if len(array) != rows:
            raise invalid(f"x has {rows} rows and {name} has {len(array)}; give one for each row of x.", name)
        bad = np.argwhere(~np.isfinite(array)).tolist()
        if len(bad):
            row, column = bad[0]
            raise invalid(
                f"Row {row}, column {column}, is {array[row][column]}; data must be finite.", name, row, column
            )
    if not rows or not table.x.shape[1] or (table.y is not None and not table.y.shape[1]):
        raise invalid("There are no numbers in it; give at least one row of x with one feature and one target.")
    return table


READERS: dict[str, Callable[[bytes, Settings], Table]] = {JSON: _json, CSV: _csv, NPZ: _npz}
TYPES = (JSON, CSV, NPZ, NPY)
