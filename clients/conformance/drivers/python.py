"""The driver of the Python client: README.md beside this folder says what it reads and writes."""

from __future__ import annotations

import json
import math
import ssl
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

sys.modules["httpx._main"] = None  # type: ignore[assignment]  # httpx's own command, a quarter of every start

import httpx  # noqa: E402

from backproof import (  # noqa: E402
    BackproofError,
    Client,
    InvalidAddress,
    InvalidValue,
    JobFailed,
    Layer,
    Network,
    Problem,
    ProblemError,
    Retry,
    ServiceUnreachable,
    TimedOut,
    calls,
    flows,
)
from backproof.results import LayerGradient  # noqa: E402

Json = dict[str, Any]

UNTRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the kit speaks http: reading certificates would slow each start
MATRICES = ("x", "y", "weights", "bias", "loss_value", "pre_activations", "activations", "deltas")
NON_FINITE = ("NaN", "Infinity", "-Infinity")


def gradients(client: Client, told: Json) -> object:
    """The gradients, awaited where they became a job."""
    return client.gradients(**told)


def train(client: Client, told: Json) -> object:
    """The job as submitted."""
    return client.train(**told).info


def upload(client: Client, told: Json) -> object:
    """The data set, stored; a CSV text goes through a file, as it does for a user."""
    if "csv" not in told:
        return client.upload(told)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        path.write_text(told["csv"], encoding="utf-8", newline="")
        return client.upload(path)


def predict(client: Client, told: Json) -> object:
    """The outputs of a job's network, or of one that is sent."""
    if "id" not in told:
        return client.predict(**told)
    rows = {"dataset": told["dataset"]} if "dataset" in told else told["x"]
    return client.send(calls.job_predict(told["id"], rows, at=told.get("at", "latest")))


CALLS: Mapping[str, Callable[[Client, Json], object]] = {
    "capabilities": lambda client, told: client.capabilities(),
    "gradients": gradients,
    "check": lambda client, told: client.check(**told),
    "point": lambda client, told: client.point(**told),
    "derive": lambda client, told: client.derive(**told),
    "train": train,
    "wait": lambda client, told: client.run(flows.watch(told["id"], flows.unseen, timeout=told.get("timeout"))),
    "job": lambda client, told: client.job(told["id"]).info,
    "jobs": lambda client, told: [job.info for job in client.jobs(**told)],
    "weights": lambda client, told: client.send(calls.weights(told.pop("id"), **told)),
    "metrics": lambda client, told: client.send(calls.metrics(told.pop("id"), **told)),
    "cancel": lambda client, told: client.send(calls.cancel(told["id"])),
    "upload": upload,
    "dataset": lambda client, told: client.dataset(told.pop("id"), **told),
    "predict": predict,
}


def real(value: Any, place: str = "") -> Any:
    """The arguments with "NaN" and the infinities as floats where the entry of a matrix should be."""
    if isinstance(value, dict):
        return {name: real(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [real(each, place) for each in value]
    return float(value) if value in NON_FINITE and place in MATRICES else value


def wire(value: Any) -> Any:
    """What the client holds, under the wire's names."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, Layer):
        return {"weights": wire(value.W), "bias": wire(value.b), "activation": value.activation}
    if isinstance(value, Network):
        return wire(value.to_wire())
    if isinstance(value, LayerGradient):
        return {"weights": wire(value.W), "bias": wire(value.b)}
    if isinstance(value, Problem):
        return {"status": value.status, "code": value.code, "title": value.title, "detail": value.detail}
    if is_dataclass(value):
        return {field.name: wire(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: wire(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [wire(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def failure(error: BackproofError) -> Json:
    """The error in the protocol's terms."""
    if isinstance(error, JobFailed) and error.problem:
        return told_by(error.problem) | {"kind": "problem"}
    if isinstance(error, ProblemError):
        kind = "problem" if error.code else "refused"
        return told_by(error.problem) | {"kind": kind, "retry_after": error.retry_after}
    kinds = {
        InvalidValue: "invalid",
        InvalidAddress: "invalid",
        ServiceUnreachable: "unreachable",
        TimedOut: "timed_out",
    }
    return {"kind": kinds.get(type(error), "unexpected"), "status": None, "code": None, "detail": str(error)}


def told_by(problem: Problem) -> Json:
    """A problem's status, code, words and the inputs at fault."""
    return {
        "status": problem.status,
        "code": problem.code or None,
        "detail": problem.detail,
        "errors": [{"where": error.where, "detail": error.detail} for error in problem.errors],
    }


def answer(asked: Json) -> Json:
    """The outcome of the one call."""
    timeout, attempts = asked.get("timeout_seconds"), asked.get("attempts", Retry().attempts)
    arguments = {name: value for name, value in real(asked["arguments"]).items() if value is not None}
    if asked["call"] == "wait":
        arguments["timeout"] = timeout
    try:
        transport = httpx.HTTPTransport(verify=UNTRUSTING)
        retry = Retry(attempts=attempts)
        with Client(asked["url"], timeout=timeout or 60.0, retry=retry, transport=transport) as client:
            return {"result": wire(CALLS[asked["call"]](client, arguments))}
    except BackproofError as error:
        return {"error": failure(error)}


if __name__ == "__main__":
    sys.stdout.buffer.write(json.dumps(answer(json.loads(sys.stdin.buffer.read())), allow_nan=False).encode())
