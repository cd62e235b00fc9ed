"""What both clients hold: where the service is, how long to wait for it, how often to ask again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from backproof.call import Call, Retry
from backproof.errors import InvalidAddress

DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_SECONDS = 5.0
AGENT = {"User-Agent": "backproof-python/0.1", "Accept": "application/json"}


@dataclass(frozen=True)
class Settings:
    """Where and how to ask."""

    url: str
    timeout: float
    retry: Retry
    headers: Mapping[str, str]

    def request(self, build: Callable[..., httpx.Request], call: Call[Any]) -> httpx.Request:
        """The request that a call stands for. An answer that is held back on purpose may take that much longer."""
        timeout = httpx.Timeout(self.timeout, connect=CONNECT_SECONDS, read=self.timeout + call.patience, pool=None)
        headers = {**AGENT, **self.headers, **call.headers}
        try:
            return build(
                call.method,
                self.url + call.path,
                params=dict(call.params) or None,
                headers=headers,
                content=call.content,
                timeout=timeout,
            )
        except httpx.InvalidURL as error:
            raise InvalidAddress(f"{self.url + call.path:.120} is no address: {error}.") from error


def settings(url: str | None, timeout: float, retry: Retry, headers: Mapping[str, str] | None) -> Settings:
    """The settings with this address, else BACKPROOF_URL, else http://127.0.0.1:8000. Raises InvalidAddress."""
    chosen = url or os.environ.get("BACKPROOF_URL") or DEFAULT_URL
    if not reachable(chosen):
        raise InvalidAddress(f"{chosen} is no address; give one such as {DEFAULT_URL}.")
    return Settings(chosen.rstrip("/"), timeout, retry, headers or {})


def reachable(url: str) -> bool:
    """Whether a service can be at this address: http or https, a host, and a port that exists."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):  # ValueError: a host that IDNA forbids
        return False
    return found.scheme in ("http", "https") and bool(found.host) and (found.port or 0) < 2**16
