"""The one place where wire types become the core's values, and the core's values become answers."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from backproof_core import Network, backprop, train
from backproof_core import layer as core_layer
from backproof_core import loss as losses
from backproof_core.activation import named as activation_named
from backproof_core.errors import InvalidValue
from backproof_core.init import INITS
from backproof_service.http.problems import invalid
from backproof_service.settings import Settings
from backproof_service.wire.data import DataReference, WireData
from backproof_service.wire.layout import Layout
from backproof_service.wire.network import NetworkLayers, NetworkSizes
from backproof_service.wire.numbers import Array
from backproof_service.wire.train import TrainRequest, ValidationShare

WireNetwork: TypeAlias = NetworkSizes | NetworkLayers
Labels: TypeAlias = NDArray[np.int64]
LoadDataset: TypeAlias = Callable[[str, tuple[int, int] | None], tuple[Array, Array | None, Labels | None]]

LARGE = 4096  # numbers; an array above this stands in a stored config by its size and hash


# ---------------------------------------------------------------- networks


def network(wire: WireNetwork, dtype: str, layout: Layout) -> Network:
    """The core's network of one in the caller's layout; raises the core's errors."""
    if isinstance(wire, NetworkLayers):
        made = [
            core_layer.Layer.make(
                layout.turn_weights(in_dtype(layer.weights, dtype, "layers", i, "weights")),
                None if layer.bias is None else in_dtype(layer.bias, dtype, "layers", i, "bias"),
                layer.activation,
            )
            for i, layer in enumerate(wire.layers)
        ]
        return Network.make(made)
    init = INITS[wire.init.type](**wire.init.model_dump(exclude={"type"}))
    try:
        with np.errstate(all="ignore"):
            return Network.create(
                wire.sizes, activation=wire.activation, bias=wire.bias, init=init, seed=wire.seed, dtype=dtype
            )
    except InvalidValue as error:
        if error.where[:1] == ("weights",):
            raise InvalidValue(f"this init draws weights beyond {dtype}; draw smaller ones", where=("init",)) from None
        raise


def outline(wire: WireNetwork, dtype: str, layout: Layout) -> Network:
    """The network's shapes and activations with weights that take no memory: enough to predict what it will cost."""
    zero = np.zeros((), dtype=dtype)
    if isinstance(wire, NetworkLayers):
        shapes = [layout.sizes(layer.weights) for layer in wire.layers]
        biases = [layer.bias is not None for layer in wire.layers]
        names: Sequence[str] = [layer.activation for layer in wire.layers]
    else:
        shapes = list(pairwise(wire.sizes))
        biases = [wire.bias] * len(shapes)
        names = wire.activation if isinstance(wire.activation, list) else [wire.activation] * len(shapes)
    return Network(
        tuple(
            core_layer.Layer(
                np.broadcast_to(zero, shape),
                np.broadcast_to(zero, shape[1:]) if biased else None,
                activation_named(name),
            )
            for shape, biased, name in zip(shapes, biases, names, strict=True)
        )
    )


def in_dtype(array: Array, dtype: str, *where: str | int) -> NDArray[Any]:
    """The array in that type; raises InvalidValue at the first number that is beyond it."""
    with np.errstate(over="ignore"):
        cast = array.astype(dtype, copy=False)
    finite = np.isfinite(cast)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise InvalidValue(f"{float(array[place])!r} is beyond the range of {dtype}", where=(*where, *place))
    return cast


def layers(net: Network, layout: Layout) -> list[dict[str, Any]]:
    """The layers of a network as they are sent, in the caller's layout."""
    return [
        {"weights": layout.turn_weights(layer.W), "bias": layer.b, "activation": layer.activation.name}
        for layer in net.layers
    ]


# ---------------------------------------------------------------- data


def data(wire: WireData, load: LoadDataset, net: Network, layout: Layout) -> tuple[Array, Array]:
    """X and Y for a network, from the request or from a stored data set; labels become one-hot rows.

    What was sent is in the caller's layout, a stored data set in rows, as X and Y are. Raises the core's errors, and
    what `load` raises for a data set that does not exist.
    """
    if isinstance(wire, DataReference):
        x, y, labels = load_rows(wire, load)
    else:
        x, y, labels = wire.x, getattr(wire, "y", None), getattr(wire, "labels", None)
    in_dtype(x, str(net.dtype), "x")
    if y is not None:
        in_dtype(y, str(net.dtype), "y")
    if not isinstance(wire, DataReference):
        x, y = samples(x, layout), None if y is None else samples(y, layout)
    if y is not None:
        return x, y  # in float64: whether rows sum to 1 is judged before they are rounded
    if labels is None:
        raise InvalidValue("this data set has no targets; upload it with y or labels", where=("y",))
    return x, one_hot(labels, net.sizes[-1])


