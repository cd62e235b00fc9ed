"""Drivers: programs that make one call with their client, as README.md says."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass

from kit.values import Json, read

KINDS = ("problem", "refused", "unreachable", "timed_out", "unexpected", "invalid")
UNHEARD = ("http_proxy", "https_proxy", "all_proxy")  # variables that would lead a driver away from the loopback


class Broken(Exception):
    """A driver that did not do as the protocol says."""


@dataclass(frozen=True)
class Spoken:
    """What a driver wrote, and how long it took."""

    answer: Mapping[str, Json]
    stderr: str
    seconds: float


def ask(command: str, request: Mapping[str, Json], within: float) -> Spoken:
    """What the driver answers. Raises Broken where it fails the protocol."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603  the driver that the caller named
            shlex.split(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise Broken(f"the driver cannot be started: {error}") from error
    with process:
        try:
            out, err = process.communicate(json.dumps(request, ensure_ascii=False).encode(), timeout=within)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)  # the driver and what it started
            process.communicate()
            raise Broken(f"the driver had not ended after {within:g} s") from error
    told = err.decode("utf-8", "replace")
    if process.returncode:
        raise Broken(f"the driver ended with exit code {process.returncode}: {told.strip()[-400:]}")
    return Spoken(answer(out), told, time.monotonic() - began)


def answer(out: bytes) -> Mapping[str, Json]:
    """The object that a driver wrote, with a result or an error in it. Raises Broken where it is none."""
    try:
        told = read(out.decode())
    except ValueError as error:
        raise Broken(f"the driver wrote no JSON ({error}): {out[:400]!r}") from error
    if not isinstance(told, dict) or set(told) not in ({"result"}, {"error"}):
        raise Broken(f"the driver has to write one object with result or error, not {out[:400]!r}")
    refusal = told.get("error", {"kind": KINDS[0], "detail": ""})
    if not (isinstance(refusal, dict) and refusal.get("kind") in KINDS and "detail" in refusal):
        raise Broken(f"an error needs a detail and one of the kinds {', '.join(KINDS)}: {out[:400]!r}")
    return told


def environment() -> dict[str, str]:
    """This process's environment without what would lead a driver to another service."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("BACKPROOF_") and name.lower() not in UNHEARD
    }
