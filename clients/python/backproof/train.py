"""Training over HTTP, under the names of the core: step, fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backproof.arrays import Rows
from backproof.choice import chosen
from backproof.client import Client
from backproof.errors import InvalidValue
from backproof.network import Network
from backproof.requests import Json, Object, Pair
from backproof.results import JobInfo, Metrics, TwinComparison

RATE = 1.0  # the article's


@dataclass(frozen=True)
class Fitted:
    """A trained network, the best one seen, the curve, for twins the other network and their distance, and the job."""

    network: Network
    best: Network
    metrics: Metrics
    final_loss: float
    twin: Network | None
    twin_distance: float | None
    comparisons: tuple[TwinComparison, ...]
    job: JobInfo


def fit(
    net: Network,
    x: Rows,
    y: Rows,
    *,
    loss: str,
    epochs: int,
    rate: float | None = None,
    optimizer: Object | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    form: str = "matched",
    route: str | None = None,
    dtype: str | None = None,
    validation: Pair | float | None = None,
    patience: int | None = None,
    labels: Mapping[str, str] | None = None,
    progress: bool = False,
    client: Client | None = None,
) -> Fitted:
    """A network trained on rows x with targets y: gradient descent at `rate` (1 unless told), or by the optimizer.

    `validation` is rows (x, y) or a share of the rows. Raises JobFailed where the loss stops being finite, Invalid
    where the service finds fault with the request.
    """
    with chosen(client) as service:
        job = service.train(
            net,
            loss=loss,
            optimizer=descent(rate, optimizer),
            data=(x, y),
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
            form=form,
            route=route,
            dtype=dtype,
            validation=validated(validation),
            early_stopping=None if patience is None else {"patience": patience},
            labels=labels,
        ).wait(progress=progress)
        twins, result = form == "both", job.result()
        return Fitted(
            network=job.weights().network(),
            best=job.weights(at="best").network(),
            metrics=job.metrics(),
            final_loss=result.final_loss,
            twin=job.weights(form="vectorized").network() if twins else None,
            twin_distance=result.twin_distance,
            comparisons=job.gradients() if twins else (),
            job=job.info,
        )


def step(
    net: Network,
    x: Rows,
    y: Rows,
    *,
    loss: str,
    rate: float = RATE,
    form: str = "matched",
    route: str | None = None,
    dtype: str | None = None,
    client: Client | None = None,
) -> Network:
    """The network after one update on all rows: W − rate·∂loss/∂W."""
    descended = descent(rate, None)
    with chosen(client) as service:
        job = service.train(
            net, loss=loss, optimizer=descended, data=(x, y), epochs=1, form=form, route=route, dtype=dtype
        )
        return job.wait(progress=False).weights().network()


def descent(rate: float | None, optimizer: Object | None) -> Object:
    """The optimizer that was given, else gradient descent. Raises InvalidValue where both a rate and one were."""
    if optimizer is not None and rate is not None:
        raise InvalidValue("Give rate=, for plain gradient descent, or optimizer=, which has its own rate; not both.")
    return optimizer or {"type": "sgd", "learning_rate": RATE if rate is None else rate}


def validated(given: Pair | float | None) -> Json | None:
    """How the service is told to validate: by rows of their own, or by a share of the rows."""
    if given is None:
        return None
    return {"data": {"x": given[0], "y": given[1]}} if isinstance(given, tuple) else {"share": given}
