"""The readers of answers: JSON in, results out. What is not there is None or empty; what is not known is ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

import httpx

from backproof.arrays import Matrix, Vector, received_matrix, received_vector
from backproof.call import problem
from backproof.network import Layer
from backproof.results import (
    Capabilities,
    Comparison,
    Dataset,
    FormResult,
    GradientsResult,
    JobInfo,
    LayerGradient,
    Metrics,
    Page,
    Predictions,
    Progress,
    TrainResult,
    TwinComparison,
    Weights,
)

T = TypeVar("T")
Json = Mapping[str, Any]


def reading(of: Callable[[Json], T]) -> Callable[[httpx.Response], T]:
    """The reader that hands the object in a JSON answer on."""

    def read(response: httpx.Response) -> T:
        told = response.json()
        if not isinstance(told, dict):
            raise TypeError(f"an object was expected, not {told!r:.60}")
        return of(told)

    return read


def page_of(of: Callable[[Json], T]) -> Callable[[Json], Page[T]]:
    """The reader of one page of a list."""
    return lambda told: Page(tuple(map(of, told["data"])), told.get("next"))


def nothing(response: httpx.Response) -> None:
    """Nothing, whatever was answered."""


def binary(response: httpx.Response) -> bytes:
    """The bytes of a file."""
    return response.content


def text(response: httpx.Response) -> str:
    """The text of a file."""
    return response.text


def as_it_is(told: Json) -> Json:
    """The object itself."""
    return told


def number(told: object) -> float | None:
    """The number, also from "NaN" and the infinities; None stays None."""
    return None if told is None else float(told)  # type: ignore[arg-type]


def moment(told: object) -> datetime | None:
    """The time that an RFC 3339 string states."""
    return None if told is None else datetime.fromisoformat(str(told))


def job(told: Json) -> JobInfo:
    """A job; its result by its kind."""
    result, error = told.get("result"), told.get("error")
    return JobInfo(
        id=str(told["id"]),
        kind=str(told["kind"]),
        state=str(told["state"]),
        attempt=told.get("attempt"),
        created_at=moment(told.get("created_at")),
        started_at=moment(told.get("started_at")),
        finished_at=moment(told.get("finished_at")),
        progress=progress(told["progress"]) if told.get("progress") else None,
        metrics={name: number(value) for name, value in (told.get("metrics") or {}).items()},
        result=RESULTS[told["kind"]](result) if result and told["kind"] in RESULTS else None,
        error=problem(error) if error else None,
        config=told.get("config") or {},
        environment=told.get("environment") or {},
        labels=told.get("labels") or {},
    )


def progress(told: Json) -> Progress:
    """How far a job is."""
    return Progress(**known(Progress, told))


def known(kind: type[object], told: Json) -> dict[str, Any]:
    """The members that have a field in `kind`."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return {name: value for name, value in told.items() if name in names}


def trained(told: Json) -> TrainResult:
    """The result of a training run."""
    return TrainResult(
        final_loss=float(told["final_loss"]),
        weights_sha256=told["weights_sha256"],
        twin_distance=number(told.get("twin_distance")),
        best_epoch=told.get("best_epoch"),
        stopped_early=told.get("stopped_early"),
    )


def gradients(told: Json) -> GradientsResult:
    """Gradients in each form, by each witness, and their comparison."""
    return GradientsResult(
        loss_value=float(told["loss_value"]),
        agree=told.get("agree"),
        forms={name: form(found) for name, found in (told.get("forms") or {}).items()},
        witnesses={name: form(found) for name, found in (told.get("witnesses") or {}).items()},
        comparison=tuple(map(comparison, told.get("comparison") or ())),
        notes=tuple(told.get("notes") or ()),
    )


def gradients_or_job(told: Json) -> GradientsResult | JobInfo:
    """Gradients, or the job that is going to find them."""
    return job(told) if told.get("object") == "job" else gradients(told)


RESULTS: Mapping[str, Callable[[Json], TrainResult | GradientsResult]] = {"train": trained, "gradients": gradients}


