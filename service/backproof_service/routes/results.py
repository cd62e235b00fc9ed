"""What a training job found: curves, weights, the comparison of its twins, and outputs of its network."""

import csv
import io
from typing import Annotated, Any, Literal

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from backproof_core.train import COLUMNS, TwinComparison
from backproof_service import convert, ocamlsource, results
from backproof_service.http import respond
from backproof_service.http.body import parse
from backproof_service.http.contract import BINARY, TEXT, operation, reference
from backproof_service.http.problems import Problem, invalid
from backproof_service.routes import waiting
from backproof_service.routes.jobs import JobId
from backproof_service.routes.negotiate import accepted
from backproof_service.runtime import Runtime
from backproof_service.store import history
from backproof_service.store.blobs import Array
from backproof_service.store.jobs import Job
from backproof_service.wire import jobs as wire
from backproof_service.wire.layout import Layout

router = APIRouter(tags=["jobs"])

JSON, CSV, NPZ, OCAML = "application/json", "text/csv", "application/x-npz", "text/x-ocaml"

MaxPoints = Annotated[int, Query(ge=3, le=100_000, description="Most rows; the first, last and best are always kept.")]
At = Annotated[str, Query(max_length=18, description="latest, best, or finished epochs: 0 is before training.")]
Form = Annotated[
    Literal["matched", "vectorized"] | None,
    Query(description="Which twin, of a run by both forms; matched when absent."),
]


@router.get(
    "/jobs/{job_id}/metrics",
    **operation(
        "metrics",
        "The curves of a run",
        answers={200: ("The curves.", {JSON: reference(wire.Metrics), CSV: TEXT})},
        problems=[404, 406, 409],
    ),
)
async def metrics(request: Request, job_id: JobId, max_points: MaxPoints = 1000) -> Response:
    """One row for each recorded epoch, thinned to `max_points`; CSV by `Accept: text/csv`."""
    kind = accepted(request, (JSON, CSV))
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    rows = await to_thread.run_sync(results.curve, runtime.store, job, max_points)
    if kind == CSV:
        return Response(_csv(rows), media_type="text/csv; charset=utf-8")
    return respond.json({"object": "metrics", "columns": list(COLUMNS), "rows": rows})


@router.get(
    "/jobs/{job_id}/weights",
    **operation(
        "weights",
        "The weights of a run",
        answers={200: ("The weights.", {JSON: reference(wire.Weights), NPZ: BINARY, OCAML: TEXT})},
        problems=[404, 406, 409],
    ),
)
async def weights(request: Request, job_id: JobId, at: At = "latest", form: Form = None) -> Response:
    """Of a running job, as they were last saved. As JSON they lie in the layout that the job was submitted in.

    By `Accept: application/x-npz` they are the arrays layers.0.weights, layers.0.bias, …, always inputs × outputs.
    By `Accept: text/x-ocaml` the network is an OCaml module: a file that needs the standard library alone and defines
    `predict : float array array -> float array array`, always rows in, rows out, with the weights bit for bit.
    """
    kind = accepted(request, (JSON, NPZ, OCAML))
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    found = await to_thread.run_sync(results.weights, runtime.store, job, at, form)
    if kind == NPZ:
        return _file(await to_thread.run_sync(_npz, found), NPZ, f"{job_id}-{at}.npz")
    if kind == OCAML:
        text = await to_thread.run_sync(ocamlsource.source, found.network, _origin(job, at, found))
        return _file(text.encode(), f"{OCAML}; charset=utf-8", f"{job_id}_{at}.ml")  # no hyphen: it names a module
    layout = results.layout(job)
    payload = {"job": job_id, "at": at, "epoch": found.epoch, "layout": layout.model_dump()}
    payload["layers"] = convert.layers(found.network, layout)
    return await to_thread.run_sync(respond.json, payload)


