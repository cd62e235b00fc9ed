"""Requests become jobs: checked as the worker would, then stored with what they need to run after a restart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backproof_core.errors import TooLargeForForm

from . import convert
from .engine import training
from .http.problems import Problem, invalid
from .runtime import Runtime
from .store.blobs import Staged, encode
from .store.documents import arrays_in, omitted_in
from .store.jobs import Job, Submission, TooManyJobs, UnknownDataset
from .wire.data import DataReference
from .wire.gradients import GradientsRequest
from .wire.train import TrainRequest, ValidationData

RETRY_AFTER = "5"  # seconds


def submit_training(runtime: Runtime, request: TrainRequest) -> Job:
    """The queued job of a training request; raises the problem or core error that says why it cannot run."""
    _require_open(runtime)
    steps = _checked_steps(runtime, request)
    progress = training.progress(0, request.epochs, 0, steps, 0.0)
    return _add(runtime, "train", request, request.labels, progress)


def _checked_steps(runtime: Runtime, request: TrainRequest) -> int:
    """The steps of the run, which is built and thrown away: so whatever would stop it in a worker stops it here."""
    try:
        with runtime.building:  # one at a time, which bounds the memory that this takes
            return training.begin(runtime.store, runtime.settings, request).steps
    except TooLargeForForm as error:
        error.where = ("route",)
        raise
    except UnknownDataset as error:
        ours = isinstance(request.data, DataReference) and request.data.dataset == error.dataset
        place = ("data", "dataset") if ours else ("validation", "data", "dataset")
        raise invalid(f"{error} POST /datasets stores one.", *place, code="unknown_dataset") from None


def submit_gradients(runtime: Runtime, request: GradientsRequest) -> Job:
    """The queued job of a gradients request that its caller has already checked."""
    _require_open(runtime)
    return _add(runtime, "gradients", request, {}, None)


def _add(
    runtime: Runtime,
    kind: str,
    request: TrainRequest | GradientsRequest,
    labels: dict[str, str],
    progress: dict[str, Any] | None,
) -> Job:
    config = convert.config(request)
    submission = Submission(kind, config, labels, progress, _datasets(request), _input(runtime, request, config))
    with _stored():
        job = runtime.jobs.add(submission)
    runtime.engine.poke()
    return job


def _input(runtime: Runtime, request: TrainRequest | GradientsRequest, config: dict[str, Any]) -> Staged | None:
    """The arrays that the config leaves out, staged as a blob."""
    omitted = set(omitted_in(config))
    if not omitted:
        return None
    arrays = {path: array for path, array in arrays_in(request.model_dump()) if path in omitted}
    return runtime.blobs.stage(encode(arrays))


def _datasets(request: TrainRequest | GradientsRequest) -> list[str]:
    """The ids of the data sets that a request refers to."""
    sources: list[object] = [request.data]
    if isinstance(request, TrainRequest) and isinstance(request.validation, ValidationData):
        sources.append(request.validation.data)
    return [source.dataset for source in sources if isinstance(source, DataReference)]


def _require_open(runtime: Runtime) -> None:
    if runtime.phase == "draining":
        detail = "The service is stopping and takes no new jobs; try again when it is back."
        raise Problem(503, "unavailable", detail, headers={"Retry-After": RETRY_AFTER})


@contextmanager
def _stored() -> Iterator[None]:
    """What the job table refuses, as problems."""
    try:
        yield
    except TooManyJobs as full:
        detail = f"{full} Try again when some have ended."
        raise Problem(503, "unavailable", detail, headers={"Retry-After": RETRY_AFTER}) from None
    except UnknownDataset as unknown:
        raise invalid(
            f"{unknown} It was deleted a moment ago; upload it again.", "data", "dataset", code="unknown_dataset"
        ) from None
