"""Caches that were sent with instances in columns: right numbers by another convention."""

from dataclasses import replace

import numpy as np

from backproof_core.judgement.claim import MATRICES, Matrices
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.uses import Use, Uses
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

CLOSE = 1e-4  # of a matrix: near enough to tell a square one from its transpose


def in_rows(at: Setting) -> tuple[Setting, Uses]:
    """The setting with every cache and δ turned, where all of them have their instances in columns; else as it is."""
    sent = [
        (
            M,
            at.run.A[l + 1],
            at.run.Z[l] if name == "pre_activations" else at.run.A[l + 1] if name != "deltas" else None,
        )
        for name in MATRICES
        for l, M in enumerate(at.claim.matrices(name))
        if M is not None
    ]
    if not sent or not all(_is_turned(M, A.shape, ours) for M, A, ours in sent):
        return at, ()
    Z, A, deltas = (_turned(getattr(at.claim, name)) for name in MATRICES)
    claim = replace(at.claim, pre_activations=Z, activations=A, deltas=deltas)
    return replace(at, claim=claim), (Use(Way("layout_samples"), "setting", None),)


def _turned(matrices: Matrices | None) -> Matrices | None:
    return matrices and tuple(None if M is None else np.ascontiguousarray(M.T) for M in matrices)


def _is_turned(M: Array, shape: tuple[int, ...], ours: Array | None) -> bool:
    """Whether a matrix has the shape of a transposed one and, where it is square, the numbers of one."""
    if M.shape != shape[::-1]:
        return False
    if M.shape != shape:
        return True
    if ours is None or not np.isfinite(M).all():
        return ours is None
    limit = CLOSE * float(np.abs(ours).max(initial=0.0))
    return bool(np.abs(M.T - ours).max() <= limit < np.abs(M - ours).max())
