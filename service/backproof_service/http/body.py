"""Reading a JSON body: its type, its syntax, then the model; large ones off the event loop."""

from typing import Any, TypeVar

import orjson
from anyio import to_thread
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from backproof_core.errors import in_bytes
from backproof_service.http.problems import Problem, of_validation
from backproof_service.settings import Settings

M = TypeVar("M", bound=BaseModel)

SMALL = 1 << 15  # bytes; a body up to here is read faster than a thread is started


async def parse(request: Request, model: type[M]) -> M:
    """The body as that model; raises the Problem that says what is wrong with it."""
    require_type(request, "application/json")
    body = await request.body()
    settings: Settings = request.app.state.settings
    read = read_json if len(body) <= SMALL else _in_thread
    found = read(body, model, settings)
    request.state.parsed = parsed = found if isinstance(found, BaseModel) else await found
    return parsed


async def _in_thread(body: bytes, model: type[M], settings: Settings) -> M:
    return await to_thread.run_sync(read_json, body, model, settings)


def media_type(request: Request) -> str:
    """The type of the body without its parameters, in lower case; empty where none was sent."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def require_type(request: Request, *accepted: str) -> str:
    """The type of the body; raises a 415 that lists the accepted ones, and for a body that is compressed."""
    given, packed = media_type(request), request.headers.get("content-encoding", "identity")
    if packed.strip().lower() != "identity":
        detail = f'The Content-Encoding is "{packed[:40]}"; bodies are read as they are. Send it uncompressed.'
        raise Problem(415, "unsupported_media_type", detail, errors=[{"header": "Content-Encoding", "detail": detail}])
    if given in accepted:
        return given
    said = f'The Content-Type is "{given}"' if given else "There is no Content-Type"
    detail = f"{said}; this address reads {' or '.join(accepted)}. Set the header Content-Type."
    errors = [{"header": "Content-Type", "detail": detail}]
    raise Problem(415, "unsupported_media_type", detail, errors=errors, headers={"Accept-Post": ", ".join(accepted)})


def loads(body: bytes, settings: Settings) -> Any:
    """The body as JSON; raises a 400 for anything else, NaN, numbers beyond float64 and deep nesting included."""
    check_memory(body, settings.memory_budget_bytes)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "malformed_json", _why(body, error)) from None


def check_memory(body: bytes, budget: int) -> None:
    """Raises where what the body stands for would not fit: a list takes 80 bytes, a number with its place 32."""
    needed = len(body) + 80 * (body.count(b"[") + body.count(b"{")) + 32 * body.count(b",")
    if needed > budget:
        takes, limit = in_bytes(needed), f"the limit memory_budget_bytes is {in_bytes(budget)}"
        detail = (
            f"Reading this JSON would take about {takes}; {limit}. Send large data to /datasets as application/x-npz."
        )
        raise Problem(422, "limit_exceeded", detail)


def read_json(body: bytes, model: type[M], settings: Settings) -> M:
    """The body as that model, within the limits of the settings."""
    try:
        return model.model_validate(loads(body, settings), context=settings)
    except ValidationError as error:
        raise of_validation(error) from None


def _why(body: bytes, error: orjson.JSONDecodeError) -> str:
    if not body.strip():
        return "The body is empty; send a JSON object."
    try:
        body.decode()
    except UnicodeDecodeError as bad:
        return f"The body is not UTF-8: byte {bad.start} is 0x{body[bad.start]:02x}. Encode JSON as UTF-8."
    if "depth limit" in error.msg:
        return "The body nests brackets too deeply to be a request; no request needs more than ten levels."
    place = f"at line {error.lineno}, column {error.colno}"
    if "infinity" in error.msg:
        return f"The body holds a number beyond float64 {place}; 1.8e308 is the most."
    words = error.msg.split(": line")[0]
    hint = " NaN and Infinity are no JSON numbers." if b"NaN" in body or b"Infinity" in body else ""
    return f"The body is not JSON: {words} {place}.{hint}"