@router.get(
    "/jobs/{job_id}/gradients",
    **operation(
        "gradients_along_run",
        "How far apart the two forms' gradients were",
        answers={200: ("The comparison at each recorded epoch.", wire.GradientsAlongRun)},
        problems=[404, 409],
    ),
)
async def gradients(request: Request, job_id: JobId) -> Response:
    """Each twin's own gradient, compared at each recorded epoch's last update; 409 for a run by one form."""
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    if job.config["form"] != "both":
        detail = (
            f'The job trained by one form, "{job.config["form"]}"; submit it with "form": "both" to compare the two.'
        )
        raise Problem(409, "one_form", detail, title="There are no twins to compare")
    table, present = await to_thread.run_sync(results.stored, runtime.store, job, "twins")
    names = TwinComparison._fields
    rows = [dict(zip(names, row, strict=True)) for row in history.cells(table, present, whole=(0,))]
    data = [row | {"agree": bool(row["agree"])} for row in rows]
    return respond.json({"object": "list", "data": data, "next": None})


@router.post(
    "/jobs/{job_id}/predict",
    **operation(
        "predict_by_job",
        "Outputs of a job's network",
        request=wire.JobPredictRequest,
        examples={"xor": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "at": "best"}},
        answers={200: ("The outputs.", wire.Predictions)},
        problems=[404, 409],
    ),
)
async def predict(request: Request, job_id: JobId) -> Response:
    """For rows that are sent, or for those of a data set; in the layout that is sent, else in the job's."""
    runtime: Runtime = request.app.state.runtime
    job = await _training_job(runtime, job_id)
    sent = await parse(request, wire.JobPredictRequest)
    layout = sent.layout or results.layout(job)
    request.state.parsed = body = sent.model_copy(update={"layout": layout})  # what problems are told in
    return await to_thread.run_sync(_predicted, runtime, job, body, layout, limiter=request.app.state.computing)


def _predicted(runtime: Runtime, job: Job, body: wire.JobPredictRequest, layout: Layout) -> Response:
    found = results.weights(runtime.store, job, body.at, None)
    X = _rows(runtime, job, body, layout)
    outputs, most = len(X) * found.network.sizes[-1], runtime.settings.max_answer_numbers
    if outputs > most:
        asked = f"The answer would hold {outputs:,} numbers; the limit max_answer_numbers is {most:,}."
        instead = "Ask for fewer rows." if body.dataset else layout.words("Ask for fewer rows.")
        raise invalid(f"{asked} {instead}", "rows" if body.dataset else "x", code="limit_exceeded")
    H = found.network.predict(X)
    return respond.json({"object": "predictions", "at": body.at, "outputs": layout.turn_samples(H)})


def _rows(runtime: Runtime, job: Job, body: wire.JobPredictRequest, layout: Layout) -> Array:
    """The rows that the request means, in the type of the job."""
    if body.dataset is None:
        assert body.x is not None
        return convert.samples(convert.in_dtype(body.x, job.config["dtype"], "x"), layout)
    known = runtime.datasets.get(body.dataset)
    if known is None:
        detail = f"There is no data set {body.dataset}; GET /datasets lists those there are."
        raise invalid(detail, "dataset", code="unknown_dataset")
    start, stop = body.rows or (0, known.rows)
    if stop > known.rows:
        raise invalid(f"rows is [{start}, {stop}], but the data set has {known.rows:,} rows.", "rows")
    X, _, _ = runtime.datasets.load(body.dataset, (start, stop))
    return convert.in_dtype(X, job.config["dtype"], "x")


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


def _file(content: bytes, kind: str, name: str) -> Response:
    """An answer to be saved under that name."""
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _origin(job: Job, at: str, found: results.Moment) -> str:
    """Where a network comes from, in a sentence."""
    trained = f"trained on the loss {job.config['loss']} in {job.config['dtype']}"
    return f"The network of job {job.id} at {at}, {found.epoch} epochs finished, {trained}."


def _npz(found: results.Moment) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = dict(results.parameters(found.network))
    np.savez(buffer, **arrays)
    return buffer.getvalue()
