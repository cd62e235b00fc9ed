"""Column stacking: the one place in the project that writes `order="F"`.

A C-order reshape is silently wrong: on a square W it transposes the gradient.
"""

import numpy as np
import numpy.typing as npt

from backproof_core.errors import ShapeMismatch

Array = npt.NDArray[np.floating]


def vec(M: Array) -> Array:
    """The columns of M, stacked: an m×n matrix becomes a vector of m·n entries."""
    return M.reshape(-1, order="F")


def unvec(v: Array, rows: int, columns: int) -> Array:
    """The rows×columns matrix M with vec(M) = v.

    Raises ShapeMismatch where v has another number of entries than rows·columns.
    """
    if v.size != rows * columns:
        raise ShapeMismatch(
            f"unvec to {rows}×{columns} needs {rows * columns} entries, the vector has {v.size}", where=("vector",)
        )
    return v.reshape(rows, columns, order="F")
