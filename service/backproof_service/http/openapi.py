"""The OpenAPI document: FastAPI's paths with the wire's models as named components."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from backproof_service.wire import (
    capabilities,
    check,
    datasets,
    derivations,
    gradients,
    jobs,
    mistakes,
    points,
    predict,
    problems,
    report,
    train,
)
from backproof_service.wire.base import WireSchema

MODELS: tuple[type[BaseModel], ...] = (
    capabilities.Capabilities,
    capabilities.Health,
    check.CheckRequest,
    datasets.Dataset,
    datasets.DatasetList,
    datasets.DatasetUpload,
    derivations.DerivationAnswer,
    derivations.DerivationRequest,
    gradients.GradientsAnswer,
    gradients.GradientsRequest,
    jobs.GradientsAlongRun,
    jobs.Job,
    jobs.JobList,
    jobs.JobPredictRequest,
    jobs.Metrics,
    jobs.Predictions,
    jobs.Weights,
    mistakes.MistakeList,
    points.PointAnswer,
    points.PointRequest,
    predict.PredictRequest,
    problems.Problem,
    report.GradientReport,
    train.TrainRequest,
)
DESCRIPTION = """\
Trains neural networks and computes their gradients by two independent forms of backpropagation, the shape-matched one
and the vectorised Magnus-Neudecker one, and says whether they are equal.

Every address is there twice, at `/` and at `/v1`; this document names the first. Whatever fails is answered with
`application/problem+json`, whose `detail` says what was given, what was needed and what to do. Numbers that JSON cannot
hold are the strings "NaN", "Infinity" and "-Infinity" in answers; data that holds them is refused.

Weights are inputs × outputs and an instance is a row, unless the `layout` of a request says that yours lie otherwise.
It is then read and answered in your layout, and so is what follows from it, such as the weights of a job.
"""


def components() -> dict[str, Any]:
    """The schemas of all models by name."""
    _, found = models_json_schema(
        [(model, "validation") for model in MODELS],
        ref_template="#/components/schemas/{model}",
        schema_generator=WireSchema,
    )
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=TAGS)
        made["components"] = {"schemas": components()}
        app.openapi_schema = made
    return app.openapi_schema


TAGS = [
    {"name": "gradients", "description": "Gradients in both forms."},
    {"name": "derivations", "description": "The proof that both forms are one, line by line."},
    {"name": "training", "description": "Training runs."},
    {"name": "jobs", "description": "Jobs, their curves and weights."},
    {"name": "predict", "description": "Outputs of a network."},
    {"name": "datasets", "description": "Data uploaded once, used often."},
    {"name": "service", "description": "What the service can do, and how it is."},
]
