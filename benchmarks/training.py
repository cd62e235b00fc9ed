"""How long a training step takes beside one written by hand in NumPy, in one run.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/training.py

Both sides train from the same weights on the same rows and are timed in turn; the ratio is taken pair by pair, so a
machine that changes its speed does not change it much. By hand means the shortest correct loop: no curve, no best
weights, no accuracy, no check that the loss is finite. Backproof does all of these.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backproof_core import LOSSES, Network
from backproof_core.init import Uniform
from backproof_core.train import Plan, Run, Sgd

REPEATS = 15


@dataclass(frozen=True)
class Case:
    """A setting with the number of epochs of one timing."""

    name: str
    net: Network
    X: np.ndarray
    Y: np.ndarray
    loss: str
    rate: float
    epochs: int
    batch: int | None
    by_hand: Callable[["Case"], None]

    @property
    def steps(self) -> int:
        return self.epochs * (1 if self.batch is None else -(-len(self.X) // self.batch))


def sigmoid_squares(case: Case) -> None:
    W1, W2 = (layer.W.copy() for layer in case.net.layers)
    X, Y = case.X, case.Y
    for _ in range(case.epochs):
        A = 1 / (1 + np.exp(-(X @ W1)))
        H = 1 / (1 + np.exp(-(A @ W2)))
        V = H - Y
        _ = 0.5 * np.sum(V * V)
        d2 = V * H * (1 - H)
        d1 = (d2 @ W2.T) * A * (1 - A)
        W2 -= case.rate * (A.T @ d2)
        W1 -= case.rate * (X.T @ d1)


def tanh_softmax(case: Case) -> None:
    W1, W2 = (layer.W.copy() for layer in case.net.layers)
    b1, b2 = (layer.b.copy() for layer in case.net.layers)
    rng = np.random.default_rng(0)
    for _ in range(case.epochs):
        order = rng.permutation(len(case.X))
        for start in range(0, len(order), case.batch):
            rows = order[start : start + case.batch]
            X, Y = case.X[rows], case.Y[rows]
            A = np.tanh(X @ W1 + b1)
            Z = A @ W2 + b2
            Z -= Z.max(axis=1, keepdims=True)
            P = np.exp(Z)
            S = P.sum(axis=1, keepdims=True)
            P /= S
            _ = -np.sum(Y * (Z - np.log(S))) / len(X)
            d2 = (P - Y) / len(X)
            d1 = (d2 @ W2.T) * (1 - A * A)
            W2 -= case.rate * (A.T @ d2)
            b2 -= case.rate * d2.sum(axis=0)
            W1 -= case.rate * (X.T @ d1)
            b1 -= case.rate * d1.sum(axis=0)


def cases() -> list[Case]:
    rng = np.random.default_rng(0)
    xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])
    small = Network.create([2, 2, 1], bias=False, init=Uniform(0, 1), seed=4)
    found = [Case("XOR 2-2-1, 4 rows", small, *xor, "half_sse", 1.0, 2000, None, sigmoid_squares)]
    for sizes, batch, rows, epochs in (
        ((64, 32, 10), 32, 1440, 4),
        ((784, 128, 10), 32, 1280, 2),
        ((784, 128, 10), 128, 1280, 4),
    ):
        X, Y = rng.random((rows, sizes[0])), np.eye(10)[rng.integers(0, 10, rows)]
        net = Network.create(list(sizes), activation=["tanh", "softmax"], seed=0)
        name = f"{'-'.join(map(str, sizes))}, batches of {batch}"
        found.append(Case(name, net, X, Y, "cross_entropy", 0.1, epochs, batch, tanh_softmax))
    return found


def ours(case: Case) -> None:
    plan = Plan(
        loss=LOSSES[case.loss], optimizer=Sgd(learning_rate=case.rate), epochs=case.epochs, batch_size=case.batch
    )
    Run(case.net, case.X, case.Y, plan).advance()


def microseconds(work: Callable[[Case], None], case: Case) -> float:
    start = time.perf_counter()
    work(case)
    return 1e6 * (time.perf_counter() - start) / case.steps


def main() -> None:
    print(f"{'case':32} {'ours, µs/step':>14} {'by hand':>10} {'ratio: median':>14} {'least … most':>16}")
    for case in cases():
        pairs = [(microseconds(ours, case), microseconds(case.by_hand, case)) for _ in range(REPEATS + 1)][1:]
        ratios = sorted(a / b for a, b in pairs)
        a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
        spread = f"{ratios[0]:.2f} … {ratios[-1]:.2f}"
        print(f"{case.name:32} {a:14.1f} {b:10.1f} {statistics.median(ratios):14.2f} {spread:>16}")


if __name__ == "__main__":
    main()
