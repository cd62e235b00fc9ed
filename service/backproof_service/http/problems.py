"""The one place where something that went wrong becomes an answer: problem+json (RFC 9457), in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from backproof_core.errors import (
    BackproofError,
    InadmissiblePair,
    NonFiniteLoss,
    ShapeMismatch,
    TooLargeForForm,
    UnknownName,
    Where,
)
from backproof_service.http.sentences import faults
from backproof_service.wire.data import DataLabels, DataReference
from backproof_service.wire.layout import Layout

MEDIA_TYPE = "application/problem+json"

TITLES = {
    "malformed_json": "The body is not JSON",
    "malformed_body": "The body cannot be read",
    "not_found": "There is nothing here",
    "method_not_allowed": "This address does not answer that method",
    "body_too_large": "The body is too large",
    "unsupported_media_type": "The body's type is not one that is read here",
    "invalid_value": "A value in the request cannot be used",
    "unknown_field": "The request holds a field that does not exist",
    "missing_field": "The request lacks a field that is required",
    "unknown_name": "The request holds a name that does not exist",
    "unknown_dataset": "There is no such data set",
    "not_acceptable": "No type that was asked for is offered",
    "dataset_in_use": "The data set is in use",
    "hash_mismatch": "The body does not have the hash that its address names",
    "limit_exceeded": "The request exceeds a limit",
    "shape_mismatch": "The shapes in the request do not fit together",
    "inadmissible_pair": "The loss is not defined for the last activation",
    "too_large_for_form": "A form cannot be evaluated within the memory budget",
    "non_finite_loss": "The loss stopped being a finite number",
    "data_damaged": "Stored data is damaged",
    "unavailable": "The service cannot take this now",
    "internal": "The service has a bug",
}
CORE_CODES: dict[type[BackproofError], str] = {
    ShapeMismatch: "shape_mismatch",
    UnknownName: "unknown_name",
    InadmissiblePair: "inadmissible_pair",
    TooLargeForForm: "too_large_for_form",
    NonFiniteLoss: "non_finite_loss",
}
IN_NETWORK = frozenset({"layers", "sizes", "activation", "bias", "init", "network_seed"})


class Problem(Exception):
    """A request that cannot be answered as asked: what was given, what was needed, what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        title: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.title = title or TITLES.get(code) or code.replace("_", " ").capitalize()
        self.errors, self.headers, self.extra = list(errors), dict(headers or {}), extra

    def payload(self, request_id: str) -> dict[str, Any]:
        """The problem as it is sent."""
        body: dict[str, Any] = {
            "type": f"urn:backproof:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        return body | ({"errors": self.errors} if self.errors else {}) | self.extra


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer as a URI fragment: ("data", "x", 0) is "#/data/x/0"."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def at(place: str, detail: str) -> str:
    """The detail with its place in front; the whole body needs none."""
    return detail if place == "#" else f"{place}: {detail}"


def invalid(detail: str, *path: str | int, code: str = "invalid_value") -> Problem:
    """A value of the body that cannot be used, at that path."""
    place = pointer(path)
    return Problem(422, code, at(place, detail), errors=[{"pointer": place, "detail": detail}])


def bad_parameter(name: str, detail: str) -> Problem:
    """A query or path parameter that cannot be used."""
    return Problem(422, "invalid_value", f"{name}: {detail}", errors=[{"parameter": name, "detail": detail}])


def too_large(limit: int, actual: int, setting: str, *, counted: bool = False) -> Problem:
    """A body over its limit; counted when it was cut off while it came, so that it may be larger still."""
    size = f"at least {actual:,}" if counted else f"{actual:,}"
    detail = f"The body has {size} bytes; the limit {setting} is {limit:,} bytes. Send less, or raise the limit."
    return Problem(413, "body_too_large", detail, limit_bytes=limit, actual_bytes=actual)


def of_validation(error: ValidationError) -> Problem:
    """What pydantic found in a body, as one problem that names every place."""
    return _of_faults([(code, "pointer", pointer(path), detail) for code, path, detail in faults(error.errors())])


def of_parameters(found: Sequence[Any]) -> Problem:
    """What FastAPI found in the parameters and headers, as one problem."""
    kinds = {"header": "header"}
    return _of_faults(
        [(code, kinds.get(str(path[0]), "parameter"), str(path[1]), detail) for code, path, detail in faults(found)]
    )


def _of_faults(found: Sequence[tuple[str, str, str, str]]) -> Problem:
    code, _, place, detail = found[0]
    more = {1: "", 2: " One more place is wrong; see errors."}.get(len(found))
    more = f" {len(found) - 1} more places are wrong; see errors." if more is None else more
    errors = [{kind: where, "detail": words} for _, kind, where, words in found]
    return Problem(422, code, at(place, detail) + more, errors=errors)


def of_core(error: BackproofError, request: BaseModel | None = None) -> Problem:
    """An error of the core, pointing at the place in the request that it came from."""
    code = next((name for kind, name in CORE_CODES.items() if isinstance(error, kind)), "invalid_value")
    path, words = _in_layout(_path(error.where, request), str(error), request)
    place, detail = pointer(path), words + ("" if words.endswith((".", "?")) else ".")
    extra: dict[str, Any] = {}
    if isinstance(error, TooLargeForForm):
        extra = {"predicted_bytes": error.predicted_bytes, "budget_bytes": error.budget_bytes, "fits": list(error.fits)}
    elif isinstance(error, UnknownName):
        extra = {"valid": list(error.valid)}
    elif isinstance(error, NonFiniteLoss):
        extra = {"epoch": error.epoch, "hint": error.hint}
    return Problem(422, code, at(place, detail), errors=[{"pointer": place, "detail": detail}], **extra)


def _in_layout(path: Where, words: str, request: BaseModel | None) -> tuple[Where, str]:
    """A place in the request and what is wrong there, as its layout has it: the core speaks of samples in rows."""
    layout = getattr(request, "layout", None)
    at = next((i for i, name in enumerate(path) if name in ("x", "y")), None)
    if not isinstance(layout, Layout) or at is None or not set(path[:at]) <= {"data", "validation"}:
        return path, words
    return (*path[:at], *layout.place(path[at:])), layout.words(words)


def _path(where: Where, request: BaseModel | None) -> Where:
    """Where in the request an input of the core stands."""
    if not where:
        return ()
    if where[0] in IN_NETWORK:
        return ("network", *where)
    if where[0] == "x" and getattr(request, "dataset", None) is not None:
        return ("dataset",)
    data = getattr(request, "data", None)
    if where[0] not in ("x", "y") or (request is not None and data is None):
        return where
    if isinstance(data, DataReference):
        return ("data", "dataset")
    if isinstance(data, DataLabels) and where[0] == "y":
        return ("data", "labels", *where[1:])
    return ("data", *where)
