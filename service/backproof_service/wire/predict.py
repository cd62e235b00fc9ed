"""POST /predict: outputs of a network that is sent."""

from typing import Self

from pydantic import Field, model_validator

from backproof_service.wire.base import fault
from backproof_service.wire.laid import Laid
from backproof_service.wire.names import Dtype, PredictInclude
from backproof_service.wire.network import Network
from backproof_service.wire.numbers import Matrix


class PredictRequest(Laid):
    """A network and rows for it."""

    network: Network = Field(description="The network.")
    x: Matrix = Field(description="X, one instance a row.", examples=[[[0, 1], [1, 1]]])
    dtype: Dtype = Field("float64", description="The floating-point type to compute in.")
    include: list[PredictInclude] = Field(default=[], max_length=2, description="What to send beside the outputs.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for i, name in enumerate(self.include):
            if name in self.include[:i]:
                raise fault(f'"{name}" is named twice in include; name it once.', "include", i)
        return self
