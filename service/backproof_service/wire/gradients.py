"""POST /gradients: gradients in each form, their comparison, and what each cost."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType

from backproof_service.wire.base import Answer, fault
from backproof_service.wire.data import Data
from backproof_service.wire.laid import Laid
from backproof_service.wire.names import Dtype, Form, Include, LossName, Route, WitnessName
from backproof_service.wire.network import Network
from backproof_service.wire.numbers import Number, NumberRows

Forms = TypeAliasType(
    "Forms", Annotated[list[Form], Field(min_length=1, max_length=2, description="Forms, each once.")]
)


class GradientsRequest(Laid):
    """A network, a loss and data, and what to find out about their gradients."""

    network: Network = Field(description="The network.")
    loss: LossName = Field(description="The loss.", examples=["half_sse"])
    data: Data = Field(description="The rows, all in one batch.")
    dtype: Dtype = Field("float64", description="The floating-point type of both forms; witnesses use float64.")
    forms: Forms = Field(
        default=["matched", "vectorized"], description="The forms to compute, the first is compared with."
    )
    route: Route = Field("auto", description="How the vectorised form is evaluated.")
    witnesses: list[WitnessName] = Field(
        default=[], max_length=2, description="Gradients found without backpropagation, to compare with."
    )
    include: list[Include] = Field(
        default=["gradients"], max_length=5, description="What each form's part of the answer holds."
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for field in ("forms", "witnesses", "include"):
            names = getattr(self, field)
            for i, name in enumerate(names):
                if name in names[:i]:
                    raise fault(f'"{name}" is named twice in {field}; name it once.', field, i)
        if "jacobian" in self.include and "vectorized" not in self.forms:
            need = 'Only the vectorised form makes the Jacobian; add "vectorized" to forms or leave it out of include.'
            raise fault(need, "include", self.include.index("jacobian"))
        return self


class LayerGradient(Answer):
    """∂loss/∂W and ∂loss/∂b of one layer, in the shapes of W and b as they lie in the layout."""

    weights: NumberRows = Field(description="∂loss/∂W, inputs × outputs; outputs × inputs where the layout is out_in.")
    bias: list[Number] | None = Field(description="∂loss/∂b; null where the layer has no bias.")


class LayerJacobian(Answer):
    """The whole Jacobian of the error matrix by one layer's parameters, rows and columns in vec order.

    It has N·d_L rows: row k·N + n belongs to the entry for example n and output k, all counted from 0. The layout
    changes nothing of it: W is inputs × outputs here, and examples are rows.
    """

    weights: NumberRows = Field(
        description="N·d_L rows; the columns follow the column-stacked weights, counted from 0: entry (i, j) of W has "
        "column j·d_in + i."
    )
    bias: NumberRows | None = Field(description="N·d_L rows, one column for each bias; null where there is none.")


class FormAnswer(Answer):
    """What one form found, and its cost."""

    route: SkipJsonSchema[None] | Literal["dense", "row", "jacobian"] = Field(
        None, description="The vectorised form's route."
    )
    gradients: SkipJsonSchema[None] | list[LayerGradient] = Field(None, description="Gradients by layer.")
    deltas: SkipJsonSchema[None] | list[NumberRows] = Field(
        None, description="δ_l by layer, N×d_l; d_l×N where samples are columns."
    )
    activations: SkipJsonSchema[None] | list[NumberRows] = Field(None, description="A_1 … A_L, likewise.")
    pre_activations: SkipJsonSchema[None] | list[NumberRows] = Field(None, description="Z_1 … Z_L, likewise.")
    jacobian: SkipJsonSchema[None] | list[LayerJacobian] = Field(
        None, description="Jacobians of the error matrix by layer (vectorized only)."
    )
    seconds: float = Field(description="Time that the form took.")
    predicted_bytes: int = Field(description="Memory predicted from the shapes.")
    peak_bytes: int = Field(description="Most memory held at one time by the form's arrays.")
    predicted_flops: int = Field(description="Floating-point operations predicted from the shapes.")


class FormsAnswer(Answer):
    """The forms that were asked for, by name."""

    matched: SkipJsonSchema[None] | FormAnswer = Field(None, description="The shape-matched form.")
    vectorized: SkipJsonSchema[None] | FormAnswer = Field(None, description="The vectorised form.")


class WitnessAnswer(Answer):
    """Gradients found without backpropagation."""

    gradients: list[LayerGradient] = Field(description="Gradients by layer.")
    seconds: float = Field(description="Time that the witness took.")


class WitnessesAnswer(Answer):
    """The witnesses that were asked for, by name."""

    complex_step: SkipJsonSchema[None] | WitnessAnswer = Field(None, description="Im f(w + ih) / h, h = 1e-20.")
    central_difference: SkipJsonSchema[None] | WitnessAnswer = Field(None, description="(f(w+h) - f(w-h)) / 2h.")


AGREE = (
    "Whether max_rel is at most 1e-9 (float64), 1e-4 (float32) or 1e-6 (central differences), or max_abs is within "
    "(64 + N)·u·S, which rounding explains: u is 2^-53 or 2^-24, S the largest entry of the block computed again with "
    "absolute values and every difference a sum; for central differences u·|loss|/h is added. Never true where a "
    "number is not finite."
)


class Comparison(Answer):
    """Two gradients of one parameter side by side."""

    parameter: str = Field(description="The parameter.", examples=["layers.0.weights"])
    between: list[str] = Field(
        min_length=2, max_length=2, description="The two sides.", examples=[["matched", "vectorized"]]
    )
    max_abs: Number = Field(description="Largest difference.")
    max_rel: Number = Field(description="Largest difference / largest entry of the block; 0 if both are zero.")
    identical: bool = Field(description="Whether every bit is the same.")
    agree: bool = Field(description=AGREE)
    rounding: bool = Field(default=False, description="True where only the rounding bound makes them agree.")


class GradientsAnswer(Answer):
    """Gradients in each form, their comparison, and the cost of each."""

    object: Literal["gradients"] = Field(description="What this is.")
    loss_value: Number = Field(description="The loss on the rows given.", examples=[0.69])
    agree: bool = Field(description="Whether all comparisons agree.")
    forms: FormsAnswer = Field(description="Each form.")
    witnesses: WitnessesAnswer = Field(description="Each witness.")
    comparison: list[Comparison] = Field(description="Every further form and witness against the first form.")
    notes: list[str] = Field([], description="What is worth knowing about these numbers, in words.")
