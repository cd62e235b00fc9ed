"""What the wrong entries of a block have in common, in a few words."""

import numpy as np
import numpy.typing as npt

from backproof_core.vec import Array

SAME = 1e-6  # of the ratios, for a block that is a multiple
FINEST = 1e-4  # of a block: ratios that differ by more are different ones
MANY = 512  # instances looked at one by one


def ratio_of(yours: Array, ours: Array, share: float = 0.0) -> float | None:
    """yours/ours where that is the same everywhere but for rounding, which is that share of the largest entry."""
    size = float(np.vdot(ours, ours))
    if yours.shape != ours.shape or size == 0.0 or not np.isfinite(yours).all():
        return None
    ratio = float(np.vdot(yours, ours)) / size
    left = float(np.abs(yours - ratio * ours).max(initial=0.0))
    largest = float(np.abs(ours).max(initial=0.0))
    return ratio if left <= max(SAME, 2 * share) * max(abs(ratio), 1e-30) * largest else None


def cosine_of(yours: Array, ours: Array) -> float | None:
    """The cosine of the angle between two blocks; None where there is no angle."""
    if yours.shape != ours.shape or not np.isfinite(yours).all():
        return None
    size = float(np.linalg.norm(yours)) * float(np.linalg.norm(ours))
    return float(np.clip(float(np.vdot(yours, ours)) / size, -1.0, 1.0)) if size > 0 else None


def pattern_of(yours: Array, ours: Array, limit: float, made_of: tuple[Array, Array] | None) -> str:
    """The pattern of what is wrong; made_of is (A_in, δ) where the block is a gradient of weights, A_inᵀδ."""
    if yours.shape != ours.shape:
        return _of_shape(yours, ours, limit)
    if not np.isfinite(yours).all():
        return _counted(~np.isfinite(yours), "not finite")
    if not yours.any():
        return "it is zero everywhere"
    largest = float(np.abs(ours).max(initial=0.0))
    ratio = ratio_of(yours, ours, min(limit / largest, FINEST) if largest > 0 else 0.0)
    if ratio is not None and abs(ratio - 1) > SAME:
        return f"it is {ratio:.6g} times ours everywhere" if ours.size > 1 else f"it is {ratio:.6g} times ours"
    if ours.ndim == 2 and ours.shape[0] == ours.shape[1] > 1 and np.abs(yours - ours.T).max() <= limit:
        return "it is ours transposed"
    off = np.abs(yours - ours)
    wrong = off > limit
    instance = _instance(yours, ours, limit, made_of) if wrong.sum() > 1 else None
    if instance is not None:
        return instance
    if wrong.all() and ours.size > 1 and off.max() <= 1e-3 * largest:
        return f"all of its {ours.size} entries are a little off, by up to {off.max() / largest:.1e} of the largest"
    return _counted(wrong, "wrong")


def _of_shape(yours: Array, ours: Array, limit: float) -> str:
    words = f"its shape is {_shape(yours)}, it should be {_shape(ours)}"
    if yours.ndim == 2 and yours.shape == ours.shape[::-1]:
        right = np.isfinite(yours).all() and np.abs(yours.T - ours).max(initial=0.0) <= limit
        return words + (": it is ours transposed" if right else ", the other way round")
    return words


def _shape(M: Array) -> str:
    return "×".join(map(str, M.shape)) if M.ndim == 2 else f"{M.size} numbers"


def _counted(wrong: npt.NDArray[np.bool_], what: str) -> str:
    """How many entries are wrong, and where they lie."""
    count, size = int(wrong.sum()), wrong.size
    if count == size:
        return f"all of its {size} entries are {what}" if size > 1 else f"its only entry is {what}"
    return f"{count} of its {size} entries {'is' if count == 1 else 'are'} {what}{_place(wrong, count)}"


def _place(wrong: npt.NDArray[np.bool_], count: int) -> str:
    where = np.argwhere(wrong)
    if count == 1:
        return f", at {[int(i) for i in where[0]]}"
    if wrong.ndim != 2:
        return ""
    rows, columns = np.unique(where[:, 0]), np.unique(where[:, 1])
    if len(rows) == 1:
        return f", all in row {rows[0]}"
    if len(columns) == 1:
        return f", all in column {columns[0]}"
    if wrong.shape[0] == wrong.shape[1]:
        diagonal = np.eye(len(wrong), dtype=bool)
        if not wrong[~diagonal].any():
            return ", all on the diagonal"
        if wrong[~diagonal].all() and not wrong[diagonal].any():
            return ", all off the diagonal"
    if count == len(rows) * len(columns):
        return f", all in rows {_listed(rows)} and columns {_listed(columns)}"
    return ""


def _listed(numbers: npt.NDArray[np.intp]) -> str:
    shown = ", ".join(str(int(n)) for n in numbers[:6])
    return shown + (", …" if len(numbers) > 6 else "")


def _instance(yours: Array, ours: Array, limit: float, made_of: tuple[Array, Array] | None) -> str | None:
    """That what is off is the part of one instance: its a ⊗ δ, left out or taken otherwise."""
    if made_of is None or yours.size < 2 or not 2 <= len(made_of[1]) <= MANY:
        return None
    A, delta = made_of
    E = yours - ours
    size = float(np.vdot(E, E))
    if size <= limit * limit * E.size:
        return None
    for n in range(len(A)):
        part = np.outer(A[n], delta[n]) if ours.ndim == 2 else delta[n]
        norm = float(np.vdot(part, part))
        if norm == 0.0:
            continue
        c = float(np.vdot(E, part)) / norm
        if np.abs(E - c * part).max() <= max(4 * limit, 1e-9 * np.abs(E).max()):
            if abs(c + 1) < SAME:
                return f"the part of instance {n} is missing"
            return f"only the part of instance {n} is off: it counts {1 + c:.6g} times"
    return None
