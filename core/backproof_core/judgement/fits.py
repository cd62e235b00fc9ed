"""Which mistakes make one gradient block out of a δ, up to a factor."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations

import numpy as np

from backproof_core.judgement import ways
from backproof_core.judgement.claim import Layers
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Target
from backproof_core.judgement.views import View
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

FACTOR = "factor"
ENOUGH = 3  # entries of a block from which an unknown number may be fitted
NOISE = 1e-12  # of a squared norm: what is lost when one is taken from another
NEARLY = 1e-6  # the square of what a fit of two numbers may leave at first
DECAYS = {"weight_decay_included": 1.0, "weight_decay_doubled": 2.0}  # λ's share in a gradient
DECAYS_IN_STEP = {"weight_decay_doubled": 1.0}  # besides the one that belongs there


Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """A mistake that was made once: where in the pass, in which layer, and the number that belongs to it."""

    way: Way
    site: str  # "setting", "delta", "send", "pull", "weights", "bias"
    layer: int | None
    value: float | None = None

    @property
    def key(self) -> Key:
        """What makes two uses the same mistake: a loop makes it in every layer. A factor on δ is none on a block."""
        return self.way.id, self.way.detail, self.site if self.way.id == FACTOR and self.site == "delta" else ""

    @property
    def kind(self) -> str:
        """What of the pass goes wrong: how δ is made, how it is sent, what is made of it."""
        return KINDS.get(self.site, self.site)


KINDS = {"pull": "delta", "weights": "block", "bias": "block"}
Uses = tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """The mistakes that were made above, how many different ones there may be in all, and the factors among them."""

    made: Uses
    most: int
    factors: tuple[float, ...]  # that may be named, by their sizes
    only: frozenset[Key] | None = None  # the mistakes among which is looked, where not among all
    keys: frozenset[Key] = frozenset()
    kinds: frozenset[str] = frozenset()  # where those above were made

    @classmethod
    def of(cls, made: Uses, most: int, factors: Iterable[float], only: frozenset[Key] | None = None) -> "Budget":
        """The budget of that many, of which these are made."""
        return cls((), most, tuple(abs(k) for k in factors), only).with_(made)

    def admits(self, uses: Uses) -> bool:
        """Whether these may be made too."""
        if not uses:
            return True
        if len(uses) == 1 and self.only is None:
            return len(self.keys) < self.most or uses[0].key in self.keys
        if self.only is not None and not all(use.key in self.only for use in uses):
            return False
        return len(self.keys.union(use.key for use in uses)) <= self.most

    def with_(self, uses: Uses) -> "Budget":
        """The same once these are made."""
        if not uses:
            return self
        keys, kinds = self.keys.union(use.key for use in uses), self.kinds.union(use.kind for use in uses)
        return replace(self, made=(*self.made, *uses), keys=keys, kinds=kinds)

    def may(self, kind: str) -> bool:
        """Whether there is any use in looking for mistakes of that kind: a new one, or one made above once more."""
        return len(self.keys) < self.most or kind in self.kinds

    def value(self, id: str) -> float | None:  # noqa: A002  the field's name
        """The number that was fitted for a mistake above."""
        return next((use.value for use in self.made if use.way.id == id), None)


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


def weight_fits(at: Setting, l: int, delta: Array, view: View, budget: Budget) -> list[Fit]:
    """The ways in which that δ gives the caller's gradient of W_l."""
    made: list[tuple[Uses, Array]] = [((), view.of_inputs(at.run.A[l]).T @ delta)]
    if not budget.may("block"):
        return _fits(at, l, "weights", made, view, budget)
    for wrong, M in ways.weights(at, l, delta, view.rows):
        uses = tuple(Use(way, "weights", l) for way in wrong)
        if budget.admits(uses):
            made.append((uses, M))
    return _fits(at, l, "weights", [*made, *_stale(at, l, "weights", view)], view, budget)


def bias_fits(at: Setting, l: int, delta: Array, view: View, budget: Budget) -> list[Fit]:
    """The ways in which that δ gives the caller's gradient of b_l."""
    made: list[tuple[Uses, Array]] = [((), delta.sum(axis=0))]
    if not budget.may("block"):
        return _fits(at, l, "bias", made, view, budget)
    made += [((Use(way, "bias", l),), M) for way, M in ways.biases(at, delta)]
    return _fits(at, l, "bias", [*made, *_stale(at, l, "bias", view)], view, budget)


def _stale(at: Setting, l: int, site: str, view: View) -> list[tuple[Uses, Array]]:
    """The gradient of the step before, taken for this one."""
    before = _block(at.previous("gradients"), l, site, view)
    return [] if before is None else [((Use(Way("stale_batch"), site, l),), before)]


def _fits(at: Setting, l: int, site: str, made: list[tuple[Uses, Array]], view: View, budget: Budget) -> list[Fit]:
    """The right block and what changes it. A mistake that changes nothing here is not one that was made."""
    right = made[0][1]
    found: list[Fit | None] = []
    tried: list[tuple[Uses, Array, Target]] = []
    for way, target in view.forms:
        turned: Uses = () if way is None else (Use(way, site, l),)
        if not budget.admits(turned):
            continue
        for uses, M in made:
            both = (*uses, *turned)
            if budget.admits(both) and not (uses and same(M, right)):
                found.append(fit(both, M, target))
                tried.append((both, M, target))
    if budget.may("block") and not any(one is not None and _is_plain(one, budget) for one in found):
        for uses, M, target in tried:
            found += _sums(at, l, site, uses, M, target, view, budget)
    return [one for one in found if one is not None]


