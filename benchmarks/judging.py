"""What a report on a caller's gradients takes: right ones, and one, two and three mistakes, and one of no table.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/judging.py

Times are of the processor, medians and the largest of REPEATS reports on networks with other seeds; beside them is how
many forward and backward passes of the same network that is, in the same run.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core import LOSSES, Network, backprop
from backproof_core.init import Normal
from backproof_core.judgement import Claim, LayerClaim, judge
from backproof_core.vec import Array

REPEATS = 9
SIZES = (((2, 2, 1), 4), ((64, 32, 10), 32), ((20, 16, 12, 8, 4), 32), ((784, 128, 10), 32))
Layers = list[tuple[Array, Array | None]]


@dataclass(frozen=True)
class Case:
    """A network with rows and targets, and its right gradients."""

    net: Network
    X: Array
    Y: Array

    def gradients(self) -> Layers:
        """The right gradients, as a caller has them."""
        found = backprop.gradient(self.net, self.X, self.Y, loss=LOSS)
        return [(g.W, g.b) for g in found.layers]


LOSS = LOSSES["mse"]


def case(sizes: tuple[int, ...], rows: int, seed: int) -> Case:
    """Tanh layers below a sigmoid, with weights that saturate nothing."""
    rng = np.random.default_rng(seed)
    names = ["tanh"] * (len(sizes) - 2) + ["sigmoid"]
    net = Network.create(list(sizes), activation=names, init=Normal(0.0, 1 / np.sqrt(max(sizes))), seed=seed)
    return Case(net, rng.normal(size=(rows, sizes[0])), rng.normal(size=(rows, sizes[-1])))


def right(layers: Layers) -> Layers:
    """As they should be."""
    return layers


def one(layers: Layers) -> Layers:
    """The gradient of the first layer with its sign flipped."""
    return [(-W if l == 0 else W, b) for l, (W, b) in enumerate(layers)]


def two(layers: Layers) -> Layers:
    """That, and the bias of the last layer left without a gradient."""
    return [(W, b if b is None or l < len(layers) - 1 else 0 * b) for l, (W, b) in enumerate(one(layers))]


def three(layers: Layers) -> Layers:
    """That, and the first bias twice too large."""
    return [(W, b if b is None or l > 0 else 2 * b) for l, (W, b) in enumerate(two(layers))]


def unknown(layers: Layers) -> Layers:
    """Squares of the entries of the first layer: a mistake of no table."""
    return [(W * W if l == 0 else W, b) for l, (W, b) in enumerate(layers)]


KINDS: tuple[Callable[[Layers], Layers], ...] = (right, one, two, three, unknown)


def seconds(call: Callable[[], object]) -> float:
    """The processor's time that a call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start


def measured() -> Iterator[tuple[str, str, float, float, float]]:
    """For each size and kind: its name, the kind, the median and largest time, and the median in plain passes."""
    for sizes, rows in SIZES:
        cases = [case(sizes, rows, seed) for seed in range(REPEATS)]
        for kind in KINDS:
            times, passes = [], []
            for at in cases:
                claim = Claim(gradients=tuple(LayerClaim(W, b) for W, b in kind(at.gradients())))
                passes.append(seconds(at.gradients))
                times.append(seconds(lambda at=at, claim=claim: judge(at.net, at.X, at.Y, loss=LOSS, claim=claim)))  # type: ignore[misc]
            median = statistics.median(times)
            name = f"{'-'.join(map(str, sizes))}, {rows} rows"
            yield name, kind.__name__, median, max(times), median / statistics.median(passes)


def main() -> None:
    """Prints the table."""
    print(f"{'network':24} {'gradients':10} {'median ms':>10} {'largest ms':>11} {'in passes':>10}")
    for name, kind, median, largest, passes in measured():
        print(f"{name:24} {kind:10} {1e3 * median:10.1f} {1e3 * largest:11.1f} {passes:10.0f}")


if __name__ == "__main__":
    main()
