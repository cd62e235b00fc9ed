"""What the OpenAPI document says of an operation: its request, its answers, and every problem it may answer with.

Models stand in the document by reference; http/openapi.py adds the components.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel
from starlette.responses import Response

from backproof_service.http.problems import MEDIA_TYPE

Content: TypeAlias = Mapping[str, Any]  # media type to its schema
Body: TypeAlias = type[BaseModel] | Content

PROBLEMS = {
    400: "Malformed: no JSON, or not what its type says.",
    404: "There is no such thing.",
    406: "No type that the Accept header asks for is offered.",
    409: "Its state does not allow this.",
    413: "The body is over its limit; both numbers are given.",
    415: "The Content-Type is not one that is read here.",
    422: "A value, name or field cannot be used; each place is named.",
    503: "Starting, full or draining; try again after Retry-After seconds.",
}
ALWAYS = (422, 503)  # a misspelt query parameter; starting, full, draining
WITH_BODY = (400, 413, 415)
REQUEST_ID = {
    "X-Request-ID": {"description": "The id of this request, as in problems and logs.", "schema": {"type": "string"}}
}
NUMBERED = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
BINARY = {"type": "string", "format": "binary"}
TEXT = {"type": "string"}


def reference(model: type[BaseModel]) -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def operation(
    operation_id: str,
    summary: str,
    *,
    request: Body | None = None,
    examples: Mapping[str, Any] | None = None,
    answers: Mapping[int, tuple[str, Body | None]],
    headers: Mapping[int, Mapping[str, str]] | None = None,
    problems: Sequence[int] = (),
) -> dict[str, Any]:
    """The keyword arguments of a route's decorator.

    answers maps a status to its description and its body: a model for JSON, schemas by media type, or None for none.
    """
    statuses = sorted({*problems, *ALWAYS, *(WITH_BODY if request is not None else ())})
    sent = headers or {}
    found: dict[int | str, Any] = {
        status: {"description": words, **_content(body), "headers": REQUEST_ID | _headers(sent.get(status, {}))}
        for status, (words, body) in answers.items()
    }
    for status in statuses:
        retry = NUMBERED if status == 503 else {}
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        found[status] = {"description": PROBLEMS[status], "content": content, "headers": REQUEST_ID | retry}
    extra = {} if request is None else {"openapi_extra": {"requestBody": _request(request, examples or {})}}
    return {
        "operation_id": operation_id,
        "summary": summary,
        "status_code": min(answers),
        "response_class": Response,
        "response_model": None,
        "responses": found,
        **extra,
    }


def _headers(named: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": words, "schema": {"type": "string"}} for name, words in named.items()}


def _content(body: Body | None) -> dict[str, Any]:
    return {} if body is None else {"content": {kind: {"schema": schema} for kind, schema in _schemas(body).items()}}


def _schemas(body: Body) -> Mapping[str, Any]:
    return body if isinstance(body, Mapping) else {"application/json": reference(body)}


def _request(body: Body, examples: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": schema} for kind, schema in _schemas(body).items()}
    if examples:
        first = next(iter(content))
        content[first]["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"required": True, "content": content}