def _is_plain(one: Fit, budget: Budget) -> bool:
    """Whether a fit is by a factor that may be named; in a block of one entry there is always some factor."""
    if any(use.way.id == "stale_batch" for use in one.uses):
        return False
    if one.c is None:
        return True
    near = [k for k in (1.0, *budget.factors) if abs(abs(one.c) - k) <= 1e-2 * k]
    return any(one.residual(k if one.c > 0 else -k) is not None for k in near)


def same(M: Array, N: Array) -> bool:
    """Whether two matrices are the same but for rounding."""
    if M.shape != N.shape:
        return False
    return float(np.abs(M - N).max(initial=0.0)) <= 1e-12 * float(np.abs(N).max(initial=0.0))


# ---------------------------------------------------------------- what may be added


def _sums(
    at: Setting, l: int, site: str, uses: Uses, M: Array, target: Target, view: View, budget: Budget
) -> Iterator[Fit | None]:
    """The block as c·M and what was added to it: λW, what was there before, a velocity; one number may be unknown."""
    if M.shape != target.yours.shape:
        return
    known, unknown = _addends(at, l, site, view, budget)
    if uses and uses[-1].way.id in TURNS and view.rows is None:  # added before the block was turned, or after
        known += [(use, T) for use, N in known for way, T in ways.turned_back(N, N.shape) if way == uses[-1].way]
        unknown += [(way, T) for free, N in unknown for way, T in ways.turned_back(N, N.shape) if way == uses[-1].way]
    known = [(use, N) for use, N in known if N.shape == M.shape]
    unknown = [(way, N) for way, N in unknown if N.shape == M.shape]
    for some in chain(combinations(known, 0), combinations(known, 1), combinations(known, 2)):
        if len({use.key for use, _ in some}) < len(some):
            continue
        both = (*uses, *(use for use, _ in some))
        if budget.admits(both):
            rest = sum((N for _, N in some), start=np.zeros_like(M))
            if some:
                yield fit(both, M, target, rest)
                yield fit(both, M + rest, target)  # a factor on all of it
            yield from _with_unknown(site, l, both, M, rest, unknown, target, budget)


def _with_unknown(
    site: str, l: int, uses: Uses, M: Array, rest: Array, unknown: "Unknown", target: Target, budget: Budget
) -> Iterator[Fit | None]:
    """The block as c·M + rest and one or two addends whose shares have to be found out."""
    for some in chain(combinations(unknown, 1), combinations(unknown, 2)):
        if len({way for way, _ in some}) < len(some):
            continue
        if not budget.admits((*uses, *(Use(way, site, l) for way, _ in some))):
            continue
        found = _shares([M, *(N for _, N in some)], target.yours - rest)
        if found is None or not all(1e-12 < k < 1e3 for k in found[1:]):
            continue
        c, *shares = found
        more = (*uses, *(Use(way, site, l, k) for (way, _), k in zip(some, shares)))
        yield fit(more, M, target, sum((k * N for (_, N), k in zip(some, shares)), start=rest))
        if abs(c) > 1e-9 and abs(c - 1) > 1e-3:  # a factor on all of it
            inner = tuple(Use(use.way, site, l, k / c) for use, k in zip(more[len(uses) :], shares))
            whole = sum((k / c * N for (_, N), k in zip(some, shares)), start=M + rest / c)
            yield fit((*uses, *inner), whole, target)


TURNS = ("transposed_gradient", "row_major_unvec")
Known = list[tuple[Use, Array]]
Unknown = list[tuple[Way, Array]]


def _addends(at: Setting, l: int, site: str, view: View, budget: Budget) -> tuple[Known, Unknown]:
    """What may have been added to a block: with what it counts, and where that is to be found out."""
    known: Known = []
    unknown: Unknown = []
    before, velocity = (_block(at.previous(quantity), l, site, view) for quantity in ("gradients", "velocity"))
    if before is not None:
        known.append((Use(Way("accumulated"), site, l), before))
    for id_, N, sent in (
        ("weight_decay_included", view.of_block(at.net.layers[l].W), at.claim.weight_decay),
        ("momentum_as_gradient", velocity, at.claim.momentum),
    ):
        if N is None or (id_ == "weight_decay_included" and site == "bias"):
            continue
        k = sent or budget.value(id_)
        if k is None:
            unknown.append((Way(id_), N))
        elif id_ == "momentum_as_gradient" or not sent:
            known.append((Use(Way(id_), site, l, k), k * N))
        else:
            times = DECAYS if at.claim.updated_weights is None else DECAYS_IN_STEP
            known += [(Use(Way(decay), site, l, k), share * k * N) for decay, share in times.items()]
    return known, unknown


def _shares(columns: list[Array], yours: Array) -> list[float] | None:
    """The least-squares shares of some blocks in one; None where that is far off or there are too few entries."""
    if len(columns) == 2:
        found = least_squares(columns[0], columns[1], yours)
        return None if found is None else list(found)
    if yours.size <= len(columns) or not np.isfinite(yours).all():
        return None
    B = np.stack([N.ravel() for N in columns], axis=1)
    scale = np.linalg.norm(B, axis=0)
    if not (scale > 0).all():
        return None
    x, _, rank, _ = np.linalg.lstsq(B / scale, yours.ravel(), rcond=1e-9)
    rest = yours.ravel() - (B / scale) @ x
    if rank < len(columns) or float(rest @ rest) > NEARLY * float(np.vdot(yours, yours)):
        return None
    return [float(v) for v in x / scale]


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


def _block(layers: Layers, l: int, site: str, view: View) -> Array | None:
    if l >= len(layers):
        return None
    if site == "bias":
        return layers[l].b
    W = layers[l].W
    return None if W is None or W.shape != view.shape else view.of_block(W)
