"""Weights of a run as they lie in a blob: tensors by form, moment and parameter.

matched/latest/layers.0.weights   matched/latest/layers.0.bias   matched/best/…   vectorized/latest/…
epochs                            [epoch of the latest, epoch of the best or -1]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backproof_core import Layer, Network
from backproof_core.activation import named
from backproof_core.train import Run
from backproof_service.store.blobs import Array

MOMENTS = ("latest", "best")


@dataclass(frozen=True)
class Moment:
    """A network of a run and the number of epochs that made it."""

    network: Network
    epoch: int


def tensors(run: Run) -> dict[str, Array]:
    """The weights of each twin, latest and best."""
    best = -1 if run.best_epoch is None else run.best_epoch
    found: dict[str, Array] = {"epochs": np.array([run.epoch, best], dtype=np.int64)}
    for form in run.plan.forms:
        for moment in MOMENTS if best >= 0 else MOMENTS[:1]:
            for name, array in parameters(run.network(moment, form=form)):
                found[f"{form}/{moment}/{name}"] = array
    return found


def parameters(network: Network) -> list[tuple[str, Array]]:
    """Each parameter by its name on the wire: layers.0.weights, layers.0.bias, …"""
    found = []
    for i, layer in enumerate(network.layers):
        found.append((f"layers.{i}.weights", layer.W))
        if layer.b is not None:
            found.append((f"layers.{i}.bias", layer.b))
    return found


def moment(arrays: Mapping[str, Array], form: str, name: str, activations: Sequence[str]) -> Moment | None:
    """The network that a blob holds for a form at "latest" or "best"; None when there is none."""
    prefix = f"{form}/{name}/layers"
    if f"{prefix}.0.weights" not in arrays:
        return None
    # Built as they are, unchecked: a run that diverged may have left numbers that are not finite.
    layers = tuple(
        Layer(arrays[f"{prefix}.{i}.weights"], arrays.get(f"{prefix}.{i}.bias"), named(activation))
        for i, activation in enumerate(activations)
    )
    return Moment(Network(layers), int(arrays["epochs"][MOMENTS.index(name)]))
