"""The application: routers at / and at /v1, the handlers of everything that fails, the limits before them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from threadpoolctl import threadpool_limits

from backproof_service.http import docs, handlers, openapi
from backproof_service.http.middleware import BodyLimit, RequestIds
from backproof_service.http.parameters import only_known
from backproof_service.routes import (
    check,
    datasets,
    derivations,
    gradients,
    jobs,
    meta,
    mistakes,
    points,
    predict,
    results,
    train,
)
from backproof_service.runtime import Runtime
from backproof_service.settings import Settings

ROUTERS = (
    gradients.router,
    check.router,
    points.router,
    mistakes.router,
    derivations.router,
    train.router,
    jobs.router,
    results.router,
    predict.router,
    datasets.router,
    meta.router,
)
COMPUTING = 2  # requests that compute at one time in this process; the others wait in line
READING = 1  # data sets that are read at one time, since each may take much memory


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI application; it opens its data folder when it is started."""
    settings = Settings() if settings is None else settings
    app = FastAPI(
        title="Backproof",
        version=version("backproof-service"),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(only_known)],
    )
    app.state.settings = settings
    app.state.computing, app.state.reading = CapacityLimiter(COMPUTING), CapacityLimiter(READING)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    for router in ROUTERS:
        app.include_router(router)
        app.include_router(router, prefix="/v1", include_in_schema=False)
    docs.install(app)
    handlers.install(app)
    app.add_middleware(BodyLimit, limit_of=lambda path: _limit_of(path, settings))
    app.add_middleware(RequestIds)
    return app


def _limit_of(path: str, settings: Settings) -> tuple[str, int]:
    """The name and the value of the limit on the bodies that this path takes."""
    if path.removeprefix("/v1").startswith("/datasets"):
        return "max_dataset_bytes", settings.max_dataset_bytes
    return "max_body_bytes", settings.max_body_bytes


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Holds the data folder and the workers while the application runs; a runtime set before is used as it is."""
    runtime: Runtime = getattr(app.state, "runtime", None) or Runtime(app.state.settings)
    app.state.runtime = runtime
    with threadpool_limits(1):  # so bits do not depend on how many threads the BLAS would take
        runtime.open()
        try:
            yield
        finally:
            runtime.drain()
            await runtime.close()
