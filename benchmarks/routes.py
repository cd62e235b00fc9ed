"""What each route to the same gradients takes, in one run: time, bytes predicted and bytes measured.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/routes.py

A route and the matched form are timed in turn on the same pass; the ratio is taken pair by pair, so a machine that
changes its speed does not change it much. Only the backward pass is timed; the routes are compiled before. Bytes are
measured in another run of it, by tracemalloc, and those of a Jacobian's own entries are listed beside them.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from backproof_core import LOSSES, Loss, Network, backprop
from backproof_core.backprop.evaluation import backward
from backproof_core.network import Pass

BUDGET = 2 << 30
SIZES = (((2, 2, 1), 4), ((64, 32, 10), 32), ((784, 128, 10), 32), ((784, 128, 10), 128), ((784, 1024, 10), 128))
WAYS = ("matched", *backprop.ROUTES)


@dataclass(frozen=True)
class Case:
    """A network with a forward pass on rows and targets, and its loss."""

    name: str
    net: Network
    run: Pass
    Y: np.ndarray
    loss: Loss

    def cost(self, way: str) -> backprop.Cost:
        """What the matched form or a route is predicted to take."""
        form, route = form_and_route(way)
        return backprop.predict_cost(self.net, len(self.Y), loss=self.loss, form=form, route=route)

    def pass_by(self, way: str) -> Callable[[], object]:
        """The backward pass by the matched form or a route."""
        form, route = form_and_route(way)
        return lambda: backward(self.net, self.run, self.Y, loss=self.loss, form=form, route=route)

    @property
    def jacobian_bytes(self) -> int:
        """The largest Jacobian of one layer's weights: the output that the jacobian route writes."""
        return self.net.dtype.itemsize * self.Y.size * max(layer.W.size for layer in self.net.layers)


@dataclass(frozen=True)
class Row:
    """What one way takes on one case; what was refused was neither timed nor measured."""

    case: str
    way: str
    seconds: float | None
    ratio: float | None  # to the matched form, the median of pairs
    predicted: int
    measured: int | None
    over_output: float | None  # of a full Jacobian: measured bytes over its own


def form_and_route(way: str) -> tuple[str, str | None]:
    return ("matched", None) if way == "matched" else ("vectorized", way)


def cases() -> Iterator[Case]:
    """XOR, and networks for digits; targets are the classes."""
    rng = np.random.default_rng(0)
    for sizes, rows in SIZES:
        small = sizes[-1] == 1
        net = Network.create(sizes, activation="sigmoid" if small else ["tanh", "softmax"], bias=not small, seed=0)
        X = rng.random((rows, sizes[0]))
        Y = rng.integers(0, 2, (rows, 1)) * 1.0 if small else np.eye(10)[rng.integers(0, 10, rows)]
        loss = LOSSES["half_sse" if small else "cross_entropy"]
        yield Case(f"{'-'.join(map(str, sizes))}, {rows} rows", net, net.forward(X), Y, loss)


def measure(case: Case) -> list[Row]:
    """A row for each way, the matched form first."""
    return [measured(case, way) for way in WAYS]


def measured(case: Case, way: str) -> Row:
    """What a way takes, or only its prediction where that exceeds the budget."""
    predicted = case.cost(way).peak_bytes
    if predicted > BUDGET:
        return Row(case.name, way, None, None, predicted, None, None)
    work = case.pass_by(way)
    peak = peak_of(work)
    seconds, ratio = timed(work, case.pass_by("matched"))
    full = peak / case.jacobian_bytes if way == "jacobian" else None
    return Row(case.name, way, seconds, ratio, predicted, peak, full)


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that are allocated above the start; a run before it has compiled what there is to compile."""
    work()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    work()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return peak


def timed(work: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """(seconds of a call, ratio to the other's), medians over pairs of at most half a second each."""
    once = max(seconds(work, 1), 1e-7)
    calls, pairs = max(1, min(1000, int(0.02 / once))), 25 if once < 0.05 else 3
    found = [(seconds(work, calls), seconds(other, calls)) for _ in range(pairs)]
    return statistics.median(a for a, _ in found), statistics.median(a / b for a, b in found)


def seconds(work: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def rows() -> list[Row]:
    """Everything that is measured."""
    with np.errstate(all="ignore"):
        return [row for case in cases() for row in measure(case)]


def main() -> None:
    heads = ("time", "÷ matched", "predicted, bytes", "measured, bytes", "m/p", "÷ its Jacobian")
    widths = (12, 10, 18, 18, 6, 15)
    print(f"{'case':24} {'way':10}" + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))
    for row in rows():
        cells = (
            "refused" if row.seconds is None else f"{1e6 * row.seconds:,.1f} µs",
            "" if row.ratio is None else f"{row.ratio:,.2f}",
            f"{row.predicted:,}",
            "" if row.measured is None else f"{row.measured:,}",
            "" if row.measured is None else f"{row.measured / row.predicted:.2f}",
            "" if row.over_output is None else f"{row.over_output:.2f}",
        )
        print(f"{row.case:24} {row.way:10}" + "".join(f"{c:>{width}}" for c, width in zip(cells, widths, strict=True)))


if __name__ == "__main__":
    main()
