"""The learners of a run, one for each form, and how far apart they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backproof_core.backprop.gradients import Gradients, LayerGradient
from backproof_core.check.comparison import compare, distance
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.train.curve import TwinComparison
from backproof_core.train.fused import Gradient, Literal, Matched
from backproof_core.train.optimizers import Optimizer
from backproof_core.train.parameters import Parameters, weight_mask
from backproof_core.train.plan import Plan
from backproof_core.vec import Array


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """The weights that one form trains: parameters, their gradient, the optimiser's memory, and the best so far."""

    form: str
    parameters: Parameters
    slope: Parameters
    memory: list[Array]
    decay: Array | None  # λ for each weight, 0 for each bias
    best: Array
    gradient: Gradient

    @classmethod
    def of(cls, net: Network, form: str, plan: Plan, rows: int) -> "Twin":
        parameters = Parameters.of(net)
        slope, λ = parameters.like(), plan.optimizer.weight_decay
        gradient: Gradient = (
            Matched(parameters.layers, slope.layers, plan.loss, rows)
            if form == "matched"
            else Literal(parameters.layers, slope.layers, plan.loss, plan.route)
        )
        memory = [np.zeros_like(parameters.flat) for _ in range(plan.optimizer.memories)]
        decay = weight_mask(parameters.layers, parameters.flat) * λ if λ > 0 else None
        return cls(form, parameters, slope, memory, decay, parameters.flat.copy(), gradient)

    def update(self, optimizer: Optimizer, rate: float, t: int) -> None:
        """One step of the optimiser from the gradient last written, which it uses up."""
        g = self.slope.flat
        if self.decay is not None:
            g += self.decay * self.parameters.flat
        optimizer.update(self.parameters.flat, g, self.memory, rate, t)

    def gradients(self) -> Gradients:
        """The gradient last written, before the update."""
        return Gradients(tuple(LayerGradient(layer.W, layer.b) for layer in self.slope.layers))


@dataclass(slots=True)
class Tally:
    """The sums over an epoch's batches that loss and accuracy come from."""

    loss: float = 0.0
    rows: int = 0
    right: int = 0
    judged: int = 0

    def add(self, loss: Loss, value: float, H: Array, Y: Array) -> None:
        """Adds a batch: a sum as it is, a mean weighed by its rows."""
        self.loss += value * len(Y) if loss.averages else value
        self.rows += len(Y)
        if loss.hits is not None:
            hits = loss.hits(H, Y)
            self.right += int(np.count_nonzero(hits))
            self.judged += hits.size

    def totals(self, loss: Loss) -> tuple[float, float | None]:
        """The epoch's loss, and its accuracy where the loss has one."""
        mean = self.loss / self.rows if loss.averages else self.loss
        return mean, self.right / self.judged if self.judged else None


def weight_distance(twins: Sequence[Twin]) -> float:
    """The largest, over the blocks of weights, of max|Δ| over the largest |entry|."""
    one, two = twins
    pairs = zip(one.parameters.layers, two.parameters.layers)
    return max(distance(a.W, b.W)[1] for a, b in pairs)


def compare_gradients(twins: Sequence[Twin], X: Array, Y: Array, loss: Loss, epoch: int) -> TwinComparison:
    """The twins' gradients of the batch X, Y, each at its own weights, compared over all blocks."""
    one, two = (twin.gradients() for twin in twins)
    apart = [distance(a, b) for (_, a), (_, b) in zip(one.blocks(), two.blocks())]
    max_abs, max_rel = max(a for a, _ in apart), max(r for _, r in apart)
    agree = max_rel <= 1e-9 or all(
        c.agree
        for c in compare(
            twins[0].parameters.network(), X, Y, loss=loss, first=("matched", one), second=("vectorized", two)
        )
    )
    return TwinComparison(epoch, max_abs, max_rel, agree)
