"""What the service says about jobs: rows of the table as the objects of the wire."""

from typing import Any

import orjson

from .store import states
from .store.jobs import Job


def job(found: Job, answer: bytes | None = None) -> dict[str, Any]:
    """A job; `answer` is the stored result of a gradients job, as JSON."""
    return {
        "object": "job",
        "id": found.id,
        "kind": found.kind,
        "state": found.state,
        "attempt": found.attempt,
        "created_at": found.created_at,
        "started_at": found.started_at,
        "finished_at": found.finished_at,
        "progress": progress(found),
        "metrics": found.metrics or NO_METRICS if found.kind == "train" else None,
        "result": found.result if answer is None else orjson.Fragment(answer),
        "error": found.error,
        "config": found.config,
        "environment": found.environment,
        "labels": found.labels,
        "links": links(found),
    }


def progress(found: Job) -> dict[str, Any] | None:
    """How far the job is; only while it runs does the estimate of its end still hold."""
    if not found.progress or found.state == states.RUNNING or not found.progress["eta_seconds"]:
        return found.progress
    return found.progress | {"eta_seconds": None}


NO_METRICS = {"loss": None, "accuracy": None}


def links(found: Job) -> dict[str, str]:
    """Where to go from a job: only what would answer."""
    base = f"/jobs/{found.id}"
    names = ["metrics", "weights", "predict"] if found.kind == "train" else []
    if found.config.get("form") == "both":
        names.append("gradients")
    if found.state not in states.TERMINAL:
        names.append("cancel")
    return {"self": base} | {name: f"{base}/{name}" for name in names}
