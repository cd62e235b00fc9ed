"""The search for mistakes that give the caller's gradients, from the output down.

A hypothesis is a δ and the mistakes that were made on the way to it. In each layer it has to give the blocks that were
sent, by mistakes in making them if need be; then it is sent down in every way. Fewer mistakes are tried first, and the
same mistake in several layers is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from backproof_core.judgement import ways
from backproof_core.judgement.fits import FACTOR, Budget, Fit, Use, Uses, bias_fits, least_squares, same, weight_fits
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.targets import Target, Targets
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

MOST = 3  # mistakes at once
MANY = 64  # explanations
EFFORT = 6000  # hypotheses looked at


@dataclass(frozen=True, slots=True)
class Found:
    """Mistakes that give every block that was sent, and the largest relative difference that they leave."""

    uses: Uses
    residual: float


@dataclass(slots=True)
class Search:
    """A search in one setting; effort is shared by all searches for one report."""

    at: Setting
    targets: Targets
    factors: dict[str, float]
    effort: list[int] = field(default_factory=lambda: [EFFORT])

    # ------------------------------------------------------------ δ_L

    def run(self, budget: Budget) -> Iterator[Found]:
        """What gives every block within that budget."""
        right = self.at.seed()
        yield from self.layer(self.at.last, right, budget, 0.0)
        for made, delta in ways.seeds(self.at):
            uses = tuple(Use(way, "pull" if way.id != "wrong_loss" else "delta", self.at.last) for way in made)
            if budget.admits(uses) and not self.is_same(self.at.last, delta, right):
                yield from self.layer(self.at.last, delta, budget.with_(uses), 0.0)

    def is_same(self, l: int, delta: Array, right: Array) -> bool:
        """Whether a mistake changes nothing at this point."""
        return same(delta, right)

    # ------------------------------------------------------------ a layer

    def layer(self, l: int, delta: Array, budget: Budget, residual: float) -> Iterator[Found]:
        """What gives the blocks from layer l down, from a δ_l that may still lack a factor."""
        self.effort[0] -= 1
        if self.effort[0] < 0 or not np.isfinite(delta).all():
            return
        W, b = self.targets.weights[l], self.targets.biases[l]
        of_weights = [_FREE] if W is None else weight_fits(self.at, l, delta, W, budget)
        if not of_weights:
            return
        of_bias = [_FREE] if b is None else bias_fits(self.at, l, delta, b, budget)
        if not of_bias:
            return
        seen: set[tuple[Uses, float]] = set()
        for factor, of_delta in self.scalings(l, delta, [*of_weights, *of_bias], budget):
            for w_uses, w_left in self.scaled(of_weights, W, factor, "weights", l):
                for b_uses, b_left in self.scaled(of_bias, b, factor, "bias", l):
                    uses = (*of_delta, *w_uses, *b_uses)
                    if budget.admits(uses) and (uses, factor) not in seen:
                        seen.add((uses, factor))
                        left = max(residual, w_left, b_left)
                        yield from self.below(l, factor * delta, budget.with_(uses), left)

    def scalings(self, l: int, delta: Array, fits: list[Fit], budget: Budget) -> Iterator[tuple[float, Uses]]:
        """The factors that δ_l may have, each with what it means; only 1 if the caller's own δ_l says so."""
        sent = self.targets.deltas[l]
        candidates: list[tuple[float, Uses]] = [(1.0, ())]
        hints = [one.c for one in fits if one.c is not None]
        if sent is not None and sent.yours.shape == delta.shape and (size := float(np.vdot(delta, delta))) > 0:
            hints = [float(np.vdot(sent.yours, delta)) / size]
        for c in hints:
            for k, uses in self.named(c, "delta", l):
                if uses and all(k != other for other, _ in candidates):
                    candidates.append((k, uses))
        for k, uses in candidates:
            if budget.admits(uses) and (sent is None or sent.residual(k * delta) is not None):
                yield k, uses

    def named(self, c: float, site: str, l: int) -> list[tuple[float, Uses]]:
        """The constants near c, with what each means: nothing, one factor, or a factor and a sign."""
        found: list[tuple[float, Uses]] = [(1.0, ())] if _near(c, 1.0) else []
        for name, k in self.factors.items():
            if _near(c, k):
                found.append((k, (Use(Way(FACTOR, name), site, l, k),)))
            elif name != "-1" and _near(c, -k):
                sign = Use(Way(FACTOR, "-1"), site, l, -1.0)
                found.append((-k, (sign, Use(Way(FACTOR, name), site, l, k))))
        return found

    def scaled(
        self, fits: list[Fit], target: Target | None, factor: float, site: str, l: int
    ) -> Iterator[tuple[Uses, float]]:
        """Each fit with the factor that its block has besides that of δ."""
        for one in fits:
            if target is None:
                yield (), 0.0
                continue
            rests = [(1.0, ())] if one.c is None else self.named(one.c / factor, site, l)
            for k, uses in rests:
                left = one.residual(target, k * factor)
                if left is not None:
                    yield (*one.uses, *uses), left

    # ------------------------------------------------------------ the layer below

    def below(self, l: int, delta: Array, budget: Budget, residual: float) -> Iterator[Found]:
        """What gives the blocks below layer l, from its δ."""
        if l == 0:
            yield Found(budget.made, residual)
            return
        for uses, made in self.sent_down(l, delta, budget):
            yield from self.layer(l - 1, made, budget.with_(uses), residual)

    def sent_down(self, l: int, delta: Array, budget: Budget) -> Iterator[tuple[Uses, Array]]:
        """Every δ of the layer below that differs from the right one, and the right one first."""
        right_M = delta @ self.at.net.layers[l].W.T
        right = self.at.pull(l - 1, right_M)
        yield (), right
        sent: list[tuple[Uses, Array]] = [((), right_M)]
        sent += [((Use(way, "send", l - 1),), M) for way, M in ways.sends(self.at, l, delta)]
        for uses, M in sent:
            for more, D in self.pulled(l - 1, M):
                both = (*uses, *more)
                if both and budget.admits(both) and not self.is_same(l - 1, D, right):
                    yield both, D
        yield from self.by_updated(l, delta, budget, right)

    def pulled(self, l: int, M: Array) -> Iterator[tuple[Uses, Array]]:
        yield (), self.at.pull(l, M)
        for way, D in ways.pulls(self.at, l, M):
            yield (Use(way, "pull", l),), D

    def by_updated(self, l: int, delta: Array, budget: Budget, right: Array) -> Iterator[tuple[Uses, Array]]:
        """δ sent down through W_l − r∇W_l: r is sent, was fitted above, or is fitted to the block below."""
        way = Way("weights_already_updated")
        if not budget.admits((Use(way, "send", l - 1),)):
            return
        W, target = self.at.net.layers[l].W, self.targets.weights[l]
        G = target.yours if target is not None and target.yours.shape == W.shape else self.at.run.A[l].T @ delta
        of_W, of_G = self.pulled(l - 1, delta @ W.T), self.pulled(l - 1, delta @ G.T)
        known = budget.value(way.id) or self.at.claim.learning_rate
        for (uses, D0), (_, D1) in zip(of_W, of_G):
            for rate in [known] if known else self.rates(l - 1, D0, D1):
                both = (Use(way, "send", l - 1, rate), *uses)
                D = D0 - rate * D1
                if budget.admits(both) and not self.is_same(l - 1, D, right):
                    yield both, D

    def rates(self, l: int, D0: Array, D1: Array) -> list[float]:
        """The rates r for which δ = D0 − r·D1 gives the block of weights, up to a factor."""
        target = self.targets.weights[l]
        if target is None:
            return []
        A = self.at.run.A[l]
        G0, G1 = A.T @ D0, A.T @ D1
        if G0.shape != target.yours.shape:
            return []
        found = least_squares(G0, G1, target.yours)
        if found is None or found[0] == 0:
            return []
        rate = -found[1] / found[0]
        return [rate] if 1e-9 < rate < 1e3 else []


