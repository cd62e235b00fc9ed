"""Caches that were sent with instances in columns: right numbers by another convention."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from backproof_core.judgement.claim import MATRICES, Matrices
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.uses import Use, Uses
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

CLOSE = 1e-4  # of a matrix: near enough to tell a square one from its transpose


def in_rows(at: Setting, deltas: Sequence[Array]) -> tuple[Setting, Uses]:
    """The setting with each list of caches turned that has its instances in columns; deltas are the right ones."""
    ours = {"pre_activations": at.run.Z, "activations": at.run.A[1:], "deltas": deltas}
    sent = {name: at.claim.matrices(name) for name in MATRICES}
    turned = [name for name in MATRICES if _is_turned(sent[name], ours[name])]
    if not turned:
        return at, ()
    Z, A, D = (_transposed(sent[name]) if name in turned else getattr(at.claim, name) for name in MATRICES)
    claim = replace(at.claim, pre_activations=Z, activations=A, deltas=D)
    return replace(at, claim=claim), (Use(Way("layout_samples"), "setting", None),)


def _transposed(matrices: Sequence[Array | None]) -> Matrices:
    return tuple(None if M is None else np.ascontiguousarray(M.T) for M in matrices)


def _is_turned(sent: Sequence[Array | None], ours: Sequence[Array]) -> bool:
    """Whether matrices have the shapes of transposed ones and, where all are square, the numbers of such."""
    pairs = [(M, N) for M, N in zip(sent, ours) if M is not None]
    if not pairs or any(M.shape != N.shape[::-1] for M, N in pairs):
        return False
    return any(M.shape != N.shape for M, N in pairs) or all(_is_transpose(M, N) for M, N in pairs)


def _is_transpose(M: Array, ours: Array) -> bool:
    limit = CLOSE * float(np.abs(ours).max(initial=0.0))
    return bool(np.abs(M.T - ours).max() <= limit < np.abs(M - ours).max())
