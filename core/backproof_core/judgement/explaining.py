"""Every explanation of the caller's gradients by the fewest mistakes, in every setting that there may be."""

from collections.abc import Iterator

import numpy as np

from backproof_core.judgement import passes, views, ways
from backproof_core.judgement.patterns import ratio_of
from backproof_core.judgement.search import Found, Search
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Targets
from backproof_core.judgement.uses import FACTOR, Budget, Key, Use, Uses
from backproof_core.judgement.views import View
from backproof_core.judgement.ways import Way

MOST = 3  # mistakes at once
MANY = 64  # explanations
EFFORT = 6000  # hypotheses looked at, fewer in large networks
CLOSE = 1e-6  # of a factor to one that may be named
LARGE = 100_000  # products in a gradient of weights


def explain(at: Setting, targets: Targets, made: Uses = ()) -> list[Found]:
    """Every explanation by the fewest mistakes, besides those that were made above; none where MOST do not do."""
    before = len({use.key for use in made})
    largest = at.rows * max(layer.W.size for layer in at.net.layers)
    effort = [max(EFFORT * LARGE // max(largest, LARGE), EFFORT // 12)]
    overall = _overall(targets)
    if overall is not None and any(abs(abs(overall) - abs(k)) <= CLOSE * abs(k) for k in ways.constants(at).values()):
        overall = None
    for room in range(MOST - before + 1):
        if overall is not None and room > 1:
            return []
        found = _within(at, targets, made, room, effort, None)
        if found and any(target.ours.size > views.LARGE for target in targets.named().values()):
            only = frozenset(use.key for one in found for use in one.uses)
            found = _within(at, targets, made, room, [EFFORT], only)
        found = [one for one in found if _is_determined(one.uses, at, targets)]
        found = [one for one in found if not _is_idle(one.uses, targets)]
        found = [one for one in found if not _is_product(one.uses, at, targets)]
        if found:
            return found
    return []


def _is_determined(uses: Uses, at: Setting, targets: Targets) -> bool:
    """Whether the numbers that had to be found out are fewer than the wrong entries that speak of them."""
    known = {
        "weights_already_updated": at.claim.learning_rate,
        "weight_decay_included": at.claim.weight_decay,
        "momentum_as_gradient": at.claim.momentum,
    }
    unknown = {
        use.way.id: use for use in uses if use.value is not None and use.way.id in known and not known[use.way.id]
    }
    if not unknown:
        return True
    layers = [use.layer for use in uses if use.way.id in unknown and use.layer is not None]
    wrong = [t.yours.size for (_, l), t in targets.named().items() if l <= max(layers) and not t.is_right]
    return sum(wrong) > len(unknown)


def _is_idle(uses: Uses, targets: Targets) -> bool:
    """Whether a mistake is supposed in a layer of which all that was sent is right: others would have to undo it."""
    by_layer: dict[int, list[bool]] = {}
    for (_, l), target in targets.named().items():
        by_layer.setdefault(l, []).append(target.is_right)
    right = {l for l, blocks in by_layer.items() if all(blocks) and len(blocks) > 1}
    return any(use.layer in right for use in uses if use.site not in ("setting", "loss", "step"))


def _is_product(uses: Uses, at: Setting, targets: Targets) -> bool:
    """Whether factors alone make a block a multiple of ours that is no constant which may be named."""
    if not all(use.way.id in (FACTOR, "wrong_loss") for use in uses) or len(uses) < 2:
        return False
    constants = [1.0, *ways.constants(at).values()]
    for target in targets.named().values():
        ratio = ratio_of(target.yours, target.ours)
        if ratio is not None and not any(abs(abs(ratio) - abs(k)) <= 1e-4 * abs(k) for k in constants):
            return True
    return False


def _within(
    at: Setting,
    targets: Targets,
    made: Uses,
    room: int,
    effort: list[int],
    only: frozenset[Key] | None,
) -> list[Found]:
    """The explanations by so many mistakes more; among some only, every row of large blocks is looked at."""
    found: list[Found] = []
    for uses, setting, wanted in _settings(at, targets, room):
        factors = ways.constants(setting)
        budget = Budget.of(made, room + len({use.key for use in made}), factors.values(), only)
        if effort[0] < 0:
            break
        if not budget.admits(uses):
            continue
        seen = {key: View.of(target, thin=only is None) for key, target in wanted.named().items() if key[0] != "deltas"}
        for one in Search(setting, wanted, factors, effort, seen).run(budget.with_(uses)):
            found.append(one)
            if len(found) >= MANY:
                return found
    return found


def _settings(at: Setting, targets: Targets, room: int) -> Iterator[tuple[Uses, Setting, Targets]]:
    """Every setting, each with gradients in the order in which they were sent and, where that fits, reversed."""
    orders: list[tuple[Uses, Targets]] = [((), targets)]
    if at.depth > 1 and targets.fit_reversed():
        orders.append(((Use(Way("layers_reversed"), "setting", None),), targets.reversed()))
    batches = passes.batches(at) if room else iter(())
    there: list[tuple[Uses, Setting]] = [((), at), *((_uses(way, layers), made) for way, layers, made in batches)]
    for of_batch, setting in there:
        forwards = passes.forwards(setting) if room > len(of_batch) else iter(())
        changed_passes: list[tuple[Uses, Setting]] = [
            ((), setting),
            *((_uses(way, layers), changed) for way, layers, changed in forwards),
        ]
        for of_pass, changed in changed_passes:
            for of_order, wanted in orders:
                yield (*of_order, *of_batch, *of_pass), changed, wanted


def _uses(way: Way, layers: tuple[int, ...]) -> Uses:
    return tuple(Use(way, "setting", l) for l in layers) or (Use(way, "setting", None),)


def _overall(targets: Targets) -> float | None:
    """The factor that everything that was sent has, if it has one."""
    ratio = None
    for target in targets.named().values():
        if target.yours.shape != target.ours.shape or not np.isfinite(target.yours).all():
            return None
        if ratio is None:
            size = float(np.vdot(target.ours, target.ours))
            ratio = float(np.vdot(target.yours, target.ours)) / size if size > 0 else None
        if ratio is not None and target.residual(ratio * target.ours) is None:
            return None
    return ratio
