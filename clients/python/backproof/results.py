"""What the service answers, as frozen values. Fields that a newer service adds are ignored, states it adds accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from backproof.arrays import Matrix, Vector
from backproof.errors import Problem
from backproof.network import Layer, Network

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

T = TypeVar("T")

ENDED = frozenset({"succeeded", "failed", "cancelled"})
RESTING = frozenset({"paused", "interrupted"})


@dataclass(frozen=True)
class LayerGradient:
    """∂loss/∂W and ∂loss/∂b of one layer, each with its parameter's shape; b is None where the layer has no bias.

    The shape is the caller's, where a layout was sent. In a Jacobian both are matrices of N·d_L rows, in `vec` order.
    """

    W: Matrix
    b: Vector | Matrix | None

    @property
    def weights(self) -> Matrix:
        """W under its name on the wire."""
        return self.W

    @property
    def bias(self) -> Vector | Matrix | None:
        """B under its name on the wire."""
        return self.b

    def blocks(self) -> list[tuple[str, Matrix | Vector]]:
        """The layer's gradients by name: weights, and bias where there is one."""
        weights: tuple[str, Matrix | Vector] = ("weights", self.W)
        return [weights] if self.b is None else [weights, ("bias", self.b)]


@dataclass(frozen=True)
class Gradients:
    """The gradients of a network's parameters, layer by layer."""

    layers: tuple[LayerGradient, ...]

    def blocks(self) -> list[tuple[str, Matrix | Vector]]:
        """The gradients by the paths of their parameters: layers.0.weights, layers.0.bias, …"""
        return [(f"layers.{l}.{name}", block) for l, layer in enumerate(self.layers) for name, block in layer.blocks()]


@dataclass(frozen=True)
class FormResult:
    """What one form of backpropagation found, and what it cost; what was not asked for is empty."""

    gradients: tuple[LayerGradient, ...] = ()
    deltas: tuple[Matrix, ...] = ()
    pre_activations: tuple[Matrix, ...] = ()
    activations: tuple[Matrix, ...] = ()
    jacobian: tuple[LayerGradient, ...] = ()
    route: str | None = None
    seconds: float | None = None
    predicted_bytes: int | None = None
    peak_bytes: int | None = None
    predicted_flops: int | None = None


@dataclass(frozen=True)
class Comparison:
    """How far two ways to compute one block of parameters are apart."""

    parameter: str
    between: tuple[str, ...]
    max_abs: float
    max_rel: float
    agree: bool
    identical: bool = False
    rounding: bool = False


@dataclass(frozen=True)
class GradientsResult:
    """Gradients in each form that was asked for, by witnesses, and how they compare."""

    loss_value: float
    agree: bool | None
    forms: Mapping[str, FormResult]
    witnesses: Mapping[str, FormResult] = field(default_factory=dict)
    comparison: tuple[Comparison, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a job is; `fraction` goes from 0 to 1."""

    epoch: int | None = None
    epochs: int | None = None
    step: int | None = None
    steps: int | None = None
    fraction: float | None = None
    eta_seconds: float | None = None


@dataclass(frozen=True)
class TrainResult:
    """What a training run that succeeded leaves behind, besides its weights."""

    final_loss: float
    weights_sha256: str
    twin_distance: float | None = None
    best_epoch: int | None = None
    stopped_early: bool | None = None


@dataclass(frozen=True)
class JobInfo:
    """A job as it was when the service was asked."""

    id: str
    kind: str
    state: str
    attempt: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: Progress | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    result: TrainResult | GradientsResult | None = None
    error: Problem | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, object] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the state is terminal: it never changes again."""
        return self.state in ENDED

    @property
    def resting(self) -> bool:
        """Whether the job will not go on by itself although it has not ended."""
        return self.state in RESTING


@dataclass(frozen=True)
class Weights:
    """The layers of a job at an epoch, in the layout that it was submitted in."""

    layers: tuple[Layer, ...]
    at: str
    epoch: int | None = None
    job: str | None = None
    layout: Mapping[str, str] = field(default_factory=dict)

    def network(self) -> Network:
        """The network with these layers. Like every Network it is inputs × outputs, however they lie here."""
        out_in = self.layout.get("weights") == "out_in"
        return Network.make([layer.transposed() for layer in self.layers] if out_in else self.layers)


@dataclass(frozen=True)
class Metrics:
    """The curves of a run: one row of `columns` for each recorded epoch; None where a column was not measured."""

    columns: tuple[str, ...]
    rows: tuple[tuple[float | None, ...], ...]

    def __getitem__(self, name: str) -> list[float | None]:
        """The column of this name. Raises KeyError where there is none."""
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are: {', '.join(self.columns)}")
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def numpy(self) -> NDArray[float64]:
        """The rows as a float64 array, with NaN for what was not measured."""
        import numpy as np

        return np.array(self.rows, dtype=np.float64).reshape(len(self.rows), len(self.columns))


@dataclass(frozen=True)
class TwinComparison:
    """How far the gradients of the two forms were apart at a recorded epoch of a run with form "both"."""

    epoch: int
    max_abs: float
    max_rel: float
    agree: bool


@dataclass(frozen=True)
class Dataset:
    """A stored data set; the id is the SHA-256 of what was uploaded. x, y and labels only where they were asked for."""

    id: str
    rows: int
    features: int
    targets: int | None = None
    classes: int | None = None
    bytes: int | None = None
    created_at: datetime | None = None
    x: Matrix | None = None
    y: Matrix | None = None
    labels: tuple[int, ...] | None = None

    def to_wire(self) -> dict[str, object]:
        """The object by which a request refers to this data set."""
        return {"dataset": self.id}

    def part(self, start: int, stop: int) -> dict[str, object]:
        """The object by which a request refers to the rows start … stop−1 of this data set."""
        return {"dataset": self.id, "rows": [start, stop]}


@dataclass(frozen=True)
class Predictions:
    """Outputs H, one row for each row that was sent, and the layers on the way where they were asked for.

    Columns for columns, where they were asked for in such a layout.
    """

    outputs: Matrix
    at: str | None = None
    pre_activations: tuple[Matrix, ...] | None = None
    activations: tuple[Matrix, ...] | None = None


@dataclass(frozen=True)
class Capabilities:
    """What the service can do: names, admissible pairs of (loss, last activation), limits, versions."""

    activations: tuple[str, ...]
    losses: tuple[str, ...]
    admissible_pairs: tuple[tuple[str, str], ...]
    optimizers: tuple[str, ...]
    schedules: tuple[str, ...]
    inits: tuple[str, ...]
    forms: tuple[str, ...]
    routes: tuple[str, ...]
    layouts: Mapping[str, tuple[str, ...]]
    limits: Mapping[str, object]
    versions: Mapping[str, object]


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, and the cursor of the next one."""

    items: tuple[T, ...]
    next: str | None
