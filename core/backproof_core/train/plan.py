"""What to train with: everything of a run but the network and the data."""

from dataclasses import dataclass
from typing import Literal

from backproof_core.backprop.cost import DEFAULT_BUDGET
from backproof_core.errors import InvalidValue, UnknownName
from backproof_core.loss import Loss
from backproof_core.train.optimizers import Optimizer

Form = Literal["matched", "vectorized"]
TRAINING_FORMS: dict[str, tuple[Form, ...]] = {
    "matched": ("matched",),
    "vectorized": ("vectorized",),
    "both": ("matched", "vectorized"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The configuration of a run; form "both" trains twins from the same weights, one by each form.

    validation_share holds out that share of the rows; patience stops after that many epochs without a new best.
    """

    loss: Loss
    optimizer: Optimizer
    epochs: int
    batch_size: int | None = None
    seed: int = 0
    form: str = "matched"
    route: str = "dense"
    validation_share: float | None = None
    patience: int | None = None
    budget: int = DEFAULT_BUDGET

    def __post_init__(self) -> None:
        if self.form not in TRAINING_FORMS:
            raise UnknownName("form", self.form, TRAINING_FORMS, where=("form",))
        if self.epochs < 1:
            raise InvalidValue(f"epochs must be at least 1, not {self.epochs}", where=("epochs",))
        if self.patience is not None and self.patience < 1:
            raise InvalidValue(
                f"patience must be at least 1, not {self.patience}", where=("early_stopping", "patience")
            )

    @property
    def forms(self) -> tuple[Form, ...]:
        """The form of each twin; one for a run by a single form."""
        return TRAINING_FORMS[self.form]
