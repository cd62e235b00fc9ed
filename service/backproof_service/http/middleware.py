"""What stands before every route: an id for the request, and the limit on its body."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backproof_service.http import respond
from backproof_service.http.problems import too_large

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class RequestIds:
    """Gives every request an id, the caller's own where it sent a sane X-Request-ID, and sends it back."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if SANE_ID.fullmatch(given) else f"req_{uuid4().hex}"
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        await self.app(scope, receive, send_with_id)


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Refuses a body over its limit, by its Content-Length at once, else as soon as too many bytes have come."""

    app: ASGIApp
    limit_of: Callable[[str], tuple[str, int]]  # from a path to the name and the value of the limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        setting, limit = self.limit_of(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            found = too_large(limit, int(declared), setting)
            await respond.problem(found, scope["state"]["request_id"])(scope, receive, send)
            return
        await self.app(scope, _counted(receive, setting, limit), send)


def _counted(receive: Receive, setting: str, limit: int) -> Receive:
    """Receives as before, and raises the 413 once more than the limit came."""
    came = 0

    async def receive_counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > limit:
            raise too_large(limit, came, setting, counted=True)
        return message

    return receive_counted
