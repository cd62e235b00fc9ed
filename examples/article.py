"""The article's own program: XOR learnt by both forms of backpropagation, side by side.

Two networks start from the same weights. One follows the matched gradients, the other the vectorised ones, computed
literally with Kronecker products. Two layers of sigmoids, no bias, half the squared error, rate 1, 10,000 epochs.

    python examples/article.py [seed]
"""

import sys

import numpy as np

from backproof_core import Layer, Network, backprop
from backproof_core.init import Uniform

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
Y = np.array([[0], [1], [1], [0]], dtype=float)
RATE, EPOCHS = 1.0, 10_000
SHOWN = (1, 10, 100, 1_000, 2_000, 5_000, EPOCHS)


def gradients(net: Network, form: str) -> backprop.Evaluation:
    """The loss and the gradients of a network on XOR; the vectorised form takes its literal route."""
    return backprop.evaluate(net, X, Y, loss="half_sse", form=form, route="dense")


def stepped(net: Network, found: backprop.Gradients) -> Network:
    """The network after one update, W ← W − rate · gradient."""
    layers = zip(net.layers, found.layers, strict=True)
    return Network.make([Layer.make(layer.W - RATE * g.W, None, layer.activation) for layer, g in layers])


def distance(one: Network, other: Network) -> float:
    """The largest difference of two weights, relative to the largest weight of its matrix."""
    pairs = zip(one.layers, other.layers, strict=True)
    return max(float(np.abs(a.W - b.W).max() / np.abs(a.W).max()) for a, b in pairs)


def train(start: Network) -> tuple[Network, Network, float]:
    """The two trained networks, and how far apart they ever were; prints the loss on the way."""
    matched = vectorized = start
    apart = 0.0
    print(f"{'epoch':>8}  {'matched':>20}  {'vectorised':>20}  {'weights apart by':>18}")
    for epoch in range(1, EPOCHS + 1):
        one, other = gradients(matched, "matched"), gradients(vectorized, "vectorized")
        matched, vectorized = stepped(matched, one.gradients), stepped(vectorized, other.gradients)
        here = distance(matched, vectorized)
        apart = max(apart, here)
        if epoch in SHOWN:
            print(f"{epoch:>8,}  {one.loss_value:>20.16f}  {other.loss_value:>20.16f}  {here:>18.1e}")
    return matched, vectorized, apart


def print_outputs(matched: Network, vectorized: Network) -> None:
    """Prints what both answer to the four rows of XOR."""
    print(f"{'x':>8}  {'y':>3}  {'matched':>20}  {'vectorised':>20}  {'error':>8}")
    for x, y, a, b in zip(X, Y[:, 0], matched.predict(X)[:, 0], vectorized.predict(X)[:, 0], strict=True):
        print(f"{x[0]:>6.0f} {x[1]:.0f}  {y:>3.0f}  {a:>20.16f}  {b:>20.16f}  {abs(a - y):>8.4f}")


def print_weights(*networks: Network) -> None:
    """Prints the weights at the start and of both networks."""
    print(f"{'':8}  {'start':>12}  {'matched':>20}  {'vectorised':>20}")
    for name, *layers in zip(("W₁", "W₂"), *(net.layers for net in networks), strict=True):
        for i, j in np.ndindex(layers[0].W.shape):
            before, a, b = (layer.W[i, j] for layer in layers)
            print(f" {name}[{i},{j}]  {before:>12.6f}  {a:>20.14f}  {b:>20.14f}")


def main(seed: int = 7) -> None:
    """Prints the whole experiment for weights drawn with that seed."""
    start = Network.create([2, 2, 1], activation="sigmoid", bias=False, init=Uniform(low=0.0, high=1.0), seed=seed)
    print(f"XOR, 2-2-1, sigmoid, no bias, half_sse, rate {RATE:g}, weights from U(0,1), seed {seed}")
    print("\nThe loss, before the update of an epoch\n")
    matched, vectorized, apart = train(start)
    print("\nThe outputs\n")
    print_outputs(matched, vectorized)
    print("\nThe weights\n")
    print_weights(start, matched, vectorized)
    print(f"\nIn {EPOCHS:,} epochs the two were never further apart than {apart:.1e} of the")
    print("largest entry of a weight matrix: two roads, one gradient.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
