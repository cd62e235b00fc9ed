"""What is stored of a training job, as values: its curves and its networks."""

import re

import numpy as np

from backproof_core.train import COLUMNS, TwinComparison

from . import convert
from .engine.snapshot import MOMENTS, Moment, moment, parameters
from .engine.training import stored_request
from .http.problems import Problem, bad_parameter
from .store import history, states
from .store.blobs import Array, BlobDamaged
from .store.folder import Store
from .store.jobs import Job
from .wire.layout import Layout

__all__ = ["Moment", "curve", "layout", "parameters", "stored", "weights"]

EPOCH = re.compile("[1-9][0-9]*")
WIDTHS = {"metrics": len(COLUMNS), "twins": len(TwinComparison._fields)}


def curve(store: Store, job: Job, most: int) -> list[list[history.Cell]]:
    """The rows of the curve in COLUMNS' order, at most so many, the first, the last and the best among them."""
    table, present = stored(store, job, "metrics")
    if not len(table):
        return []
    watched = COLUMNS.index("loss" if not present >> COLUMNS.index("validation_loss") & 1 else "validation_loss")
    thin = history.thinned(table, most, int(np.argmin(table[:, watched])))
    return history.cells(thin, present, whole=(COLUMNS.index("epoch"), COLUMNS.index("step")))


def stored(store: Store, job: Job, series: str) -> tuple[history.Table, int]:
    """One of the job's histories, whole, and the mark of the columns present."""
    return history.unpack(store.runs.history(job.id, series), WIDTHS[series])


def weights(store: Store, job: Job, at: str, form: str | None) -> Moment:
    """The network of the job at that time; raises a 404 or 409 that says what there is."""
    trained = ("matched", "vectorized") if job.config["form"] == "both" else (job.config["form"],)
    if form is not None and form not in trained:
        detail = f'The job trained by one form, "{trained[0]}"; there are no weights of the form "{form}".'
        raise Problem(404, "not_found", detail, errors=[{"parameter": "form", "detail": detail}])
    if at == "0":
        request = stored_request(store, job)
        return Moment(convert.network(request.network, request.dtype, request.layout), 0)
    if at not in MOMENTS and not EPOCH.fullmatch(at):
        need = "give latest, best or a number of finished epochs, without leading zeros"
        raise bad_parameter("at", f'"{at}" is no time of a run; {need}.')
    found = _saved(store, job, form or trained[0])
    if at in found:
        return found[at]
    return _at_epoch(found, at, job)


def layout(job: Job) -> Layout:
    """The layout that the job was submitted in, which its answers speak."""
    return Layout.model_validate(job.config.get("layout", {}))


def _saved(store: Store, job: Job, form: str) -> dict[str, Moment]:
    """The networks that the job's blob holds, by name; none before the first was saved."""
    arrays = _tensors(store, job, before=None)
    activations = _activations(job)
    found = {name: moment(arrays, form, name, activations) for name in MOMENTS}
    return {name: at for name, at in found.items() if at is not None}


def _tensors(store: Store, job: Job, before: str | None) -> dict[str, Array]:
    """The arrays of the weights blob, which a running job replaces every few seconds, perhaps while it is read."""
    sha256 = store.jobs.blob(job.id, "weights")
    if sha256 is None:
        return {}
    try:
        return store.blobs.arrays(sha256)
    except BlobDamaged as error:
        if sha256 != before:
            return _tensors(store, job, before=sha256)
        detail = f"{error} Train again: the weights of this job cannot be read."
        raise Problem(409, "data_damaged", detail) from None


def _at_epoch(found: dict[str, Moment], at: str, job: Job) -> Moment:
    """The saved network of that epoch, if one was saved then."""
    there = ", ".join(["0", *(f"{moment.epoch} ({name})" for name, moment in found.items())])
    if not found or at in MOMENTS:
        later = "" if job.state in states.RESTING else " Ask again in a few seconds."
        detail = f"The job is {job.state} and has not saved its {at} weights; there are those at {there}.{later}"
        raise Problem(409, "no_weights_yet", detail, title="There are no weights yet", state=job.state)
    match = next((moment for moment in found.values() if moment.epoch == int(at)), None)
    if match is None:
        detail = f"The weights at epoch {at} were not kept; there are those at {there}."
        raise Problem(404, "not_found", detail, errors=[{"parameter": "at", "detail": detail}])
    return match


def _activations(job: Job) -> list[str]:
    """The activation of each layer of the job's network."""
    network = job.config["network"]
    if "layers" in network:
        return [layer["activation"] for layer in network["layers"]]
    given, layers = network["activation"], len(network["sizes"]) - 1
    return list(given) if isinstance(given, list) else [given] * layers
