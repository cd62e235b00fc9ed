"""The formulas of docs/article.md: each is its text and a check that evaluates both sides on numbers."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from backproof_core.vec import unvec, vec

Array = npt.NDArray[np.float64]
Pair = tuple[npt.ArrayLike, npt.ArrayLike]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(Z: Array) -> Array:
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Operators:
    """The operators that the article introduces. A test replaces each by a wrong one and sees which formulas fail."""

    vec: Callable[[Array], Array] = vec
    unvec: Callable[[Array, int, int], Array] = unvec
    kron: Callable[[Array, Array], Array] = np.kron
    Diag: Callable[[Array], Array] = np.diag

    def jacobian(self, F: Callable[[Array], Array], X: Array) -> Array:
        """∂vec F(X)/∂(vec X)ᵀ by complex steps, exact to rounding: one column for each entry of X."""
        columns = []
        for entry in np.eye(X.size):
            step = 1e-20j * self.unvec(entry, *X.shape)
            columns.append(self.vec(F(X + step)).imag / 1e-20)
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Two:
    """The article's network, H(X) = σ(σ(X W₁) W₂), on random numbers; all four sizes differ."""

    N: int = 5
    d: int = 3
    h: int = 4
    o: int = 2
    seed: int = 20
    rng: np.random.Generator = field(init=False)
    X: Array = field(init=False)
    W1: Array = field(init=False)
    W2: Array = field(init=False)
    Y: Array = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        object.__setattr__(self, "rng", rng)
        shapes = {"X": (self.N, self.d), "W1": (self.d, self.h), "W2": (self.h, self.o), "Y": (self.N, self.o)}
        for name, shape in shapes.items():
            object.__setattr__(self, name, rng.normal(size=shape))

    @property
    def Z1(self) -> Array:
        return self.X @ self.W1

    @property
    def A1(self) -> Array:
        return sigmoid(self.Z1)

    @property
    def Z2(self) -> Array:
        return self.A1 @ self.W2

    @property
    def H(self) -> Array:
        return sigmoid(self.Z2)

    @property
    def V(self) -> Array:
        return self.H - self.Y

    @property
    def S1(self) -> Array:
        return self.A1 * (1 - self.A1)

    @property
    def S2(self) -> Array:
        return self.H * (1 - self.H)

    def error(self, W1: Array, W2: Array) -> Array:
        """E, N×o."""
        H = sigmoid(sigmoid(self.X @ W1) @ W2)
        return 0.5 * (H - self.Y) * (H - self.Y)

    def gradient(self, op: Operators) -> Array:
        """∇W₁ by differentiating the loss itself, with neither form."""
        return op.unvec(op.jacobian(lambda W: self.error(W, self.W2).sum(keepdims=True), self.W1)[0], self.d, self.h)


Check = Callable[[Operators, Two], Iterator[Pair]]


@dataclass(frozen=True)
class Formula:
    """A formula of the article: the name it carries there, its text, and pairs that must be equal if it holds."""

    name: str
    text: str
    check: Check

    def holds(self, op: Operators) -> bool:
        """Whether every pair is equal to twelve digits, shapes included."""
        return all(equal(np.asarray(a), np.asarray(b)) for a, b in self.check(op, Two()))


def equal(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-11, atol=1e-13))


def formula(name: str, text: str) -> Callable[[Check], Formula]:
    """A decorator that makes a Formula of a check."""
    return lambda check: Formula(name, " ".join(text.split()), check)


def collect(*modules: object) -> dict[str, Formula]:
    """The formulas of these modules by name; every name once."""
    found: Iterable[Formula] = [f for m in modules for f in vars(m).values() if isinstance(f, Formula)]
    by_name = {f.name: f for f in found}
    assert len(by_name) == len(list(found)), "two formulas have the same name"
    return by_name
