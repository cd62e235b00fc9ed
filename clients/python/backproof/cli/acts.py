"""What the commands have in common: following a job, saving weights, printing answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, TypeVar

import typer
from rich.console import Console

from backproof import calls, flows, parse
from backproof.call import Call
from backproof.cli import ending, files
from backproof.cli.service import Place
from backproof.client import Client
from backproof.errors import UnexpectedAnswer
from backproof.job import Job
from backproof.progress import detached, say, shown

T = TypeVar("T")


def follow(job: Job, where: Place) -> None:
    """Nothing, once the job has succeeded. Raises what the job's end stands for, and Exit after Ctrl-C."""
    try:
        with shown(job.id if where.keeps else "training") as see:
            job.client.run(flows.watch(job.id, job.seen_by(see), every=flows.SHOWN_EVERY))
    except KeyboardInterrupt:
        kept = f"\nStopped; job {job.id} is kept in {where.data} and goes on when a service runs there."
        lost = "\nStopped; the job ended with this command, and nothing was kept."
        say(detached(job.id, job.client.url) if where.stays else kept if where.data else lost)
        raise typer.Exit(ending.INTERRUPTED) from None
    flows.succeed(job.info)


def save(job: Job, target: Path, at: str, form: str | None) -> None:
    """Nothing; the weights are in the file, in the format that its name says."""
    match target.suffix.lower():
        case ".npz":
            files.write(target, job.weights_npz(at, form))
        case ".ml":
            files.write(target, job.weights_ocaml(at, form).encode())
        case _:
            files.write(target, job.client.send(as_sent(calls.weights(job.id, at, form))))


def as_sent(call: Call[Any]) -> Call[parse.Json]:
    """The call that gives the answer's object as the service sent it."""
    return sent_with(call, parse.as_it_is)


def sent_with(call: Call[Any], of: Callable[[parse.Json], T]) -> Call[T]:
    """The same call with another reader of its answer."""
    return replace(call, read=parse.reading(of))


def compared(client: Client, found: parse.Json) -> parse.Json:
    """The gradients as they were sent, awaited where the service made a job of them."""
    if found.get("object") != "job":
        return found
    flows.succeed(client.run(flows.watch(str(found["id"]), flows.unseen)))
    result = client.send(as_sent(calls.job(str(found["id"])))).get("result")
    if not isinstance(result, dict):
        raise UnexpectedAnswer(f"Job {found['id']} succeeded without a result.")
    return result


def tell(
    client: Client,
    call: Call[Any],
    of: Callable[[parse.Json], T],
    write: Callable[[Console, T], None],
    *,
    as_json: bool,
) -> parse.Json:
    """The answer, which is on stdout, as JSON or as tables."""
    found = client.send(as_sent(call))
    if as_json:
        line(json.dumps(found))
    else:
        write(console(), of(found))
    return found


def console() -> Console:
    """Stdout for people: as wide as the terminal, and wide enough for tables where there is none."""
    return Console(width=None if sys.stdout.isatty() else 120)


def width() -> int | None:
    """How wide lines may be: as the terminal; where there is none, as long as they are."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


def lines(text: Iterable[str]) -> None:
    """Nothing; the lines are on stdout, which is UTF-8 whatever the locale says."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    for each in text:
        line(each)


def line(text: str) -> None:
    """Nothing; the line is on stdout."""
    sys.stdout.write(text + "\n")
