"""Gradient blocks to which something was added: λW, the gradient of the step before, a velocity."""

from collections.abc import Iterator
from itertools import chain, combinations

import numpy as np

from backproof_core.judgement import ways
from backproof_core.judgement.claim import Layers
from backproof_core.judgement.fits import Fit, fit
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.shares import ENOUGH, NEAR, share_beside, shares_of
from backproof_core.judgement.targets import Target
from backproof_core.judgement.uses import Budget, Use, Uses
from backproof_core.judgement.views import View
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

DECAYS = {"weight_decay_included": 1.0, "weight_decay_doubled": 2.0}  # λ's share in a gradient
DECAYS_IN_STEP = {"weight_decay_doubled": 1.0}  # besides the one that belongs there
TURNS = ("transposed_gradient", "row_major_unvec")
Known = list[tuple[Use, Array]]
Unknown = list[tuple[Way, Array]]


def sums(
    at: Setting, l: int, site: str, uses: Uses, M: Array, target: Target, view: View, budget: Budget
) -> Iterator[Fit | None]:
    """The block as c·M and what was added to it: λW, what was there before, a velocity; one number may be unknown."""
    if M.shape != target.yours.shape:
        return
    known, unknown = _addends(at, l, site, view, budget)
    if uses and uses[-1].way.id in TURNS and view.rows is None:  # added before the block was turned, or after
        known += [(use, T) for use, N in known for way, T in ways.turned_back(N, N.shape) if way == uses[-1].way]
        unknown += [(free, T) for free, N in unknown for way, T in ways.turned_back(N, N.shape) if way == uses[-1].way]
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
    site: str, l: int, uses: Uses, M: Array, rest: Array, unknown: Unknown, target: Target, budget: Budget
) -> Iterator[Fit | None]:
    """The block as c·M + rest and one or two addends whose shares have to be found out."""
    for some in chain(combinations(unknown, 1), combinations(unknown, 2)):
        if len({way for way, _ in some}) < len(some):
            continue
        if not budget.admits((*uses, *(Use(way, site, l) for way, _ in some))):
            continue
        found = shares_of([M, *(N for _, N in some)], target.yours - rest)
        if len(some) == 1 and (target.yours.size < ENOUGH or not M.any()):  # they say one number, not two
            k = share_beside(M, some[0][1], target.yours - rest)
            found = None if k is None else [1.0, k]
        elif found is not None and len(some) == 1 and abs(found[0] - 1) <= NEAR:
            k = share_beside(M, some[0][1], target.yours - rest)
            found = found if k is None else [1.0, k]
        if found is None or not all(1e-12 < k < 1e3 for k in found[1:]):
            continue
        c, *shares = found
        more = (*uses, *(Use(way, site, l, k) for (way, _), k in zip(some, shares)))
        yield fit(more, M, target, sum((k * N for (_, N), k in zip(some, shares)), start=rest))
        if abs(c) > 1e-9 and abs(c - 1) > 1e-3:  # a factor on all of it
            inner = tuple(Use(use.way, site, l, k / c) for use, k in zip(more[len(uses) :], shares))
            whole = sum((k / c * N for (_, N), k in zip(some, shares)), start=M + rest / c)
            yield fit((*uses, *inner), whole, target)


def _addends(at: Setting, l: int, site: str, view: View, budget: Budget) -> tuple[Known, Unknown]:
    """What may have been added to a block: with what it counts, and where that is to be found out."""
    known: Known = []
    unknown: Unknown = []
    before, velocity = (block_before(at.previous(quantity), l, site, view) for quantity in ("gradients", "velocity"))
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


def block_before(layers: Layers, l: int, site: str, view: View) -> Array | None:
    """The rows that are looked at of one block of the step before, where it was sent and has the right shape."""
    if l >= len(layers):
        return None
    if site == "bias":
        return layers[l].b
    W = layers[l].W
    return None if W is None or W.shape != view.shape else view.of_block(W)
