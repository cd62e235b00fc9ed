"""GET /capabilities, /healthz and /readyz."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from backproof_core import ACTIVATIONS, INITS, LOSSES
from backproof_core.loss import admissible_pairs
from backproof_core.train import OPTIMIZERS, SCHEDULES
from backproof_service.http import respond
from backproof_service.http.contract import operation
from backproof_service.http.prefer import LONGEST_WAIT
from backproof_service.http.problems import Problem
from backproof_service.runtime import Runtime
from backproof_service.settings import Settings
from backproof_service.wire.capabilities import Capabilities, Health
from backproof_service.wire.layout import SAMPLES, WEIGHTS
from backproof_service.wire.names import FORMS, ROUTES

router = APIRouter(tags=["service"])

PACKAGES = ("backproof-service", "backproof-core", "numpy")
PHASES = {
    "starting": ("The service is starting its workers; try again in a moment.", "1"),
    "draining": ("The service is stopping and takes no new work; try again when it is back.", "5"),
}


@router.get(
    "/capabilities",
    **operation(
        "capabilities", "What can be named, and the limits", answers={200: ("Names and limits.", Capabilities)}
    ),
)
async def get_capabilities(request: Request) -> Response:
    """Every name that a request may use, every limit, and the versions."""
    return respond.json(capabilities(request.app.state.settings))


def capabilities(settings: Settings) -> dict[str, Any]:
    """The names out of the core's tables, and the limits out of the settings."""
    return {
        "activations": list(ACTIVATIONS),
        "losses": list(LOSSES),
        "admissible_pairs": [{"loss": loss, "activation": last} for loss, last in admissible_pairs()],
        "optimizers": list(OPTIMIZERS),
        "schedules": list(SCHEDULES),
        "inits": list(INITS),
        "forms": list(FORMS),
        "routes": list(ROUTES),
        "layouts": {"weights": list(WEIGHTS), "samples": list(SAMPLES)},
        "limits": settings.limits | {"max_wait_seconds": int(LONGEST_WAIT)},
        "versions": {name: version(name) for name in PACKAGES},
    }


@router.get("/healthz", **operation("healthz", "Whether it is alive", answers={200: ("It is.", Health)}))
async def get_healthz() -> Response:
    """Answers as long as the process does."""
    return respond.json({"status": "ok"})


@router.get("/readyz", **operation("readyz", "Whether it runs jobs", answers={200: ("It does.", Health)}))
async def get_readyz(request: Request) -> Response:
    """503 while the workers are being started, and from the moment the service is told to stop."""
    runtime: Runtime = request.app.state.runtime
    if runtime.phase in PHASES:
        detail, seconds = PHASES[runtime.phase]
        raise Problem(503, "unavailable", detail, headers={"Retry-After": seconds})
    return respond.json({"status": "ready"})
