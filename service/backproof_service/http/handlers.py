"""The handlers that turn every exception into a problem."""

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from backproof_core.errors import BackproofError
from backproof_service.http import respond
from backproof_service.http.problems import Problem, invalid, of_core, of_parameters
from backproof_service.http.words import shortened
from backproof_service.store.blobs import BlobDamaged
from backproof_service.store.jobs import UnknownDataset

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Registers them all."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(BackproofError, _core)
    app.add_exception_handler(UnknownDataset, _unknown_dataset)
    app.add_exception_handler(BlobDamaged, _damaged)
    app.add_exception_handler(RequestValidationError, _parameters)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _bug)


def request_id(request: Request) -> str:
    """The id of the request, as the answer's header says it."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return respond.problem(error, request_id(request))


def _core(request: Request, error: Exception) -> Response:
    assert isinstance(error, BackproofError)
    return _problem(request, of_core(error, getattr(request.state, "parsed", None)))


def _unknown_dataset(request: Request, error: Exception) -> Response:
    """A body that names a data set that is not stored."""
    detail = f"{error} Upload it to /datasets first; GET /datasets lists those there are."
    return _problem(request, invalid(detail, "data", "dataset", code="unknown_dataset"))


def _damaged(request: Request, error: Exception) -> Response:
    """A stored data set whose file was changed or removed on disk."""
    detail = f"{error} Delete the data set and upload it again."
    return _problem(request, invalid(detail, "data", "dataset", code="data_damaged"))


def _parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _problem(request, of_parameters(error.errors()))


def _http(request: Request, error: Exception) -> Response:
    """Starlette's own: no such address, or one that does not answer this method."""
    assert isinstance(error, HTTPException)
    asked = shortened(f"{request.method} {request.url.path}")
    if error.status_code == 404:
        detail = f"{asked}: no such address; /openapi.json and /docs list those there are."
        return _problem(request, Problem(404, "not_found", detail))
    if error.status_code == 405:
        allowed = ", ".join(_methods(request))
        detail = f"{asked}: this address answers {allowed}; use one of them."
        return _problem(request, Problem(405, "method_not_allowed", detail, headers={"Allow": allowed}))
    return _problem(request, Problem(error.status_code, "malformed_body", str(error.detail)))


def _methods(request: Request) -> list[str]:
    """Every method that this path answers."""
    scopes = {method: {**request.scope, "method": method} for method in METHODS}
    return [
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]


def _gone(request: Request, error: Exception) -> Response:
    """The client went away before it had sent its body: nobody reads this."""
    return Response(status_code=400)


def _bug(request: Request, error: Exception) -> Response:
    log.error("request %s failed", request_id(request), exc_info=error)
    detail = f"Something in the service broke; its log tells what, under the request id {request_id(request)}."
    return _problem(request, Problem(500, "internal", detail))
