"""POST, PUT, GET, HEAD and DELETE of data sets."""

import hashlib
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from backproof_service import datasets
from backproof_service.convert import load_rows
from backproof_service.http import respond
from backproof_service.http.body import require_type
from backproof_service.http.contract import BINARY, TEXT, operation, reference
from backproof_service.http.problems import Problem, bad_parameter
from backproof_service.runtime import Runtime
from backproof_service.store.datasets import Dataset, DatasetInUse
from backproof_service.wire import datasets as wire
from backproof_service.wire.data import DATASET_ID, EXAMPLE_ID, DataReference

router = APIRouter(tags=["datasets"])

DatasetId = Annotated[
    str, Path(alias="dataset_id", description='"sha256:" and 64 hexadecimal digits.', examples=[EXAMPLE_ID])
]
NewId = Annotated[
    str,
    Path(
        alias="dataset_id",
        pattern=DATASET_ID,
        description='"sha256:" and the 64 lower-case hexadecimal digits of the SHA-256 of the body.',
        examples=[EXAMPLE_ID],
    ),
]
Targets = Annotated[
    int | None, Query(ge=1, description="With application/x-npy, where it is required: the last so many columns are y.")
]
Limit = Annotated[int, Query(ge=1, le=500, description="Most data sets in the answer.")]
After = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before.")]
With = Annotated[Literal["data"] | None, Query(alias="include", description="`data` for the numbers too.")]
Rows = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,15},[0-9]{1,15}$",
        description="With include=data: half-open range `from,to` of rows.",
        examples=["0,8"],
    ),
]
BODIES = {
    datasets.JSON: reference(wire.DatasetUpload),
    datasets.CSV: TEXT,
    datasets.NPZ: BINARY,
    datasets.NPY: BINARY,
}
EXAMPLES = {"xor": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]}}
STORED = {201: ("It is new.", wire.Dataset), 200: ("It was there already.", wire.Dataset)}
LOCATION = {201: {"Location": "The data set."}, 200: {"Location": "The data set."}}


@router.post(
    "/datasets",
    **operation(
        "upload_dataset",
        "Store a data set",
        request=BODIES,
        examples=EXAMPLES,
        answers=STORED,
        headers=LOCATION,
        problems=(409,),
    ),
)
async def post_dataset(request: Request, targets: Targets = None) -> Response:
    """Content-Type decides how it is read; its id is the SHA-256 of its bytes, so the same bytes are stored once.

    CSV needs a header: columns named `y` or `y_…` are targets, one named `label` holds integer classes from 0, the rest
    are features in file order. An npz holds the arrays `x`, and `y` or `labels`.
    """
    return await _store(request, targets, None)


@router.put(
    "/datasets/{dataset_id}",
    **operation(
        "put_dataset",
        "Store a data set under the hash that it must have",
        request=BODIES,
        examples=EXAMPLES,
        answers=STORED,
        headers=LOCATION,
        problems=(409,),
    ),
)
async def put_dataset(request: Request, dataset_id: NewId, targets: Targets = None) -> Response:
    """As POST /datasets; 422 where the bytes that came do not have this SHA-256."""
    return await _store(request, targets, dataset_id)


@router.get(
    "/datasets",
    **operation(
        "list_datasets", "Data sets, newest first", answers={200: ("A page.", wire.DatasetList)}, problems=(422,)
    ),
)
async def list_datasets(request: Request, limit: Limit = 50, after: After = None) -> Response:
    """Descriptions without the numbers."""
    runtime: Runtime = request.app.state.runtime
    found, following = await to_thread.run_sync(runtime.datasets.list, limit, None if after is None else int(after))
    page = [described(dataset) for dataset in found]
    return respond.json({"object": "list", "data": page, "next": None if following is None else str(following)})


@router.get(
    "/datasets/{dataset_id}",
    **operation("get_dataset", "A data set", answers={200: ("The data set.", wire.Dataset)}, problems=(404, 422)),
)
async def get_dataset(request: Request, dataset_id: DatasetId, include: With = None, rows: Rows = None) -> Response:
    """What it is; with `include=data` its numbers too, all or a range of rows."""
    if rows is not None and include is None:
        raise bad_parameter("rows", "It chooses among the numbers that include=data sends; add that, or leave it out.")
    return await to_thread.run_sync(_get, request.app.state.runtime, dataset_id, include, rows)


