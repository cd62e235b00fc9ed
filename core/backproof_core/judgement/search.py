"""The search for mistakes that give the caller's gradients, from the output down.

A hypothesis is a δ and the mistakes that were made on the way to it. In each layer it has to give the blocks that were
sent, by mistakes in making them if need be; then it is sent down in every way. Fewer mistakes are tried first, and the
same mistake in several layers is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backproof_core.judgement import ways
from backproof_core.judgement.blockfits import bias_fits, weight_fits
from backproof_core.judgement.fits import Fit, same
from backproof_core.judgement.setting import Setting
from backproof_core.judgement.shares import rates_of
from backproof_core.judgement.targets import Targets
from backproof_core.judgement.uses import FACTOR, Budget, Use, Uses
from backproof_core.judgement.views import View
from backproof_core.judgement.ways import Way
from backproof_core.vec import Array

Fits = Sequence[Fit | None]


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
    effort: list[int]
    views: dict[tuple[str, int], View]

    # ------------------------------------------------------------ δ_L

    def run(self, budget: Budget) -> Iterator[Found]:
        """What gives every block within that budget."""
        right = self.at.seed()
        yield from self.layer(self.at.last, right, budget, 0.0)
        if not budget.may("delta"):
            return
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
        of_weights = [None] if W is None else weight_fits(self.at, l, delta, self.views["weights", l], budget)
        if not of_weights:
            return
        of_bias = [None] if b is None else bias_fits(self.at, l, delta, self.views["bias", l], budget)
        if not of_bias:
            return
        seen: set[tuple[Uses, float]] = set()
        for factor, of_delta in self.scalings(l, delta, [*of_weights, *of_bias], budget):
            for w_uses, w_left in self.scaled(of_weights, factor, "weights", l):
                for b_uses, b_left in self.scaled(of_bias, factor, "bias", l):
                    uses = (*of_delta, *w_uses, *b_uses)
                    if budget.admits(uses) and (uses, factor) not in seen and self.is_whole(l, delta, w_uses, b_uses):
                        seen.add((uses, factor))
                        left = max(residual, w_left, b_left)
                        yield from self.below(l, factor * delta, budget.with_(uses), left)

    def is_whole(self, l: int, delta: Array, of_weights: Uses, of_bias: Uses) -> bool:
        """Whether what the gradients of a layer share is in both, or would change nothing in the one that lacks it."""
        if self.targets.weights[l] is None or self.targets.biases[l] is None:
            return True
        if any(use.way.id.startswith("bias_") for use in of_bias):  # made in a way of its own
            return True
        first, second = ({use.way for use in uses if use.way.id in WHOLE} for uses in (of_weights, of_bias))
        for way in first - second:
            if any(other == way and not same(M, delta.sum(axis=0)) for other, M in ways.biases(self.at, delta)):
                return False
        right = self.at.run.A[l].T @ delta if second - first else delta
        for way in second - first:
            if any(made == (way,) and not same(M, right) for made, M in ways.weights(self.at, l, delta)):
                return False
        return all(way.id == "last_instance_only" for way in first ^ second)

    def scalings(self, l: int, delta: Array, fits: Fits, budget: Budget) -> Iterator[tuple[float, Uses]]:
        """The factors that δ_l may have, each with what it means; only 1 if the caller's own δ_l says so."""
        sent = self.targets.deltas[l]
        candidates: list[tuple[float, Uses]] = [(1.0, ())]
        hints = [one.c for one in fits if one is not None and one.c is not None]
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

    def scaled(self, fits: Fits, factor: float, site: str, l: int) -> Iterator[tuple[Uses, float]]:
        """Each fit with the factor that its block has besides that of δ; None stands for a block that was not sent."""
        for one in fits:
            if one is None:
                yield (), 0.0
                continue
            rests = [(1.0, ())] if one.c is None else self.named(one.c / factor, site, l)
            for k, uses in rests:
                left = one.residual(k * factor)
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
        if budget.may("send"):
            sent += [((Use(way, "send", l - 1),), M) for way, M in ways.sends(self.at, l, delta)]
        elif not budget.may("delta"):
            return
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
        W, view = self.at.net.layers[l].W, self.views.get(("weights", l))
        steps: list[Array] = [self.at.run.A[l].T @ delta]
        for G in () if view is None or view.rows is not None else (t.yours for _, t in view.forms):
            if G.shape == W.shape and not any(same(G, other) for other in steps):
                steps.append(G)
        known = budget.value(way.id) or self.at.claim.learning_rate
        for G in steps:
            of_W, of_G = self.pulled(l - 1, delta @ W.T), self.pulled(l - 1, delta @ G.T)
            for (uses, D0), (_, D1) in zip(of_W, of_G):
                for rate in [known] if known else self.rates(l - 1, D0, D1):
                    both = (Use(way, "send", l - 1, rate), *uses)
                    D = D0 - rate * D1
                    if budget.admits(both) and not self.is_same(l - 1, D, right):
                        yield both, D

    def inputs(self, l: int) -> list[Array]:
        """What a gradient of weights may have been made with: the layer's input, and what else may stand there."""
        A = self.at.run.A
        return [A[l], *([self.at.run.Z[l - 1], A[0]] if l > 0 else []), A[l + 1]]

    def rates(self, l: int, D0: Array, D1: Array) -> list[float]:
        """The rates r for which δ = D0 − r·D1 gives what was sent of layer l, up to a factor."""
        sent = self.targets.deltas[l]
        if sent is not None and sent.yours.shape == D0.shape:
            found = _likely(rates_of(D0, D1, sent.yours, self.sizes))
            if found:
                return found
        view, bias = self.views.get(("weights", l)), self.targets.biases[l]
        systems: list[tuple[Array, Array, Array]] = []
        if view is not None:
            blocks = [sent[l].W for sent in (self.at.previous("gradients"),) if l < len(sent)]
            before = [view.of_block(P) for P in blocks if P is not None and P.shape == view.shape]
            for A in self.inputs(l):
                G0, G1 = view.of_inputs(A).T @ D0, view.of_inputs(A).T @ D1
                forms = [t.yours for _, t in view.forms if t.yours.shape == G0.shape]
                subtracted = [np.zeros_like(G0), *(P for P in before if P.shape == G0.shape)]
                systems += [(G0, G1, yours - P) for yours in forms for P in subtracted]
        if bias is not None and bias.yours.shape == D0.shape[1:]:
            b0, b1 = D0.sum(axis=0), D1.sum(axis=0)
            systems += [(np.vstack([M, b0]), np.vstack([N, b1]), np.vstack([y, bias.yours])) for M, N, y in systems[:1]]
            systems.append((b0, b1, bias.yours))
        found = [rate for system in systems for rate in rates_of(*system, self.sizes)]
        if not found and l > 0:  # too few entries here: those further down will tell
            found = [-_share(N, yours - M) for M, N, yours in systems]
        return _likely(found)

    @property
    def sizes(self) -> list[float]:
        """The factors that may be named, and 1, by their sizes."""
        return sorted({1.0, *(abs(k) for k in self.factors.values())})


def _share(N: Array, yours: Array) -> float:
    """The k with k·N nearest to yours."""
    size = float(np.vdot(N, N))
    return float(np.vdot(yours, N)) / size if size > 0 else 0.0


def _likely(rates: list[float]) -> list[float]:
    """Those that may be a rate, each once."""
    likely = [rate for rate in rates if 1e-9 < rate < 1e3]
    return [rate for i, rate in enumerate(likely) if not any(abs(rate - r) <= 1e-12 * r for r in likely[:i])]


WHOLE = ("last_instance_only", "stale_batch")  # what both gradients of a layer share


def _near(c: float, k: float) -> bool:
    """Whether c may be k: the block itself decides."""
    return abs(c - k) <= 1e-2 * abs(k)