def samples(sent: Array, layout: Layout) -> Array:
    """Samples in rows, contiguous, of what the caller sent."""
    return np.ascontiguousarray(layout.turn_samples(sent))


def notes(found: Sequence[str], wire: WireData, layout: Layout) -> list[str]:
    """What the core notes about rows, said of the samples that were sent."""
    return [note if isinstance(wire, DataReference) else layout.words(note) for note in found]


def load_rows(wire: DataReference, load: LoadDataset) -> tuple[Array, Array | None, Labels | None]:
    """The rows of a stored data set that a reference names; raises what `load` raises, and a Problem beyond the end."""
    if wire.rows is None:
        return load(wire.dataset, None)
    start, stop = wire.rows
    found = load(wire.dataset, (start, stop))
    if len(found[0]) != stop - start:
        most = start + len(found[0]) if len(found[0]) else "fewer"
        raise invalid(f"rows is [{start}, {stop}], but the data set ends at {most}.", "data", "rows")
    return found


def one_hot(labels: Labels, classes: int) -> Array:
    """Row i is 1 at labels[i] and 0 elsewhere; raises InvalidValue at a label that is no class."""
    beyond = np.flatnonzero((labels < 0) | (labels >= classes))
    if beyond.size:
        i = int(beyond[0])
        need = f"the network has {classes} outputs, so labels go from 0 to {classes - 1}"
        raise InvalidValue(f"label {i} is {labels[i]}; {need}", where=("y", i))
    return np.eye(classes)[labels] if classes <= 64 else _sparse_one_hot(labels, classes)


def _sparse_one_hot(labels: Labels, classes: int) -> Array:
    rows = np.zeros((len(labels), classes))
    rows[np.arange(len(labels)), labels] = 1.0
    return rows


# ---------------------------------------------------------------- training


def plan(request: TrainRequest, settings: Settings) -> train.Plan:
    """The core's plan of a training run; raises the core's errors."""
    validation, stopping = request.validation, request.early_stopping
    return train.Plan(
        loss=losses.named(request.loss),
        optimizer=optimizer(request),
        epochs=request.epochs,
        batch_size=request.batch_size,
        seed=request.seed,
        form=request.form,
        route=request.route,
        validation_share=validation.share if isinstance(validation, ValidationShare) else None,
        patience=None if stopping is None else stopping.patience,
        budget=settings.memory_budget_bytes,
    )


def optimizer(request: TrainRequest) -> train.Optimizer:
    """The core's optimiser with its schedule."""
    sent = request.optimizer
    schedule = train.SCHEDULES[sent.schedule.type](**sent.schedule.model_dump(exclude={"type"}))
    values = sent.model_dump(exclude={"type", "schedule"})
    make: Callable[..., train.Optimizer] = train.OPTIMIZERS[sent.type]
    return make(schedule=schedule, **values)


# ---------------------------------------------------------------- requests as they are stored


def config(request: BaseModel) -> dict[str, Any]:
    """The request, defaults resolved; an array above 4096 numbers stands as its size and the hash of its bytes."""
    found = _config(request.model_dump())
    assert isinstance(found, dict)
    return found


def _config(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _config(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_config(entry) for entry in value]
    if not isinstance(value, np.ndarray):
        return value
    if value.size <= LARGE:
        return value.tolist()
    columns = value.shape[1] if value.ndim == 2 else 1
    return {"rows": len(value), "columns": columns, "omitted": hashlib.sha256(value.tobytes()).hexdigest()}


# ---------------------------------------------------------------- gradients


def jacobians(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Jacobians of layers as they are sent: in vec order whatever the layout."""
    return [{"weights": layer.W, "bias": layer.b} for layer in found]


def comparison(found: Any) -> dict[str, Any]:
    """One comparison as it is sent."""
    sent = {
        "parameter": found.parameter,
        "between": list(found.between),
        "max_abs": found.max_abs,
        "max_rel": found.max_rel,
        "identical": found.identical,
        "agree": found.agree,
    }
    return sent | ({"rounding": True} if found.rounding else {})


def gradients(found: backprop.Gradients, layout: Layout) -> list[dict[str, Any]]:
    """Gradients as they are sent, in the caller's layout."""
    return [{"weights": layout.turn_weights(layer.W), "bias": layer.b} for layer in found.layers]