_FREE = Fit((), np.zeros(0), None)


def _near(c: float, k: float) -> bool:
    """Whether c may be k: the block itself decides."""
    return abs(c - k) <= 1e-2 * abs(k)


def explain(at: Setting, targets: Targets, at_most: int = MOST) -> list[Found]:
    """Every explanation by the fewest mistakes, none where that many do not do."""
    factors, effort = ways.constants(at), [EFFORT]
    overall = _overall(targets)
    for most in range(at_most + 1):
        if overall is not None and most > 1:
            return _as_factor(overall, at, factors)
        found = []
        for uses, setting, wanted in _settings(at, targets, most):
            search = Search(setting, wanted, factors, effort)
            for one in search.run(Budget.of(uses, most)):
                found.append(one)
                if len(found) >= MANY:
                    return found
        if found:
            return found
    return []


def _settings(at: Setting, targets: Targets, most: int) -> Iterator[tuple[Uses, Setting, Targets]]:
    yield (), at, targets
    if most == 0:
        return
    if at.depth > 1:
        yield (Use(Way("layers_reversed"), "setting", None),), at, targets.reversed()
    for way, layers, setting in ways.settings(at):
        yield tuple(Use(way, "setting", l) for l in layers) or (Use(way, "setting", None),), setting, targets


def _overall(targets: Targets) -> float | None:
    """The factor that everything that was sent has, if it has one."""
    ratio = None
    for target in targets.named().values():
        if target.yours.shape != target.ours.shape or not np.isfinite(target.yours).all():
            return None
        if ratio is None:
            size = float(np.vdot(target.ours, target.ours))
            ratio = float(np.vdot(target.yours, target.ours)) / size if size > 0 else None
        if ratio is not None and replace(target, limit=target.limit).residual(ratio * target.ours) is None:
            return None
    return ratio


def _as_factor(c: float, at: Setting, factors: dict[str, float]) -> list[Found]:
    """A bare factor on everything that is a constant with a sign."""
    sign = Use(Way(FACTOR, "-1"), "delta", at.last, -1.0)
    found = [(k, Use(Way(FACTOR, name), "delta", at.last, k)) for name, k in factors.items() if name != "-1"]
    return [Found((sign, use), 0.0) for k, use in found if abs(c + k) <= 1e-6 * k]
