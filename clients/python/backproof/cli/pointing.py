"""The commands `point` and `vectors`: where a mistake of your backprop shows, and the right answers there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backproof import calls
from backproof.cli import asked, files, points
from backproof.cli.acts import as_sent, lines
from backproof.cli.options import Activations, Bias, Data, Loss, Sizes, Url
from backproof.cli.points import Source, Style
from backproof.cli.service import place, reach
from backproof.cli.sources import Origin
from backproof.progress import say

Layout = Annotated[
    str | None, typer.Option("--layout", help="out_in where your weights are out × in, columns where instances are.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed, another point; the same seed, the same.")]

POINT = " Compute your numbers there, add them to it, and check it."


def point(
    *,
    sizes: Sizes = None,
    activation: Activations = None,
    bias: Bias = None,
    loss: Loss = "half_sse",
    seed: Seed = 0,
    layout: Layout = None,
    style: Annotated[
        Style | None, typer.Option("--format", help="What to print; of a file its name says it: .json, .py, .ml.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save it, as FILE.case.json or source.")
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Give a point that shows every mistake of a network's backprop: weights, rows and targets, not the answers.

    Compute your gradients there, add them to the case, and let backproof check judge them. Layers wider than 8 are made
    narrow, equal and in order where they were.
    """
    net, laid = asked.network(sizes, activation, bias, None), points.layout(layout)
    written = points.style_of(style, out, "text" if out is None else None)
    origin = Origin(
        points.command("point", sizes=sizes, activation=activation, bias=bias, loss=loss, seed=seed, layout=layout,
                       format=written), laid)  # fmt: skip
    with reach(place(url, data)) as client:
        found = client.send(as_sent(calls.point(net, loss=loss, seed=seed, layout=laid or None)))
    if narrow := points.narrowed(found, net, laid):
        say(narrow)
    text = points.one(found, written, origin)
    if out is None:
        lines(text.splitlines())
    else:
        files.write(out, text.encode())
        say(f"Saved to {out}." + (POINT if written == Style.json else ""))


def vectors(
    *,
    sizes: Sizes = None,
    activation: Activations = None,
    bias: Bias = None,
    loss: Loss = "half_sse",
    count: Annotated[int, typer.Option("--count", min=1, max=100, help="How many points.")] = 5,
    seed: Seed = 0,
    layout: Layout = None,
    style: Annotated[
        Source | None, typer.Option("--format", help="What to write; of a file its name says it: .json, .py, .ml.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save to this file, or into this folder.")
    ] = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Write points with the right answers there, to commit into your tests: they then need no service.

    ocaml and numpy are source that needs nothing but itself; json is a list of cases, in a folder a file for each.
    """
    net, laid = asked.network(sizes, activation, bias, None), points.layout(layout)
    written = points.style_of(style, out, None)
    origin = Origin(
        points.command("vectors", sizes=sizes, activation=activation, bias=bias, loss=loss, count=count, seed=seed,
                       layout=layout, format=written), laid)  # fmt: skip
    with reach(place(url, data)) as client:
        seeds = range(seed, seed + count)
        found = [client.send(as_sent(calls.point(net, loss=loss, seed=each, layout=laid or None))) for each in seeds]
    if narrow := points.narrowed(found[0], net, laid):
        say(narrow)
    if out is None:
        lines(points.several(found, written, origin).splitlines())
        return
    saved = points.files(found, written, origin, out)
    for file, text in saved.items():
        files.write(file, text.encode())
    say(f"Saved {count} points to {', '.join(map(str, saved))}.")
