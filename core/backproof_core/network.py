"""A network: layers whose sizes chain, and its forward pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from backproof_core.activation import Activation, named
from backproof_core.errors import InvalidValue, ShapeMismatch
from backproof_core.init import GlorotUniform, Init
from backproof_core.layer import Layer
from backproof_core.vec import Array

DTYPES = ("float64", "float32")
_GLOROT = GlorotUniform()


@dataclass(frozen=True, slots=True)
class Pass:
    """What a forward pass computed: Z = (Z_1 … Z_L) and A = (A_0 … A_L), each N×d_l, with A_0 = X and H = A_L."""

    Z: tuple[Array, ...]
    A: tuple[Array, ...]

    @property
    def H(self) -> Array:
        return self.A[-1]

    def downward(self, layers: Sequence[Layer]) -> Iterator[tuple[Layer, Layer, Array, Array, Array]]:
        """For l from L down to 2: layer l, layer l−1, Z_{l−1}, A_{l−1}, A_{l−2}."""
        for l in range(len(layers) - 1, 0, -1):
            yield layers[l], layers[l - 1], self.Z[l - 1], self.A[l], self.A[l - 1]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Layers in the order of the forward pass; the outputs of each are the inputs of the next."""

    layers: tuple[Layer, ...]

    @classmethod
    def make(cls, layers: Sequence[Layer]) -> "Network":
        """A network of these layers; raises ShapeMismatch where two neighbours do not chain."""
        if not layers:
            raise ShapeMismatch("a network needs at least one layer, none was given", where=("layers",))
        for l in range(1, len(layers)):
            above, below = layers[l], layers[l - 1]
            if above.d_in != below.d_out:
                raise ShapeMismatch(
                    f"W{subscript(l + 1)} (layers.{l}.weights) is {above.d_in}×{above.d_out} and needs {below.d_out} "
                    f"rows, one for each output of layers.{l - 1}, whose weights are {below.d_in}×{below.d_out}",
                    where=("layers", l, "weights"),
                )
        dtype = np.result_type(*(layer.W for layer in layers))
        return cls(tuple(layers)).astype(str(dtype))

    @classmethod
    def create(
        cls,
        sizes: Sequence[int],
        *,
        activation: str | Activation | Sequence[str | Activation] = "sigmoid",
        bias: bool = True,
        init: Init = _GLOROT,
        seed: int = 0,
        dtype: str = "float64",
    ) -> "Network":
        """A network with drawn weights: W_1 … W_L in C order from Generator(PCG64(seed)); biases start at 0.

        One activation means every layer, the last too. Raises ShapeMismatch, UnknownName, InvalidValue.
        """
        if len(sizes) < 2 or min(sizes) < 1:
            raise ShapeMismatch(
                f"sizes must be at least two positive numbers, inputs first and outputs last, not {list(sizes)}",
                where=("sizes",),
            )
        rng = np.random.Generator(np.random.PCG64(seed))
        chosen = _one_for_each(activation, len(sizes) - 1)
        drawn = [init.draw(rng, m, n) for m, n in pairwise(sizes)]
        biases = [np.zeros(n) if bias else None for n in sizes[1:]]
        return cls.make([Layer.make(W, b, a) for W, b, a in zip(drawn, biases, chosen)]).astype(dtype)

    @property
    def sizes(self) -> tuple[int, ...]:
        """(d_0 … d_L)."""
        return (self.layers[0].d_in, *(layer.d_out for layer in self.layers))

    @property
    def last(self) -> Activation:
        """σ_L."""
        return self.layers[-1].activation

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """float64 or float32, the same in all layers."""
        return self.layers[0].W.dtype

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum(block.size for _, block in self.blocks())

    def blocks(self) -> list[tuple[str, Array]]:
        """The parameters by path: layers.0.weights, layers.0.bias, layers.1.weights, …"""
        return [(f"layers.{l}.{name}", block) for l, layer in enumerate(self.layers) for name, block in layer.blocks()]

    def astype(self, dtype: str) -> "Network":
        """The same network with parameters of that type, float64 or float32."""
        if dtype not in DTYPES:
            raise InvalidValue(f"dtype must be one of {', '.join(DTYPES)}, not {dtype!r}", where=("dtype",))
        kind = np.dtype(dtype)
        return Network(
            tuple(
                Layer.make(layer.W.astype(kind), None if layer.b is None else layer.b.astype(kind), layer.activation)
                for layer in self.layers
            )
        )

    def forward(self, X: npt.ArrayLike) -> Pass:
        """Z_l = A_{l−1} W_l + 1b_lᵀ and A_l = σ_l(Z_l) for every layer; raises ShapeMismatch."""
        with np.errstate(all="ignore"):
            return run_forward(self.layers, self.rows_of(X))

    def predict(self, X: npt.ArrayLike) -> Array:
        """The outputs H, N×d_L."""
        return self.forward(X).H

    def rows_of(self, X: npt.ArrayLike) -> Array:
        """X as a matrix of the network's type with d_0 columns; raises ShapeMismatch."""
        return conform(X, self.dtype, self.sizes[0], "x", "features")

    def targets_of(self, Y: npt.ArrayLike, rows: int) -> Array:
        """Y as a float64 matrix with d_L columns and that many rows, for Loss.prepare_targets; raises ShapeMismatch."""
        targets = conform(Y, np.dtype(np.float64), self.sizes[-1], "y", "targets")
        if len(targets) != rows:
            raise ShapeMismatch(f"y has {len(targets)} rows and x has {rows}; they must be the same", where=("y",))
        return targets


def run_forward(layers: Sequence[Layer], X: Array) -> Pass:
    """The forward pass of layers on X, without checks: also for complex X or weights."""
    Z: list[Array] = []
    A: list[Array] = [X]
    for layer in layers:
        Z.append(layer.affine(A[-1]))  # N × d_l
        A.append(layer.activation(Z[-1]))
    return Pass(tuple(Z), tuple(A))


def conform(values: npt.ArrayLike, dtype: np.dtype[np.floating], columns: int, name: str, what: str) -> Array:
    """The values as a matrix of that type with that many columns and at least one row; raises ShapeMismatch."""
    M: Array = np.asarray(values, dtype=dtype, order="C")
    if M.ndim != 2 or len(M) == 0:
        raise ShapeMismatch(
            f"{name} must be a matrix with at least one row and {columns} columns, not of shape {M.shape}",
            where=(name,),
        )
    if M.shape[1] != columns:
        raise ShapeMismatch(f"{name} has {M.shape[1]} columns ({what}) and the network needs {columns}", where=(name,))
    return M


def subscript(number: int) -> str:
    """The number in subscript digits, as on the blackboard: W₁₂."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _one_for_each(activation: str | Activation | Sequence[str | Activation], layers: int) -> list[Activation]:
    """One activation per layer, from one for all or a list of them."""
    if isinstance(activation, str):
        return [named(activation)] * layers
    if not isinstance(activation, Sequence):
        return [activation] * layers
    if len(activation) != layers:
        raise ShapeMismatch(
            f"{len(activation)} activations were given for {layers} layers; give one for each, or one name for all",
            where=("activation",),
        )
    return [named(a, where=("activation", l)) if isinstance(a, str) else a for l, a in enumerate(activation)]
