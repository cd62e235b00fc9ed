"""What all requests share that hold a network or data: their layout, in which shapes are checked and told."""

from itertools import pairwise

from pydantic import Field, ValidationInfo, field_validator

from backproof_service.wire.base import Request, fault
from backproof_service.wire.data import WireData, check_rows
from backproof_service.wire.layout import OURS, Layout
from backproof_service.wire.network import NetworkLayers, NetworkSizes, blackboard, check_shape, subscript
from backproof_service.wire.numbers import Array


class Laid(Request):
    """The type for a request with a layout. Its field comes first, so that the fields after it are read with it.

    Fields named `network` and `data` are checked here, once for all; where the layout itself is wrong, only that is
    said.
    """

    layout: Layout = Field(OURS, description="How your matrices lie, in this request and in its answer.")

    @field_validator("network", check_fields=False)
    @classmethod
    def _layers_fit(cls, network: NetworkLayers | NetworkSizes, info: ValidationInfo) -> NetworkLayers | NetworkSizes:
        if isinstance(network, NetworkLayers) and "layout" in info.data:
            check_layers(network, info.data["layout"], info)
        return network

    @field_validator("data", check_fields=False)
    @classmethod
    def _rows_fit(cls, data: WireData | None, info: ValidationInfo) -> WireData | None:
        if data is not None and "layout" in info.data:
            check_rows(data, info.data["layout"])
        return data


def check_layers(network: NetworkLayers, layout: Layout, info: ValidationInfo) -> None:
    """Refuses layers that do not chain, biases of another length, and what exceeds the limits; in the layout's words.

    The faults stand at their places below the network.
    """
    sizes = [layout.sizes(layer.weights) for layer in network.layers]
    for i, (layer, (d_in, d_out)) in enumerate(zip(network.layers, sizes, strict=True)):
        if i and d_in != (below := sizes[i - 1][1]):
            lines = "rows" if layout.weights == "in_out" else "columns"
            given = f"{blackboard(i, 'weights')} is {shape(layer.weights, layout)}, but {blackboard(i - 1, 'weights')}"
            need = f"{subscript('W', i)} needs {below} {lines}.{_turned(network, layout)}"
            raise fault(f"{given} has {below} outputs; {need}", "layers", i, "weights")
        if layer.bias is not None and len(layer.bias) != d_out:
            given = f"{blackboard(i, 'bias')} has {len(layer.bias)} numbers, but {blackboard(i, 'weights')}"
            need = f"the bias needs {d_out} numbers.{_turned(network, layout)}"
            raise fault(f"{given}{_lying(layer.weights, layout)} has {d_out} outputs; {need}", "layers", i, "bias")
    biases = sum(len(layer.bias) for layer in network.layers if layer.bias is not None)
    check_shape([sizes[0][0], *(d_out for _, d_out in sizes)], biases, info)


def shape(weights: Array, layout: Layout) -> str:
    """The shape of weights as they were sent: "2×3", or "3×2 (out×in)"."""
    rows, columns = weights.shape
    return f"{rows}×{columns}" + (" (out×in)" if layout.weights == "out_in" else "")


def _lying(weights: Array, layout: Layout) -> str:
    """The shape after a name, where it may be read in two ways."""
    return f", {shape(weights, layout)}," if layout.weights == "out_in" else ""


def _turned(network: NetworkLayers, layout: Layout) -> str:
    """That the layers would fit if they lay the other way, with what to send; nothing where they would not."""
    other = layout.model_copy(update={"weights": "out_in" if layout.weights == "in_out" else "in_out"})
    sizes = [other.sizes(layer.weights) for layer in network.layers]
    chains = all(below[1] == above[0] for below, above in pairwise(sizes))
    biases = all(
        layer.bias is None or len(layer.bias) == d_out for layer, (_, d_out) in zip(network.layers, sizes, strict=True)
    )
    return (
        f' They would fit as {other.weights}: send "layout": {{"weights": "{other.weights}"}}.'
        if chains and biases
        else ""
    )
