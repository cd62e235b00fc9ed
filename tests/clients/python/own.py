"""A programmer's own backprop in NumPy, as a case file, and the mistakes that one makes in it."""

from typing import Any

import numpy as np


def softmax(Z: np.ndarray) -> np.ndarray:
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def case(*mistakes: str, seed: int = 1, rows: int = 4, hidden: int = 3) -> dict[str, Any]:
    """A network of two layers at a random point, with the gradients that a program with these mistakes finds."""
    rng = np.random.default_rng(seed)
    W1, W2, b1, b2 = (rng.normal(size=shape).round(3) for shape in ((2, hidden), (hidden, 3), hidden, 3))
    X, Y = rng.normal(size=(rows, 2)).round(3), np.eye(3)[rng.integers(3, size=rows)]
    A1 = np.tanh(X @ W1 + b1)
    d2 = (softmax(A1 @ W2 + b2) - Y) / (1 if "sum" in mistakes else rows)
    d2 = -d2 if "sign" in mistakes else d2
    slope = 1 - np.tanh(A1) ** 2 if "at activation" in mistakes else 1 - A1**2
    d1 = (d2 @ W2 if "not transposed" in mistakes else d2 @ W2.T) * slope
    dW1, dW2 = X.T @ d1, A1.T @ d2
    if "transposed" in mistakes:
        dW2 = dW2.T
    if "shape" in mistakes:
        dW1 = dW1.T
    if "nobody knows" in mistakes:
        dW1 = dW1 + rng.normal(size=dW1.shape)
    if "nan" in mistakes:
        dW1[0, 1] = np.nan
    layers = [(W1, b1, "tanh"), (W2, b2, "softmax")]
    return {
        "network": {"layers": [dict(zip(("weights", "bias", "activation"), map(plain, each))) for each in layers]},
        "loss": "cross_entropy",
        "data": {"x": X.tolist(), "y": Y.tolist()},
        "gradients": [
            {"weights": dW1.tolist(), "bias": d1.sum(axis=0).tolist()},
            {"weights": dW2.tolist(), "bias": d2.sum(axis=0).tolist()},
        ],
    }


def plain(value: Any) -> Any:
    return value if isinstance(value, str) else value.tolist()
