"""Every request that the service understands, as a Call. Both clients are made of these functions.

What is left out takes the service's default; names and ranges are the service's to judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, TypeVar
from urllib.parse import quote

from backproof import case as cases
from backproof import claims, parse, parse_report, requests
from backproof.arrays import Entries, Rows, sendable_matrix
from backproof.call import UNSENT, Call, body
from backproof.claims import Layered, Matrices
from backproof.derivation import Derivation, derivation
from backproof.errors import InvalidValue
from backproof.report import GradientReport, Point
from backproof.requests import Data, Json, Layout, Object, given, object_of
from backproof.results import (
    Capabilities,
    Dataset,
    GradientsResult,
    JobInfo,
    Metrics,
    Page,
    Predictions,
    TwinComparison,
    Weights,
)

T = TypeVar("T")

JSON = {"Content-Type": "application/json"}


def train(
    network: Object,
    *,
    loss: str,
    optimizer: Object,
    data: Data,
    epochs: int,
    batch_size: int | None = None,
    seed: int | None = None,
    form: str | None = None,
    route: str | None = None,
    dtype: str | None = None,
    validation: Object | None = None,
    early_stopping: Object | None = None,
    labels: Mapping[str, str] | None = None,
    layout: Layout | None = None,
) -> Call[JobInfo]:
    """A training job, submitted; the arguments are the fields of POST /train.

    `data` is a pair (x, y), a Dataset or a mapping as on the wire. With a `layout`, what is sent and what is answered
    about the job has the shapes that you are used to; see `gradients`. Raises Invalid where the service finds fault.
    The request is repeated after 429, 503 and connections that were never made; never after a broken or silent
    connection, since the service may have accepted it and would train twice: then look at `jobs()`.
    """
    told = given(
        network=requests.network(network),
        loss=loss,
        optimizer=object_of(optimizer),
        data=requests.data(data),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        form=form,
        route=route,
        dtype=dtype,
        validation=requests.validation(validation),
        early_stopping=None if early_stopping is None else object_of(early_stopping),
        labels=labels,
        layout=layout,
    )
    return submit(told)


def submit(request: Json) -> Call[JobInfo]:
    """A training job, submitted as the JSON object of POST /train."""
    return Call("POST", "/train", parse.reading(parse.job), headers=JSON, content=body(request), repeat=UNSENT)


def gradients(
    network: Object,
    *,
    loss: str,
    data: Data,
    dtype: str | None = None,
    forms: Sequence[str] | None = None,
    route: str | None = None,
    witnesses: Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    layout: Layout | None = None,
) -> Call[GradientsResult | JobInfo]:
    """The gradients in each form, their comparison and their cost; the arguments are the fields of POST /gradients.

    `layout` says how your matrices lie: {"weights": "out_in"} for outputs × inputs, {"samples": "columns"} for an
    instance in each column, or both. Nothing is turned on the way, those of a Network neither, and the answer's lie
    likewise: gradients are then d_l × d_{l−1}, deltas and activations d_l × N.
    What is too large to be answered at once becomes a job, whose result is awaited.
    Raises TooLargeForForm, with the bytes, where a form does not fit the service's memory budget.
    """
    told = given(
        network=requests.network(network),
        loss=loss,
        data=requests.data(data),
        dtype=dtype,
        forms=listed(forms),
        route=route,
        witnesses=listed(witnesses),
        include=listed(include),
        layout=layout,
    )
    return compare(told)


def listed(names: Sequence[str] | None) -> list[str] | None:
    """The names as a list, where there are any; one name alone is a list of one."""
    return None if names is None else [names] if isinstance(names, str) else list(names)


def compare(request: Json) -> Call[GradientsResult | JobInfo]:
    """Gradients, asked for as the JSON object of POST /gradients."""
    read = parse.reading(parse.gradients_or_job)
    return Call("POST", "/gradients", read, headers=JSON, content=body(request), repeat=UNSENT)


def check(
    network: Object,
    *,
    loss: str,
    data: Data,
    gradients: Layered | None = None,
    loss_value: float | None = None,
    pre_activations: Matrices | None = None,
    activations: Matrices | None = None,
    deltas: Matrices | None = None,
    updated_weights: Layered | None = None,
    learning_rate: float | None = None,
    weight_decay: float | None = None,
    momentum: float | None = None,
    previous: Mapping[str, object] | None = None,
    dtype: str | None = None,
    layout: Layout | None = None,
) -> Call[GradientReport]:
    """The report on numbers that your own code computed: right, or where they first go wrong, why, and the mend.

    Everything that is judged is a list over the layers, None for a layer that is not sent. Of gradients and
    updated_weights a layer is a pair (W, b), a mapping of weights and bias, a LayerGradient, or W alone; a Gradients or
    a Network is taken as it is. Activations are A_1 … A_L, without X. The numbers may have any shape and be anything,
    NaN too. `previous` holds data, gradients and velocity of the step before. Raises Invalid where nothing is judged.
    """
    told = given(
        network=requests.network(network),
        loss=loss,
        data=requests.data(data),
        gradients=claims.layered(gradients, "gradients"),
        loss_value=claims.scalar(loss_value, "loss_value"),
        pre_activations=claims.matrices(pre_activations, "pre_activations"),
        activations=claims.matrices(activations, "activations"),
        deltas=claims.matrices(deltas, "deltas"),
        updated_weights=claims.layered(updated_weights, "updated_weights"),
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        momentum=momentum,
        previous=claims.previous(previous),
        dtype=dtype,
        layout=layout,
    )
    return judge(told)


def judge(case: Json | str | PathLike[str]) -> Call[GradientReport]:
    """The report on a case: the JSON object of POST /gradients/check, or the path of a file that holds one.

    Numbers of yours that are not finite go as the wire's words. Raises InvalidValue where a file holds no case.
    """
    read = parse.reading(parse_report.report)
    told = cases.read_case(case) if isinstance(case, str | PathLike) else cases.in_words(case)
    return Call("POST", "/gradients/check", read, headers=JSON, content=body(told))


def point(network: Object, *, loss: str, seed: int | None = None, layout: Layout | None = None) -> Call[Point]:
    """A small point off kinks that shows every mistake of this architecture and loss, with the right numbers.

    Of the network only sizes, activations and biases count. The same seed gives the same point.
    """
    told = given(network=requests.network(network), loss=loss, seed=seed, layout=layout)
    return Call("POST", "/points", parse.reading(parse_report.point), headers=JSON, content=body(told))


def derive(
    network: Object, *, loss: str, parameter: str, data: Data | None = None, layout: Layout | None = None
) -> Call[Derivation]:
    """The proof, line by line, that the vectorised gradient of a parameter, as layers.0.weights, is the matched one.

    With data, a pair (x, y), a Dataset or a mapping as on the wire, every line is evaluated on its first rows too,
    always in float64. A `layout` says how what is sent lies; the derivation is the blackboard's in any layout.
    Raises Invalid where the network has no such parameter or the lines would be too many to read.
    """
    told = given(
        network=requests.network(network),
        loss=loss,
        parameter=parameter,
        data=None if data is None else requests.data(data),
        layout=layout,
    )
    return Call("POST", "/derivations", parse.reading(derivation), headers=JSON, content=body(told))


def predict(
    network: Object,
    x: Rows,
    *,
    dtype: str | None = None,
    include: Sequence[str] | None = None,
    layout: Layout | None = None,
) -> Call[Predictions]:
    """The outputs of a network for the rows x; `include` adds pre_activations and activations.

    Where the `layout` says that samples are columns, x has one in each, and so have the outputs; see `gradients`.
    """
    told = given(
        network=requests.network(network),
        x=sendable_matrix(x, "x"),
        dtype=dtype,
        include=listed(include),
        layout=layout,
    )
    return outputs(told)


def outputs(request: Json) -> Call[Predictions]:
    """Predictions, asked for as the JSON object of POST /predict."""
    return Call("POST", "/predict", parse.reading(parse.predictions), headers=JSON, content=body(request))


def upload(
    x: Rows | Json | str | PathLike[str],
    y: Rows | None = None,
    *,
    labels: Entries | None = None,
    targets: int | None = None,
) -> Call[Dataset]:
    """A stored data set: rows x with y or labels, a mapping of them, or a file (.json, .csv, .npz, .npy).

    Of an npy the last `targets` columns are y. Its id is the hash of the body, so the same rows are stored once.
    """
    read = parse.reading(parse.dataset)
    if isinstance(x, str | PathLike):
        content, media = requests.dataset_file(x)
        return Call("POST", "/datasets", read, given(targets=targets), {"Content-Type": media}, content)  # type: ignore[arg-type]
    return Call("POST", "/datasets", read, headers=JSON, content=requests.dataset_rows(x, y, labels))


def datasets(*, limit: int | None = None) -> Call[Page[Dataset]]:
    """The stored data sets; `limit` is the size of a page, pages are fetched as they are needed."""
    return Call("GET", "/datasets", parse.reading(parse.page_of(parse.dataset)), given(limit=limit))  # type: ignore[arg-type]


def dataset(id: str, *, include: Sequence[str] = ()) -> Call[Dataset]:  # noqa: A002  the name on the wire
    """One stored data set; include="data" adds its rows."""
    asked = {"include": ",".join(listed(include) or ())} if include else {}
    return Call("GET", f"/datasets/{part(id)}", parse.reading(parse.dataset), asked)


def delete_dataset(id: str) -> Call[None]:  # noqa: A002
    """Nothing: the data set is gone. Raises Conflict while an unfinished job refers to it."""
    return Call("DELETE", f"/datasets/{part(id)}", parse.nothing)


def capabilities() -> Call[Capabilities]:
    """What the service can do: names, admissible pairs, limits."""
    return Call("GET", "/capabilities", parse.reading(parse.capabilities))


def ready() -> Call[None]:
    """Nothing, once the service takes work. Raises Unavailable or ServiceUnreachable if it does not in time."""
    return Call("GET", "/readyz", parse.nothing)


def jobs(
    *,
    state: str | None = None,
    kind: str | None = None,
    labels: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> Call[Page[JobInfo]]:
    """The jobs, newest first; `limit` is the size of a page, pages are fetched as they are needed."""
    asked: dict[str, Any] = given(state=state, kind=kind, limit=limit)
    asked |= {f"label.{name}": value for name, value in (labels or {}).items()}
    return Call("GET", "/jobs", parse.reading(parse.page_of(parse.job)), asked)


def following(call: Call[Page[T]], page: Page[T]) -> Call[Page[T]] | None:
    """The call for the page after this one, if there is one."""
    return replace(call, params={**call.params, "after": page.next}) if page.next else None


def job(id: str, *, hold: int = 0) -> Call[JobInfo]:  # noqa: A002
    """One job as it is now, or as soon as it ends within `hold` seconds."""
    headers = {"Prefer": f"wait={hold}"} if hold else {}
    return Call("GET", job_path(id), parse.reading(parse.job), headers=headers, patience=hold)


def cancel(id: str) -> Call[JobInfo]:  # noqa: A002
    """The job, cancelled or about to be. Raises Conflict, which names the state, where it has ended already."""
    return Call("POST", f"{job_path(id)}/cancel", parse.reading(parse.job))


def delete_job(id: str) -> Call[None]:  # noqa: A002
    """Nothing: the job is gone. Raises Conflict while it runs."""
    return Call("DELETE", job_path(id), parse.nothing)


def weights(id: str, at: str | int = "latest", form: str | None = None) -> Call[Weights]:  # noqa: A002
    """The weights at "latest", "best" or an epoch (0: the initial ones); form="vectorized" is the other twin's.

    They lie in the layout that the job was submitted in, and say which that is; network() is inputs × outputs.
    """
    asked: dict[str, Any] = given(at=str(at), form=form)
    return Call("GET", f"{job_path(id)}/weights", parse.reading(parse.weights), asked)


def weights_npz(id: str, at: str | int = "latest", form: str | None = None) -> Call[bytes]:  # noqa: A002
    """The same weights as the bytes of an npz file, always inputs × outputs."""
    asked: dict[str, Any] = given(at=str(at), form=form)
    return Call("GET", f"{job_path(id)}/weights", parse.binary, asked, {"Accept": "application/x-npz"})


def weights_ocaml(id: str, at: str | int = "latest", form: str | None = None) -> Call[str]:  # noqa: A002
    """The network with the same weights as OCaml source: a module that defines `predict`."""
    asked: dict[str, Any] = given(at=str(at), form=form)
    return Call("GET", f"{job_path(id)}/weights", parse.text, asked, {"Accept": "text/x-ocaml"})


def metrics(id: str, *, max_points: int | None = None) -> Call[Metrics]:  # noqa: A002
    """The curves of the run, thinned out to `max_points` rows."""
    asked: dict[str, Any] = given(max_points=max_points)
    return Call("GET", f"{job_path(id)}/metrics", parse.reading(parse.metrics), asked)


def job_gradients(id: str) -> Call[tuple[TwinComparison, ...]]:  # noqa: A002
    """The comparison of the twins' gradients along the run. Raises Conflict unless its form is "both"."""
    return Call("GET", f"{job_path(id)}/gradients", parse.reading(parse.twins))


def job_predict(
    id: str,  # noqa: A002
    x: Rows | Object,
    *,
    at: str | int = "latest",
    layout: Layout | None = None,
) -> Call[Predictions]:
    """The outputs of the job's network for the rows x, or for a Dataset.

    Where no `layout` is given, x and the outputs lie in the one that the job was submitted in.
    """
    rows = object_of(x) if isinstance(x, Mapping | requests.Wire) else {"x": sendable_matrix(x, "x")}
    content = body({**rows, "at": str(at), **given(layout=layout)})
    return Call("POST", f"{job_path(id)}/predict", parse.reading(parse.predictions), headers=JSON, content=content)


def job_path(id: str) -> str:  # noqa: A002
    """The address of a job."""
    return f"/jobs/{part(id)}"


def part(id: str) -> str:  # noqa: A002
    """An id as one part of an address. Raises InvalidValue for an empty one, which would address the whole list."""
    if not id:
        raise InvalidValue("The id is empty; give the id of one job or data set.", ("id",))
    return quote(id, safe=":")
