"""How much of some blocks there is in another, by least squares."""

from collections.abc import Iterable

import numpy as np

from backproof_core.vec import Array

ENOUGH = 3  # entries of a block from which an unknown number may be fitted
NEAR = 1e-3  # of a factor, that a fitted one may be off by
NEARLY = 1e-6  # the square of what a fit may leave at first


def shares_of(columns: list[Array], yours: Array) -> list[float] | None:
    """The least-squares shares of some blocks in one; None where that is far off or there are too few entries."""
    if len(columns) == 2:
        found = least_squares(columns[0], columns[1], yours)
        return None if found is None else list(found)
    if yours.size <= len(columns) or not np.isfinite(yours).all():
        return None
    B = np.stack([N.ravel() for N in columns], axis=1)
    scale = np.linalg.norm(B, axis=0)
    if not ((scale > 0) & np.isfinite(scale)).all():
        return None
    try:
        x, _, rank, _ = np.linalg.lstsq(B / scale, yours.ravel(), rcond=1e-9)
    except np.linalg.LinAlgError:  # it does not converge for some numbers: then it says nothing
        return None
    rest = yours.ravel() - (B / scale) @ x
    if rank < len(columns) or float(rest @ rest) > NEARLY * float(np.vdot(yours, yours)):
        return None
    return [float(v) for v in x / scale]


def share_beside(M: Array, N: Array, yours: Array) -> float | None:
    """The k with M + k·N nearest to yours, from two entries at least."""
    size = float(np.vdot(N, N))
    if yours.size < 2 or size == 0.0 or not np.isfinite(yours).all():
        return None
    return float(np.vdot(N, yours - M)) / size


def rates_of(M: Array, N: Array, yours: Array, factors: Iterable[float]) -> list[float]:
    """The r with c·(M − r·N) nearest to yours, c one of the factors that are near; none where that is far off.

    Where M and N are nearly parallel, c and r together are badly determined, and r beside a known c is not.
    """
    found = least_squares(M, N, yours)
    if found is None:
        return []
    c, k = found
    near = [f for size in factors for f in (size, -size) if abs(c - f) <= NEAR * size]
    beside = [(f, share_beside(f * M, N, yours)) for f in near]
    return [-k / f for f, k in beside if k is not None] or ([-k / c] if c != 0 else [])


def least_squares(M: Array, N: Array, yours: Array) -> tuple[float, float] | None:
    """(c, k) with c·M + k·N nearest to yours; None where that is far off, with too few entries, or where M ∝ N."""
    if yours.size < ENOUGH or not np.isfinite(yours).all():
        return None
    MM, MN, NN = float(np.vdot(M, M)), float(np.vdot(M, N)), float(np.vdot(N, N))
    determinant = MM * NN - MN * MN
    if not determinant > 1e-12 * MM * NN:
        return None
    My, Ny = float(np.vdot(M, yours)), float(np.vdot(N, yours))
    c, k = (NN * My - MN * Ny) / determinant, (MM * Ny - MN * My) / determinant
    rest = yours - c * M - k * N
    if float(np.vdot(rest, rest)) > NEARLY * float(np.vdot(yours, yours)):
        return None
    # once more on what is left, for the digits that squaring lost
    Mr, Nr = float(np.vdot(M, rest)), float(np.vdot(N, rest))
    return c + (NN * Mr - MN * Nr) / determinant, k + (MM * Nr - MN * Mr) / determinant
