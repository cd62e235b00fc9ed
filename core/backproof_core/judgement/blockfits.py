"""Which mistakes make one gradient block out of a δ, up to a factor."""

from backproof_core.judgement import ways
from backproof_core.judgement.fits import Fit, fit, same
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.sums import block_before, sums
from backproof_core.judgement.targets import Target
from backproof_core.judgement.uses import Budget, Use, Uses
from backproof_core.judgement.views import View
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array


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
    before = block_before(at.previous("gradients"), l, site, view)
    return [] if before is None else [((Use(Way("stale_batch"), site, l),), before)]


def _fits(at: Setting, l: int, site: str, made: list[tuple[Uses, Array]], view: View, budget: Budget) -> list[Fit]:
    """The right block and what changes it. A mistake that changes nothing here is not one that was made."""
    right = made[0][1]
    found: list[Fit | None] = []
    tried: list[tuple[Uses, Array, Target]] = []
    for of_form, target in view.forms:
        turned = tuple(Use(way, site, l) for way in of_form)
        if not budget.admits(turned):
            continue
        for uses, M in made:
            both = (*uses, *turned)
            if budget.admits(both) and not (uses and same(M, right)):
                found.append(fit(both, M, target))
                tried.append((both, M, target))
    if budget.may("block") and not any(one is not None and _is_plain(one, budget) for one in found):
        for uses, M, target in tried:
            found += sums(at, l, site, uses, M, target, view, budget)
    return [one for one in found if one is not None]


def _is_plain(one: Fit, budget: Budget) -> bool:
    """Whether a fit is by a factor that may be named; in a block of one entry there is always some factor."""
    if any(use.way.id == "stale_batch" for use in one.uses):
        return False
    if one.c is None:
        return True
    near = [k for k in (1.0, *budget.factors) if abs(abs(one.c) - k) <= 1e-2 * k]
    return any(one.residual(k if one.c > 0 else -k) is not None for k in near)
