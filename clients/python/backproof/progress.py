"""The progress of a job for people, on stderr: a bar where rich is installed, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from backproof.flows import Observer
from backproof.results import JobInfo

LINE_EVERY = 2.0  # seconds between two lines


@contextmanager
def shown(id: str) -> Iterator[Observer]:  # noqa: A002
    """An observer that shows the job as it goes."""
    with (bar if find_spec("rich") and sys.stderr.isatty() else lines)(id) as observer:
        yield observer


@contextmanager
def bar(id: str) -> Iterator[Observer]:  # noqa: A002
    """An observer that draws a bar with rich."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as drawn:
        task = drawn.add_task(id, total=1.0, words="queued")

        def show(info: JobInfo) -> None:
            drawn.update(task, completed=fraction(info), words=words(info))

        yield show


@contextmanager
def lines(id: str) -> Iterator[Observer]:  # noqa: A002
    """An observer that writes a line when the state changes, and every two seconds besides."""
    last: tuple[str, float] = ("", 0.0)

    def show(info: JobInfo) -> None:
        nonlocal last
        now = time.monotonic()
        if info.state != last[0] or now - last[1] >= LINE_EVERY:
            last = (info.state, now)
            say(f"{id} {fraction(info):4.0%} {words(info)}")

    yield show


def fraction(info: JobInfo) -> float:
    """How much of the job is done, from 0 to 1."""
    if info.state == "succeeded":
        return 1.0
    return (info.progress.fraction if info.progress else None) or 0.0


def words(info: JobInfo) -> str:
    """The state, and the numbers that say how it goes."""
    progress, loss, accuracy = info.progress, info.metrics.get("loss"), info.metrics.get("accuracy")
    told = [info.state]
    if progress and progress.epochs:
        told.append(f"epoch {progress.epoch}/{progress.epochs}")
    if loss is not None:
        told.append(f"loss {loss:.4g}")
    if accuracy is not None:
        told.append(f"accuracy {accuracy:.1%}")
    if progress and progress.eta_seconds and not info.ended:
        told.append(f"{progress.eta_seconds:.0f} s left")
    return "  ".join(told)


def detached(id: str, url: str) -> str:  # noqa: A002
    """What is said to somebody who stops waiting for a job: that it goes on, and how to watch it again."""
    return (
        f"\nStopped waiting; job {id} goes on. Watch it again with\n"
        f"  backproof watch {id} --url {url}\nor in Python with\n  Client({url!r}).job({id!r}).wait()"
    )


def say(line: str) -> None:
    """Nothing; the line is on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
