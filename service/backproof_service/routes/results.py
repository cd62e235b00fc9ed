"""What a training job found: curves, weights, the comparison of its twins, and outputs of its network."""

import csv
import io
from typing import Annotated, Any, Literal

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from backproof_core.train import COLUMNS, TwinComparison
from backproof_service import results
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.problems import Problem, invalid
from backproof_service.routes import waiting
from backproof_service.routes.negotiate import accepted
from backproof_service.runtime import Runtime
from backproof_service.store import history
from backproof_service.store.jobs import Job, UnknownDataset
from backproof_service.wire import jobs as wire

router = APIRouter()

JSON, CSV, NPZ = "application/json", "text/csv", "application/x-npz"

MaxPoints = Annotated[int, Query(ge=3, le=100_000, description="Most rows; the first, last and best are always kept.")]
At = Annotated[str, Query(description="latest, best, or a number of finished epochs: 0 is before training.")]
Form = Annotated[
    Literal["matched", "vectorized"] | None,
    Query(description="Which twin, of a run by both forms; matched when absent."),
]


@router.get("/jobs/{job_id}/metrics", response_model=wire.Metrics)
async def metrics(request: Request, job_id: str, max_points: MaxPoints = 1000) -> Response:
    """The curves of a run, thinned to `max_points` rows; CSV by `Accept: text/csv`."""
    kind = accepted(request, (JSON, CSV))
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    rows = await to_thread.run_sync(results.curve, runtime.store, job, max_points)
    if kind == CSV:
        return Response(_csv(rows), media_type="text/csv; charset=utf-8")
    return respond.json({"object": "metrics", "columns": list(COLUMNS), "rows": rows})


@router.get("/jobs/{job_id}/weights", response_model=wire.Weights)
async def weights(request: Request, job_id: str, at: At = "latest", form: Form = None) -> Response:
    """The weights of a run, of a running one as they were last saved; npz by `Accept: application/x-npz`."""
    kind = accepted(request, (JSON, NPZ))
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    found = await to_thread.run_sync(results.weights, runtime.store, job, at, form)
    if kind == NPZ:
        name = {"Content-Disposition": f'attachment; filename="{job_id}-{at}.npz"'}
        return Response(await to_thread.run_sync(_npz, found), media_type=NPZ, headers=name)
    layers = [
        {"weights": layer.W, "bias": layer.b, "activation": layer.activation.name} for layer in found.network.layers
    ]
    payload = {"job": job_id, "at": at, "epoch": found.epoch, "layers": layers}
    return await to_thread.run_sync(respond.json, payload)


@router.get("/jobs/{job_id}/gradients", response_model=wire.GradientsAlongRun)
async def gradients(request: Request, job_id: str) -> Response:
    """How far apart the two forms' gradients were along a run by both; 409 for a run by one."""
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    if job.config["form"] != "both":
        detail = (
            f'The job trained by one form, "{job.config["form"]}"; submit it with "form": "both" to compare the two.'
        )
        raise Problem(409, "one_form", detail, title="There are no twins to compare")
    table, _ = await to_thread.run_sync(results.stored, runtime.store, job, "twins")
    rows = [TwinComparison(int(epoch), *distances, bool(agree)) for epoch, *distances, agree in table.tolist()]
    return respond.json({"object": "list", "data": [row._asdict() for row in rows], "next": None})


@router.post("/jobs/{job_id}/predict", response_model=wire.Predictions)
async def predict(request: Request, job_id: str) -> Response:
    """Outputs of the job's network for rows that are sent, or for those of a data set."""
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    body = await parse(request, wire.JobPredictRequest)
    return await to_thread.run_sync(_predicted, runtime, job, body)


def _predicted(runtime: Runtime, job: Job, body: wire.JobPredictRequest) -> Response:
    found = results.weights(runtime.store, job, body.at, None)
    outputs = found.network.predict(_rows(runtime, body))
    return respond.json({"object": "predictions", "at": body.at, "outputs": outputs})


def _rows(runtime: Runtime, body: wire.JobPredictRequest) -> Any:
    """The rows that the request means."""
    if (body.x is None) == (body.dataset is None):
        given = "both x and dataset" if body.x is not None else "neither x nor dataset"
        raise invalid(f"The request has {given}; give one of them.", "x" if body.x is not None else "dataset")
    if body.dataset is None:
        if body.rows is not None:
            raise invalid("rows goes with dataset; leave it out where x is sent.", "rows")
        return body.x
    try:
        X, _, _ = runtime.datasets.load(body.dataset)
    except UnknownDataset as unknown:
        raise invalid(f"{unknown} POST /datasets stores one.", "dataset") from None
    start, stop = body.rows or (0, len(X))
    if not 0 <= start < stop <= len(X):
        raise invalid(f"rows is [{start}, {stop}]; the data set has {len(X)} rows, from 0.", "rows")
    return X[start:stop]


async def _training_job(runtime: Runtime, job_id: str) -> Job:
    job = await waiting.existing(runtime, job_id)
    if job.kind != "train":
        detail = f"The job {job_id} computes {job.kind}; only training jobs have curves, weights and a network."
        raise Problem(409, "no_training", detail, title="This is not a training job")
    return job


def _csv(rows: list[list[history.Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def _npz(found: results.Moment) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = dict(results.parameters(found.network))
    np.savez(buffer, **arrays)
    return buffer.getvalue()
