"""Networks as values: layers with their weights, or the recipe by which the service draws them.

The names are those of the core and of the toy OCaml library: Network.create / make / forward / predict, and Layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backproof.arrays import Entries, Matrix, Rows, Vector, sendable_matrix, sendable_vector
from backproof.choice import chosen
from backproof.errors import NotDrawn
from backproof.names import Init

if TYPE_CHECKING:
    from backproof.client import Client


@dataclass(frozen=True)
class Layer:
    """One layer: W is d_in × d_out (a column is a neuron), b has d_out entries or is None.

    What is sent with a layout, or came in one, lies as that says, d_out × d_in for out_in: nothing is turned by itself.
    """

    W: Matrix
    b: Vector | None
    activation: str

    @classmethod
    def make(cls, W: Rows, b: Entries | None = None, activation: str = "sigmoid") -> Layer:
        """The layer with these weights, lists or arrays. Raises InvalidValue where an entry is not finite."""
        bias = None if b is None else Vector(sendable_vector(b, "b"))
        return cls(Matrix(sendable_matrix(W, "W")), bias, str(activation))

    @property
    def weights(self) -> Matrix:
        """W under its name on the wire."""
        return self.W

    @property
    def bias(self) -> Vector | None:
        """B under its name on the wire."""
        return self.b

    def transposed(self) -> Layer:
        """The layer with Wᵀ in W's place: d_in × d_out of d_out × d_in."""
        return Layer(Matrix(map(list, zip(*self.W, strict=True))), self.b, self.activation)

    def to_wire(self) -> dict[str, object]:
        """The object that the service reads."""
        return {"weights": self.W, "bias": self.b, "activation": self.activation}


@dataclass(frozen=True)
class Pass:
    """What a forward pass leaves behind: Z_1…Z_L, and A_0…A_L where A_0 = X and A_L = H."""

    Z: tuple[Matrix, ...]
    A: tuple[Matrix, ...]

    @property
    def H(self) -> Matrix:
        """The outputs, N × d_L."""
        return self.A[-1]


@dataclass(frozen=True)
class Network:
    """A feed-forward network: `given` is the object that the service reads, with layers or with sizes and a seed."""

    given: Mapping[str, object]
    sizes: tuple[int, ...]
    drawn: tuple[Layer, ...] | None = None

    @classmethod
    def create(
        cls,
        sizes: Sequence[int],
        *,
        activation: str | Sequence[str] = "sigmoid",
        bias: bool = True,
        init: Init | None = None,
        seed: int = 0,
    ) -> Network:
        """The network d_0…d_L whose weights the service draws from the seed, by Glorot's rule unless told.

        One activation name means every layer, the last too.
        """
        names = str(activation) if isinstance(activation, str) else [str(name) for name in activation]
        recipe = (init or Init.glorot_uniform()).to_wire()
        wire = {"sizes": list(sizes), "activation": names, "bias": bias, "init": recipe, "seed": seed}
        return cls(wire, tuple(sizes))

    @classmethod
    def make(cls, layers: Sequence[Layer]) -> Network:
        """The network of these layers, first to last."""
        sizes = [len(layer.W) for layer in layers] + [layer.W.shape[1] for layer in layers[-1:]]
        return cls({"layers": [layer.to_wire() for layer in layers]}, tuple(sizes), tuple(layers))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers. Raises NotDrawn where only the service can know them."""
        if self.drawn is None:
            raise NotDrawn(
                "This network's weights are drawn by the service from its seed when it is used. Its layers are known "
                "after Train.step or Train.fit; weights(at=0) of a training job are the ones that were drawn."
            )
        return self.drawn

    def to_wire(self) -> Mapping[str, object]:
        """The object that the service reads."""
        return self.given

    def forward(self, x: Rows, *, dtype: str = "float64", client: Client | None = None) -> Pass:
        """The pass of the rows x through this network."""
        with chosen(client) as service:
            found = service.predict(self, x, dtype=dtype, include=("pre_activations", "activations"))
        return Pass(found.pre_activations or (), (Matrix(sendable_matrix(x, "x")), *(found.activations or ())))

    def predict(self, x: Rows, *, dtype: str = "float64", client: Client | None = None) -> Matrix:
        """The outputs H for the rows x, N × d_L."""
        with chosen(client) as service:
            return service.predict(self, x, dtype=dtype).outputs
