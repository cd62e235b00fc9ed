"""Backpropagation as a plain program writes it, from the blackboard's formulas alone, in real float64 or float32.

It shares no line with the core: its own activations, slopes and loops. A Recipe says how each step is done; a planted
mistake replaces a step, so that what follows is computed from it as a program would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from specimens import Point

Array = npt.NDArray[np.floating]
Pull = Callable[[Array, Array, Array], Array]  # (Z, A, M) to what is sent through the activation
Block = Array | None


def softmax(Z: Array) -> Array:
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def sigmoid(Z: Array) -> Array:
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-Z))).astype(Z.dtype)


def leaky(Z: Array, below: float) -> Array:
    return np.where(Z > 0, np.ones_like(Z), np.full_like(Z, below))


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "identity": lambda Z: Z.copy(),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda Z: Z * (Z > 0),
    "leaky_relu": lambda Z: Z * leaky(Z, 0.01),
    "softplus": lambda Z: np.logaddexp(np.zeros_like(Z), Z),
    "softmax": softmax,
}
PULLS: dict[str, Pull] = {
    "identity": lambda Z, A, M: M.copy(),
    "sigmoid": lambda Z, A, M: M * (A * (1 - A)),
    "tanh": lambda Z, A, M: M * (1 - A * A),
    "relu": lambda Z, A, M: M * leaky(Z, 0.0),
    "leaky_relu": lambda Z, A, M: M * leaky(Z, 0.01),
    "softplus": lambda Z, A, M: M * sigmoid(Z),
    "softmax": lambda Z, A, M: A * (M - (M * A).sum(axis=1, keepdims=True)),
}
SLOPES: dict[str, Callable[[Array, Array], Array]] = {
    "half_sse": lambda H, Y: H - Y,
    "sse": lambda H, Y: 2 * (H - Y),
    "mse": lambda H, Y: 2 * (H - Y) / H.size,
    "binary_cross_entropy": lambda H, Y: ((1 - Y) / (1 - H) - Y / H) / len(H),
    "cross_entropy": lambda H, Y: -Y / H / len(H),
}
FOLDED = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}
ADMITTED = {"binary_cross_entropy": ("sigmoid", "softmax"), "cross_entropy": ("softmax", "sigmoid", "softplus")}


VALUES: dict[str, Callable[[Array, Array], float]] = {
    "half_sse": lambda H, Y: float(((H - Y) ** 2).sum() / 2),
    "sse": lambda H, Y: float(((H - Y) ** 2).sum()),
    "mse": lambda H, Y: float(((H - Y) ** 2).mean()),
    "binary_cross_entropy": lambda H, Y: float(-(Y * np.log(H) + (1 - Y) * np.log(1 - H)).sum() / len(H)),
    "cross_entropy": lambda H, Y: float(-(Y * np.log(H)).sum() / len(H)),
}


def keep(M: Array) -> Array:
    return M


def admits(loss: str, activation: str) -> bool:
    return activation in ADMITTED.get(loss, FUNCTIONS)


def is_folded(loss: str, activation: str) -> bool:
    return FOLDED.get(loss) == activation


@dataclass(frozen=True)
class Case:
    """A point, and what a training loop knows beside it: its rate, λ, μ, and the step before."""

    point: Point
    rate: float
    decay: float
    momentum: float
    before_X: Array
    before_Y: Array
    before: tuple[tuple[Array, Block], ...]  # its gradients
    velocity: tuple[tuple[Array, Block], ...]

    @property
    def depth(self) -> int:
        return len(self.point.net.layers)

    @property
    def names(self) -> list[str]:
        return [layer.activation.name for layer in self.point.net.layers]

    @property
    def dtype(self) -> np.dtype:
        return self.point.net.layers[0].W.dtype

    def shape(self, l: int) -> tuple[int, int]:
        return self.point.net.layers[l].W.shape

    @property
    def square(self) -> list[int]:
        return [l for l in range(self.depth) if self.shape(l)[0] == self.shape(l)[1]]

    @property
    def biased(self) -> list[int]:
        return [l for l in range(self.depth) if self.point.net.layers[l].b is not None]

    def __str__(self) -> str:
        net, X = self.point.net, self.point.X
        sizes = [net.layers[0].d_in, *(layer.d_out for layer in net.layers)]
        bias = "bias" if self.biased else "no bias"
        return f"sizes {sizes} {self.names} {self.point.loss.name} N={len(X)} {bias} {self.dtype}"


@dataclass
class Found:
    """What a program computed: caches, deltas and gradients, all in its own precision."""

    Z: list[Array]
    A: list[Array]  # A_1 … A_L
    deltas: list[Array]
    gradients: list[tuple[Array, Block]]
    loss: float = 0.0

    def blocks(self) -> list[Array]:
        return [M for pair in self.gradients for M in pair if M is not None]


Changed = Callable[[Array], Array]
Whole = Callable[[list[tuple[Array, Block]]], list[tuple[Array, Block]]]


@dataclass
class Recipe:
    """How each step is done; what is None is done rightly.

    on_W, on_b and on_all hold what happens to the gradients, by the stages of a training step: 1 as they are made
    (which weights_already_updated sees), 2 factors, 3 decay, 4 the step before, 5 the rate, 6 sending.
    """

    case: Case
    names: list[str] = field(default_factory=list)
    X: Array = None  # type: ignore[assignment]
    Y: Array = None  # type: ignore[assignment]
    loss: str = ""
    seed: Callable[[Array, Array, Array], Array] | None = None  # (Z_L, H, Y) to δ_L
    pulls: dict[int, Pull] = field(default_factory=dict)
    unbiased: set[int] = field(default_factory=set)  # layers whose forward pass forgets b
    through: dict[int, Callable[[Array, Array], Array]] = field(default_factory=dict)  # (δ_l, W_l), instead of δ_l W_lᵀ
    updated: dict[int, float] = field(default_factory=dict)  # rate by which W_l was moved before δ_l went through it
    inputs: dict[int, Callable[[list[Array], list[Array]], Array]] = field(default_factory=dict)  # (Z, A_0 …)
    rows: dict[int, slice] = field(default_factory=dict)
    bias: dict[int, Changed] = field(default_factory=dict)
    on_delta: dict[int, list[Changed]] = field(default_factory=dict)
    on_W: list[tuple[int, int, Changed]] = field(default_factory=list)  # (stage, layer, change)
    on_b: list[tuple[int, int, Changed]] = field(default_factory=list)
    on_all: list[tuple[int, Whole]] = field(default_factory=list)
    on_Z: dict[int, Changed] = field(default_factory=dict)
    on_A: dict[int, Changed] = field(default_factory=dict)
    on_loss: Callable[[float], float] = lambda value: value
    product: Callable[[Array, Array], Array] = lambda A, B: A @ B

    def __post_init__(self) -> None:
        self.names = self.case.names
        self.X, self.Y, self.loss = self.case.point.X, self.case.point.Y, self.case.point.loss.name


def compute(recipe: Recipe, dtype: npt.DTypeLike) -> Found:
    """The numbers of the program that the recipe describes, each step in that precision."""
    with np.errstate(all="ignore"):
        X, Y = recipe.X.astype(dtype), recipe.Y.astype(dtype)
        Z, A = forward(recipe, X, dtype)
        return backward(recipe, Z, [X, *A], Y, dtype)


def forward(recipe: Recipe, X: Array, dtype: npt.DTypeLike) -> tuple[list[Array], list[Array]]:
    Z: list[Array] = []
    A = [X]
    for l, layer in enumerate(recipe.case.point.net.layers):
        z = recipe.product(A[-1], layer.W.astype(dtype))
        if layer.b is not None and l not in recipe.unbiased:
            z = z + layer.b.astype(dtype)
        Z.append(recipe.on_Z.get(l, keep)(z))
        A.append(recipe.on_A.get(l, keep)(FUNCTIONS[recipe.names[l]](Z[-1]).astype(dtype)))
    return Z, A[1:]


def output_delta(recipe: Recipe, Z: Array, H: Array, Y: Array) -> Array:
    last = len(recipe.names) - 1
    if recipe.seed is not None:
        return recipe.seed(Z, H, Y)
    if is_folded(recipe.loss, recipe.names[last]) and last not in recipe.pulls:
        return (H - Y) / len(H)
    return recipe.pulls.get(last, PULLS[recipe.names[last]])(Z, H, SLOPES[recipe.loss](H, Y))


def backward(recipe: Recipe, Z: list[Array], A: list[Array], Y: Array, dtype: npt.DTypeLike) -> Found:
    layers = recipe.case.point.net.layers
    deltas: list[Array] = []
    found: list[tuple[Array, Block]] = []
    delta = output_delta(recipe, Z[-1], A[-1], Y)
    for l in range(len(layers) - 1, -1, -1):
        for change in recipe.on_delta.get(l, []):
            delta = change(delta)
        delta = delta.astype(dtype)
        deltas.insert(0, delta)
        W = layers[l].W.astype(dtype)
        g = made(recipe, l, Z, A, delta)
        found.insert(0, g)
        if l:
            if l in recipe.updated:
                W = (W - recipe.updated[l] * g[0]).astype(dtype)
            M = recipe.through[l](delta, W) if l in recipe.through else recipe.product(delta, W.T)
            delta = recipe.pulls.get(l - 1, PULLS[recipe.names[l - 1]])(Z[l - 1], A[l], M)
    for stage in range(2, 7):
        found = at_stage(recipe, stage, found)
    sent = [(W.astype(dtype), None if b is None else b.astype(dtype)) for W, b in found]
    loss = recipe.on_loss(VALUES[recipe.loss](A[-1], Y))
    return Found(Z, A[1:], deltas, sent, loss)


def made(recipe: Recipe, l: int, Z: list[Array], A: list[Array], delta: Array) -> tuple[Array, Block]:
    """The gradients of a layer as its own step makes them."""
    rows = recipe.rows.get(l, slice(None))
    A_in = recipe.inputs[l](Z, A) if l in recipe.inputs else A[l]
    W = recipe.product(A_in[rows].T, delta[rows])
    b: Block = None
    if recipe.case.point.net.layers[l].b is not None:
        b = recipe.product(np.ones_like(delta[rows][:, :1]).T, delta[rows])[0]
        b = recipe.bias[l](delta) if l in recipe.bias else b
    for stage, at, change in recipe.on_W:
        W = change(W) if (stage, at) == (1, l) else W
    for stage, at, change in recipe.on_b:
        b = change(b) if (stage, at) == (1, l) and b is not None else b
    return W, b


def at_stage(recipe: Recipe, stage: int, found: list[tuple[Array, Block]]) -> list[tuple[Array, Block]]:
    found = list(found)
    for when, l, change in recipe.on_W:
        if when == stage:
            found[l] = (change(found[l][0]), found[l][1])
    for when, l, change in recipe.on_b:
        b = found[l][1]
        if when == stage and b is not None:
            found[l] = (found[l][0], change(b))
    for when, whole in recipe.on_all:
        if when == stage:
            found = whole(found)
    return found


def right(case: Case, dtype: npt.DTypeLike = np.float64) -> Found:
    """The right numbers."""
    return compute(Recipe(case), dtype)


def change(found: Sequence[Array], other: Sequence[Array]) -> float:
    """The largest relative difference of any block to the other's, infinite where shapes differ or it is not finite."""
    worst = 0.0
    for M, R in zip(found, other):
        if M.shape != R.shape or not np.isfinite(M).all():
            return np.inf
        scale = max(float(np.abs(M).max()), float(np.abs(R).max()))
        if scale:
            worst = max(worst, float(np.abs(M.astype(float) - R).max()) / scale)
    return worst