@router.head(
    "/datasets/{dataset_id}",
    **operation("head_dataset", "Whether a data set is stored", answers={200: ("It is.", None)}, problems=(404,)),
)
async def head_dataset(request: Request, dataset_id: DatasetId) -> Response:
    """As GET, without a body."""
    await to_thread.run_sync(existing, request.app.state.runtime, dataset_id)
    return Response(media_type="application/json")


@router.delete(
    "/datasets/{dataset_id}",
    **operation("delete_dataset", "Forget a data set", answers={204: ("It is gone.", None)}, problems=(404, 409)),
)
async def delete_dataset(request: Request, dataset_id: DatasetId) -> Response:
    """409 while a job that has not ended refers to it."""
    runtime: Runtime = request.app.state.runtime
    try:
        if not await to_thread.run_sync(runtime.datasets.delete, dataset_id):
            raise no_dataset(dataset_id)
    except DatasetInUse as error:
        raise Problem(409, "dataset_in_use", f"{error} Cancel the job or wait for its end.", job=error.job) from None
    return Response(status_code=204)


def described(found: Dataset) -> dict[str, Any]:
    """A data set as it is sent, without its numbers."""
    return {
        "object": "dataset",
        "id": found.id,
        "rows": found.rows,
        "features": found.features,
        "targets": found.targets,
        "classes": found.classes,
        "bytes": found.bytes,
        "created_at": found.created_at,
    }


def existing(runtime: Runtime, dataset_id: str) -> Dataset:
    """The description of a stored data set; raises a 404."""
    found = runtime.datasets.get(dataset_id)
    if found is None:
        raise no_dataset(dataset_id)
    return found


def no_dataset(dataset_id: str) -> Problem:
    """The 404 of a data set that is not stored."""
    return Problem(404, "not_found", f'There is no data set "{dataset_id[:80]}"; GET /datasets lists those there are.')


def _get(runtime: Runtime, dataset_id: str, include: str | None, rows: str | None) -> Response:
    found = existing(runtime, dataset_id)
    if include is None:
        return respond.json(described(found))
    start, stop = (0, found.rows) if rows is None else (int(part) for part in rows.split(","))
    if not start < stop <= found.rows:
        need = f"the data set has {found.rows} rows, so from must be below to and to at most {found.rows}"
        raise bad_parameter("rows", f"It is {rows}; {need}.")
    most = runtime.settings.max_answer_numbers
    if (stop - start) * (found.features + (found.targets or 1)) > most:
        raise bad_parameter(
            "rows", f"{stop - start:,} rows hold more than {most:,} numbers; ask for fewer, as rows=0,1000."
        )
    x, y, labels = load_rows(DataReference(dataset=dataset_id, rows=[start, stop]), runtime.datasets.load)
    numbers = {"x": x} | ({"labels": labels} if y is None else {"y": y})
    return respond.json(described(found) | numbers)


async def _store(request: Request, targets: int | None, expected: str | None) -> Response:
    kind = require_type(request, *datasets.TYPES)
    datasets.check_targets(kind, targets)
    body = await request.body()
    limiter = request.app.state.reading
    return await to_thread.run_sync(_put, request.app.state.runtime, body, kind, targets, expected, limiter=limiter)


def _put(runtime: Runtime, body: bytes, kind: str, targets: int | None, expected: str | None) -> Response:
    dataset_id = f"sha256:{hashlib.sha256(body).hexdigest()}"
    if expected is not None and dataset_id != expected:
        detail = f"The body is {dataset_id}, {len(body):,} bytes; it came changed, or belongs elsewhere."
        errors = [{"parameter": "dataset_id", "detail": detail}]
        raise Problem(422, "hash_mismatch", detail, errors=errors)
    known = runtime.datasets.get(dataset_id)
    if known is None:
        table = datasets.read(body, kind, targets, runtime.settings)
        known, new = runtime.datasets.put(dataset_id, table.arrays, table.meta(len(body)))
    else:
        new = False
    if targets is not None and known.targets != targets:
        detail = f"These bytes are stored with {known.targets} target columns; DELETE them first, or send them as npz."
        raise Problem(409, "dataset_conflict", detail, title="The same bytes are stored otherwise")
    location = {"Location": f"/datasets/{dataset_id}"}
    return respond.json(described(known), 201 if new else 200, location)
