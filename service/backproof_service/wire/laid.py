"""What all requests share that hold a network or data: their layout, in which shapes are checked and told."""

from pydantic import Field, ValidationInfo, field_validator

from backproof_service.wire.base import Request
from backproof_service.wire.data import WireData, check_rows
from backproof_service.wire.layout import OURS, Layout
from backproof_service.wire.network import NetworkLayers, NetworkSizes, check_layers


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
