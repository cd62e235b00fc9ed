"""Sums of squares without underflow, and how many of the things that are summed are alike."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from backproof_core.vec import Array


def squares(V: Array, W: Array) -> Array:
    """√(V² W²), squares entry by entry, without their underflow."""
    v, w = float(np.abs(V).max()), float(np.abs(W).max())
    if not (np.isfinite(v) and np.isfinite(w)):
        return np.full((V.shape[0], W.shape[1]), np.inf)
    if v == 0 or w == 0:
        return np.zeros((V.shape[0], W.shape[1]))
    one, two = V / v, W / w
    found: Array = np.sqrt((one * one) @ (two * two)) * v * w
    return found


def lengths(V: Array) -> Array:
    """The lengths of the rows, as a column."""
    return squares(V, np.ones((V.shape[1], 1)))


def length(parts: Sequence[Array]) -> Array:
    """√(Σ part²), entry by entry."""
    found = parts[0]
    for part in parts[1:]:
        found = np.hypot(found, part)
    return found


def most_frequent(M: Array) -> int:
    """How often the most frequent row that is not zero is there, in single precision."""
    data = (np.ascontiguousarray(M, np.float32) + np.float32(0)).tobytes()  # −0 becomes 0
    size = 4 * M.shape[1]
    counts = Counter(data[k : k + size] for k in range(0, len(data), size))
    del counts[bytes(size)]
    return max(counts.values(), default=1)
