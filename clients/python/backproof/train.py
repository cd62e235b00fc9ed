"""Training over HTTP, under the names of the core: step, fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backproof.arrays import Rows
from backproof.choice import chosen
from backproof.client import Client
from backproof.errors import InvalidValue
from backproof.network import Network
from backproof.requests import Object
from backproof.results import JobInfo, Metrics, TrainResult


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves behind: the trained network, the one with the lowest loss, the curves, and the job."""

    network: Network
    best: Network
    result: TrainResult
    metrics: Metrics
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
    seed: int | None = None,
    form: str | None = None,
    route: str | None = None,
    dtype: str | None = None,
    validation: Object | None = None,
    early_stopping: Object | None = None,
    labels: Mapping[str, str] | None = None,
    progress: bool = False,
    client: Client | None = None,
) -> Fitted:
    """The network trained on rows x with targets y, by gradient descent with `rate` or by an optimizer.

    Raises JobFailed where the loss stops being finite, Invalid where the service finds fault with the request.
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
            validation=validation,
            early_stopping=early_stopping,
            labels=labels,
        ).wait(progress=progress)
        latest, best = job.weights().network(), job.weights(at="best").network()
        return Fitted(latest, best, job.result(), job.metrics(), job.info)


def step(
    net: Network,
    x: Rows,
    y: Rows,
    *,
    loss: str,
    rate: float | None = None,
    optimizer: Object | None = None,
    form: str | None = None,
    route: str | None = None,
    dtype: str | None = None,
    client: Client | None = None,
) -> Network:
    """The network after one update on all rows: W − rate·∂loss/∂W."""
    with chosen(client) as service:
        job = service.train(
            net,
            loss=loss,
            optimizer=descent(rate, optimizer),
            data=(x, y),
            epochs=1,
            form=form,
            route=route,
            dtype=dtype,
        )
        return job.wait(progress=False).weights().network()


def descent(rate: float | None, optimizer: Object | None) -> Object:
    """The optimizer that was given, or gradient descent at that rate. Raises InvalidValue unless one of them was."""
    if optimizer is not None and rate is None:
        return optimizer
    if rate is not None and optimizer is None:
        return {"type": "sgd", "learning_rate": rate}
    raise InvalidValue("Give either rate=, for plain gradient descent, or optimizer=, not both and not neither.")