def form(told: Json) -> FormResult:
    """What one form or witness found."""
    return FormResult(
        gradients=tuple(map(layer_gradient, told.get("gradients") or ())),
        deltas=matrices(told.get("deltas")),
        pre_activations=matrices(told.get("pre_activations")),
        activations=matrices(told.get("activations")),
        jacobian=tuple(map(layer_jacobian, told.get("jacobian") or ())),
        route=told.get("route"),
        seconds=told.get("seconds"),
        predicted_bytes=told.get("predicted_bytes"),
        peak_bytes=told.get("peak_bytes"),
        predicted_flops=told.get("predicted_flops"),
    )


def matrices(told: Any) -> tuple[Matrix, ...]:
    """Matrices, one for each layer."""
    return tuple(map(received_matrix, told or ()))


def vector_or_none(told: Any) -> Vector | None:
    """A bias, or None where there is none."""
    return None if told is None else received_vector(told)


def layer_gradient(told: Json) -> LayerGradient:
    """The gradient of one layer."""
    return LayerGradient(received_matrix(told["weights"]), vector_or_none(told.get("bias")))


def layer_jacobian(told: Json) -> LayerGradient:
    """The Jacobian of one layer."""
    bias = told.get("bias")
    return LayerGradient(received_matrix(told["weights"]), None if bias is None else received_matrix(bias))


def comparison(told: Json) -> Comparison:
    """How far two ways are apart on one block."""
    return Comparison(
        parameter=told["parameter"],
        between=tuple(told["between"]),
        max_abs=float(told["max_abs"]),
        max_rel=float(told["max_rel"]),
        agree=told["agree"],
        identical=told.get("identical", False),
        rounding=told.get("rounding") or False,
    )


def layer(told: Json) -> Layer:
    """One trained layer."""
    return Layer(received_matrix(told["weights"]), vector_or_none(told.get("bias")), str(told["activation"]))


def weights(told: Json) -> Weights:
    """The layers of a job at an epoch."""
    layers, layout = tuple(map(layer, told["layers"])), told.get("layout") or {}
    return Weights(layers, str(told.get("at")), told.get("epoch"), told.get("job"), layout)


def metrics(told: Json) -> Metrics:
    """The curves of a run."""
    return Metrics(tuple(told["columns"]), tuple(tuple(map(number, row)) for row in told["rows"]))


def twins(told: Json) -> tuple[TwinComparison, ...]:
    """The comparison of the two forms along a run."""
    return tuple(
        TwinComparison(row["epoch"], float(row["max_abs"]), float(row["max_rel"]), row["agree"]) for row in told["data"]
    )


def dataset(told: Json) -> Dataset:
    """A stored data set, with its rows where they were asked for, beside it or in its member `data`."""
    rows = {**told, **(told.get("data") or {})}
    held = {name: received_matrix(rows[name]) for name in ("x", "y") if rows.get(name) is not None}
    labels = tuple(rows["labels"]) if rows.get("labels") is not None else None
    about = known(Dataset, told) | {"created_at": moment(told.get("created_at")), "labels": labels}
    return Dataset(**{name: value for name, value in about.items() if name not in ("x", "y")} | held)


def predictions(told: Json) -> Predictions:
    """Outputs, and the layers on the way where they were asked for."""
    between = {name: matrices(told[name]) for name in ("pre_activations", "activations") if told.get(name) is not None}
    at = told.get("at")
    return Predictions(received_matrix(told["outputs"]), None if at is None else str(at), **between)


def capabilities(told: Json) -> Capabilities:
    """What the service can do."""
    names = ("activations", "losses", "optimizers", "schedules", "inits", "forms", "routes")
    return Capabilities(
        **{name: tuple(told.get(name) or ()) for name in names},
        admissible_pairs=tuple(map(pair, told.get("admissible_pairs") or ())),
        layouts={name: tuple(values) for name, values in (told.get("layouts") or {}).items()},
        limits=told.get("limits") or {},
        versions=told.get("versions") or {},
    )


def pair(told: Any) -> tuple[str, str]:
    """A loss and a last activation, whether told as a list or as an object."""
    loss, activation = (told["loss"], told["activation"]) if isinstance(told, dict) else told
    return str(loss), str(activation)
