"""A block of the caller's as a multiple of a hypothesis."""

from dataclasses import dataclass

import numpy as np

from backproof_core.judgement.targets import Target
from backproof_core.judgement.uses import Uses
from backproof_core.vec import Array

NOISE = 1e-12  # of a squared norm: what is lost when one is taken from another


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A block explained: M, made by those mistakes, times c, plus rest. c is None where M is zero: any would do."""

    uses: Uses
    M: Array
    c: float | None
    target: Target
    rest: Array | None = None

    def residual(self, factor: float) -> float | None:
        """What that factor leaves of the block; None where it does not explain it."""
        made = factor * self.M
        return self.target.residual(made if self.rest is None else made + self.rest)


def fit(uses: Uses, M: Array, target: Target, rest: Array | None = None) -> Fit | None:
    """The block as c·M + rest, if it is that."""
    if M.shape != target.yours.shape:
        return None
    yours = target.yours if rest is None else target.yours - rest
    size = float(np.vdot(M, M))
    if size == 0.0:
        found = Fit(uses, M, None, target, rest)
        return found if found.residual(1.0) is not None else None
    product, own = float(np.vdot(yours, M)), float(np.vdot(yours, yours))
    if not own - product * product / size <= max(target.slack, NOISE * own):  # far off, as most are
        return None
    found = Fit(uses, M, product / size, target, rest)
    return found if found.residual(product / size) is not None else None


def same(M: Array, N: Array) -> bool:
    """Whether two matrices are the same but for rounding."""
    if M.shape != N.shape:
        return False
    return float(np.abs(M - N).max(initial=0.0)) <= 1e-12 * float(np.abs(N).max(initial=0.0))
