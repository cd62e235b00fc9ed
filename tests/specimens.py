"""Random networks with data that can show mistakes: what property tests walk over.

Sizes are distinct where they can be, weights and data are far from symmetric, pre-activations stay off kinks, and
targets are what the loss admits. `counted` gives a slice of a large count, all of it under BACKPROOF_SWEEP=1.
"""

import os
from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, reject, settings
from hypothesis import strategies as st

from backproof_core import ACTIVATIONS, LOSSES, Loss, Network, backprop
from backproof_core.init import Normal
from backproof_core.layer import Layer
from backproof_core.loss import admissible_pairs

SWEEP = os.environ.get("BACKPROOF_SWEEP") == "1"
OFF_KINK = 1e-2


def counted(full: int) -> settings:
    """Hypothesis settings for that many examples: one in twenty unless everything is asked for."""
    return settings(
        max_examples=full if SWEEP else max(full // 20, 10),
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def numbers(full: int) -> range:
    """The numbers of that many seeded parts of a test, for parametrize: one in twenty unless all are asked for."""
    return range(full if SWEEP else max(full // 20, 3))


class OnAKink(Exception):
    """No point off the kinks was found: a dead relu below another one puts it at 0 exactly."""


@dataclass(frozen=True)
class Point:
    """A network with rows, targets and a loss."""

    net: Network
    X: np.ndarray
    Y: np.ndarray
    loss: Loss

    def gradient(self, **options: object) -> backprop.Gradients:
        return backprop.gradient(self.net, self.X, self.Y, loss=self.loss, **options)  # type: ignore[arg-type]

    def evaluate(self, **options: object) -> backprop.Evaluation:
        return backprop.evaluate(self.net, self.X, self.Y, loss=self.loss, **options)  # type: ignore[arg-type]


def targets(rng: np.random.Generator, loss: Loss, rows: int, columns: int) -> np.ndarray:
    """Targets that the loss admits, none of them at a boundary."""
    if loss.name == "cross_entropy":
        return rng.dirichlet(np.ones(columns), size=rows)
    if loss.name == "binary_cross_entropy":
        return rng.uniform(0.05, 0.95, size=(rows, columns))
    return rng.normal(size=(rows, columns))


def build(
    sizes: list[int], names: list[str], loss: Loss, rows: int, seed: int, *, bias: bool = True, dtype: str = "float64"
) -> Point:
    """The point with that architecture and seed; data are drawn anew until no pre-activation is near a kink."""
    rng = np.random.default_rng(seed)
    net = Network.create(sizes, activation=names, bias=False, init=Normal(0.0, 0.7), seed=seed)
    if bias:
        net = Network.make([Layer.make(a.W, rng.normal(0, 0.5, a.d_out), a.activation) for a in net.layers])
    net = net.astype(dtype)
    for _ in range(100):
        X = rng.normal(size=(rows, sizes[0])).astype(dtype)
        run = net.forward(X)
        kinked = [np.abs(Z).min() for layer, Z in zip(net.layers, run.Z) if layer.activation.kinked]
        if all(smallest > OFF_KINK for smallest in kinked):
            return Point(net, X, targets(rng, loss, rows, sizes[-1]).astype(dtype), loss)
        net = _nudged(net, rng)
    raise OnAKink(sizes, names)


def _nudged(net: Network, rng: np.random.Generator) -> Network:
    """The network with its weights moved a little, for where a pre-activation is 0 for every X."""
    return Network.make(
        [Layer.make(a.W + rng.normal(0, 0.3, a.W.shape).astype(a.W.dtype), a.b, a.activation) for a in net.layers]
    )


@st.composite
def points(draw: st.DrawFn, dtype: str = "float64", max_depth: int = 4, max_width: int = 5, max_rows: int = 6) -> Point:
    """A point of any admissible pair of loss and last activation, with or without biases."""
    loss, last = draw(st.sampled_from(admissible_pairs()))
    depth = draw(st.integers(1, max_depth))
    sizes = draw(st.lists(st.integers(1, max_width), min_size=depth + 1, max_size=depth + 1))
    hidden = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), min_size=depth - 1, max_size=depth - 1))
    if last == "softmax" or loss == "cross_entropy":
        sizes[-1] = max(sizes[-1], 2)  # one output of a softmax is the constant 1
    seed, rows, bias = draw(st.integers(0, 2**32)), draw(st.integers(1, max_rows)), draw(st.booleans())
    try:
        return build(sizes, [*hidden, last], LOSSES[loss], rows, seed, bias=bias, dtype=dtype)
    except OnAKink:
        reject()
