"""Training in one call."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy.typing as npt

from backproof_core import loss as losses
from backproof_core.loss import Loss
from backproof_core.network import Network
from backproof_core.train.curve import Row, TwinComparison
from backproof_core.train.optimizers import Optimizer, Sgd
from backproof_core.train.plan import Plan
from backproof_core.train.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained network, the best one seen, the curve, and for twins the other network and their distance."""

    network: Network
    best: Network
    rows: list[Row]
    final_loss: float
    twin: Network | None
    twin_distance: float | None
    comparisons: list[TwinComparison]


def fit(
    net: Network,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: Loss | str,
    epochs: int,
    rate: float = 1.0,
    optimizer: Optimizer | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    form: str = "matched",
    route: str = "dense",
    validation: tuple[npt.ArrayLike, npt.ArrayLike] | float | None = None,
    patience: int | None = None,
    on_progress: Callable[[Run], None] | None = None,
) -> Fitted:
    """A network trained on rows X with targets Y: plain gradient descent at that rate, or by the optimiser given.

    validation is data or a share of the rows; on_progress is called about ten times a second. Raises NonFiniteLoss and
    what Run raises.
    """
    share = validation if isinstance(validation, float) else None
    plan = Plan(
        loss=losses.named(loss) if isinstance(loss, str) else loss,
        optimizer=optimizer or Sgd(learning_rate=rate),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        form=form,
        route=route,
        validation_share=share,
        patience=patience,
    )
    run = Run(net, X, Y, plan, validation=validation if isinstance(validation, tuple) else None)
    while not run.finished:
        run.advance(0.1)
        if on_progress is not None:
            on_progress(run)
    twin = run.network("latest", "vectorized") if form == "both" else None
    return Fitted(
        run.network(), run.network("best"), run.rows, run.final_loss(), twin, run.twin_distance, run.comparisons
    )


def step(
    net: Network,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    *,
    loss: Loss | str,
    rate: float = 1.0,
    form: str = "matched",
    route: str = "dense",
) -> Network:
    """The network after one update on all rows: W ← W − rate·∇W."""
    return fit(net, X, Y, loss=loss, epochs=1, rate=rate, form=form, route=route).network
