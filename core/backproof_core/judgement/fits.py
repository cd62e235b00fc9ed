"""Which mistakes make one gradient block out of a δ, up to a factor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core.judgement import ways
from backproof_core.judgement.claim import Layers
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Target
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

FACTOR = "factor"
ENOUGH = 4  # entries of a block from which an unknown number may be fitted
NEARLY = 1e-6  # the square of what a fit of two numbers may leave at first
DECAYS = {"weight_decay_included": 1.0, "weight_decay_doubled": 2.0}  # λ's share in a gradient
DECAYS_IN_STEP = {"weight_decay_doubled": 1.0}  # besides the one that belongs there


@dataclass(frozen=True, slots=True)
class Use:
    """A mistake that was made once: where in the pass, in which layer, and the number that belongs to it."""

    way: Way
    site: str  # "setting", "delta", "send", "pull", "weights", "bias"
    layer: int | None
    value: float | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes two uses the same mistake: a loop makes it in every layer."""
        return self.way.id, self.way.detail


Uses = tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """The mistakes that were made above, and how many different ones there may be in all."""

    made: Uses
    most: int
    keys: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, made: Uses, most: int) -> "Budget":
        """The budget of that many, of which these are made."""
        return cls((), most).with_(made)

    def admits(self, uses: Uses) -> bool:
        """Whether these may be made too."""
        return not uses or len(self.keys.union(use.key for use in uses)) <= self.most

    def with_(self, uses: Uses) -> "Budget":
        """The same once these are made."""
        return Budget((*self.made, *uses), self.most, self.keys.union(use.key for use in uses)) if uses else self

    def value(self, id: str) -> float | None:  # noqa: A002  the field's name
        """The number that was fitted for a mistake above."""
        return next((use.value for use in self.made if use.way.id == id), None)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A block explained: M, made by those mistakes, times c, plus rest. c is None where M is zero: any would do."""

    uses: Uses
    M: Array
    c: float | None
    rest: Array | None = None

    def residual(self, target: Target, factor: float) -> float | None:
        """What that factor leaves of the block; None where it does not explain it."""
        made = factor * self.M
        return target.residual(made if self.rest is None else made + self.rest)


def fit(uses: Uses, M: Array, target: Target, rest: Array | None = None) -> Fit | None:
    """The block as c·M + rest, if it is that."""
    if M.shape != target.yours.shape:
        return None
    yours = target.yours if rest is None else target.yours - rest
    size = float(np.vdot(M, M))
    c = float(np.vdot(yours, M)) / size if size > 0 else None
    found = Fit(uses, M, c, rest)
    return found if found.residual(target, 1.0 if c is None else c) is not None else None


def weight_fits(at: Setting, l: int, delta: Array, target: Target, budget: Budget) -> list[Fit]:
    """The ways in which that δ gives the caller's gradient of W_l."""
    made: list[tuple[Uses, Array]] = [((), at.run.A[l].T @ delta)]
    made += [((Use(way, "weights", l),), M) for way, M in ways.weights(at, l, delta)]
    turned = [((*uses, Use(way, "weights", l)), T) for uses, M in made for way, T in ways.turned(M)]
    return _fits(at, l, "weights", [*made, *turned], target, budget)


def bias_fits(at: Setting, l: int, delta: Array, target: Target, budget: Budget) -> list[Fit]:
    """The ways in which that δ gives the caller's gradient of b_l."""
    made: list[tuple[Uses, Array]] = [((), delta.sum(axis=0))]
    made += [((Use(way, "bias", l),), M) for way, M in ways.biases(at, delta)]
    return _fits(at, l, "bias", made, target, budget)


def _fits(at: Setting, l: int, site: str, made: list[tuple[Uses, Array]], target: Target, budget: Budget) -> list[Fit]:
    """The right block and what changes it. A mistake that changes nothing here is not one that was made."""
    (_, right), *wrong = made
    found = [fit((), right, target)]
    for uses, M in wrong:
        if budget.admits(uses) and not same(M, right):
            found.append(fit(uses, M, target))
    if not any(found):
        found += [one for uses, M in made if budget.admits(uses) for one in _sums(at, l, site, uses, M, target, budget)]
    return [one for one in found if one is not None]


def same(M: Array, N: Array) -> bool:
    """Whether two matrices are the same but for rounding."""
    if M.shape != N.shape:
        return False
    return float(np.abs(M - N).max(initial=0.0)) <= 1e-12 * float(np.abs(N).max(initial=0.0))


# ---------------------------------------------------------------- what may be added


def _sums(at: Setting, l: int, site: str, uses: Uses, M: Array, target: Target, budget: Budget) -> Iterator[Fit | None]:
    """The block as c·M and something that was added to it: λW, what was there before, a velocity."""
    if M.shape != target.yours.shape:
        return
    if site == "weights" and M.shape == at.net.layers[l].W.shape:
        yield from _decayed(at, l, uses, M, target, budget)
    for quantity, id_ in (("gradients", "accumulated"), ("velocity", "momentum_as_gradient")):
        before = _block(at.previous(quantity), l, site)
        if before is None or before.shape != M.shape:
            continue
        if id_ == "accumulated":
            yield _with(uses, Use(Way(id_), site, l), M, before, target, budget)
        else:
            known = budget.value(id_) or at.claim.momentum
            yield _plus(uses, Way(id_), site, l, M, before, known, target, budget)


def _decayed(at: Setting, l: int, uses: Uses, M: Array, target: Target, budget: Budget) -> Iterator[Fit | None]:
    W, sent = at.net.layers[l].W, at.claim.weight_decay
    if sent:
        for id_, times in (DECAYS if at.claim.updated_weights is None else DECAYS_IN_STEP).items():
            yield _with(uses, Use(Way(id_), "weights", l, sent), M, times * sent * W, target, budget)
    else:
        way = Way("weight_decay_included")
        yield _plus(uses, way, "weights", l, M, W, budget.value(way.id), target, budget)


def _with(uses: Uses, use: Use, M: Array, rest: Array, target: Target, budget: Budget) -> Fit | None:
    both = (*uses, use)
    return fit(both, M, target, rest) if budget.admits(both) else None


def _plus(
    uses: Uses, way: Way, site: str, l: int, M: Array, N: Array, known: float | None, target: Target, budget: Budget
) -> Fit | None:
    """The block as c·M + k·N, where k is known or fitted."""
    k = known if known is not None else _coefficient(M, N, target.yours)
    if k is None or not 1e-12 < k < 1e3:
        return None
    return _with(uses, Use(way, site, l, k), M, k * N, target, budget)


def _coefficient(M: Array, N: Array, yours: Array) -> float | None:
    """K of the least squares c·M + k·N ≈ yours; None where there are too few entries to tell."""
    found = least_squares(M, N, yours)
    return None if found is None else found[1]


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


def _block(layers: Layers, l: int, site: str) -> Array | None:
    if l >= len(layers):
        return None
    return layers[l].W if site == "weights" else layers[l].b
