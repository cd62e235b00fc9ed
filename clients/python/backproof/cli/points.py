"""Points that show mistakes: what `point` and `vectors` ask for, and what they print of it."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from backproof import blackboard
from backproof import case as cases
from backproof.cli import sources
from backproof.cli.ending import Usage
from backproof.cli.sources import Origin
from backproof.requests import Json, given

LAYOUTS = {"in_out": "weights", "out_in": "weights", "rows": "samples", "columns": "samples"}
SUFFIXES = {".json": "json", ".py": "numpy", ".ml": "ocaml"}
VECTORS = "backproof_vectors"  # the name of a file of vectors in a folder


class Style(StrEnum):
    """What a point is printed as."""

    text = "text"
    json = "json"
    numpy = "numpy"
    ocaml = "ocaml"


class Source(StrEnum):
    """What vectors are written as."""

    json = "json"
    numpy = "numpy"
    ocaml = "ocaml"


def layout(words: str | None) -> dict[str, str]:
    """The layout in out_in,columns. Raises Usage."""
    found: dict[str, str] = {}
    for word in [] if words is None else [each.strip() for each in words.split(",")]:
        if word not in LAYOUTS or LAYOUTS[word] in found:
            need = "in_out or out_in (weights), rows or columns (samples), or both with a comma: out_in,columns"
            raise Usage(f"--layout is {words}; it has to be {need}.")
        found[LAYOUTS[word]] = word
    return found


def command(name: str, **options: object) -> str:
    """The command line with these options, as the head of a file says it; those that are None are not there."""
    words = ["backproof", name]
    for option, value in options.items():
        if value is True or value is False:
            words.append(f"--{'' if value else 'no-'}{option}")
        elif value is not None:
            words += [f"--{option}", shlex.quote(str(value))]
    return " ".join(words)


def without_answers(point: Json, laid: Json) -> dict[str, object]:
    """The point as a case, to which the caller's numbers are still to be added."""
    return given(network=point["network"], loss=point["loss"], data=point["data"], layout=laid or None)


def written(point: Json, origin: Origin) -> str:
    """The point as a case whose numbers are right."""
    answers = point["answers"]
    assert isinstance(answers, dict)
    right = {name: answers[name] for name in cases.JUDGED if name in answers}
    return cases.written(without_answers(point, origin.layout) | right)


def one(point: Json, style: str, origin: Origin) -> str:
    """A point without its answers, in that style, its last line ended."""
    bare = without_answers(point, origin.layout)
    match style:
        case "numpy":
            return sources.numpy_point(bare, origin)
        case "ocaml":
            return sources.ocaml_point(bare, origin)
        case "json":
            return cases.written(bare)
    return "\n".join(told(point, origin.layout)) + "\n"


def several(points: Sequence[Json], style: str, origin: Origin) -> str:
    """Points with their answers, in that style, the last line ended."""
    if style == Source.numpy:
        return sources.numpy_cases(points, origin)
    if style == Source.ocaml:
        return sources.ocaml_cases(points, origin)
    return "[" + ",\n".join(written(point, origin).rstrip("\n") for point in points) + "]\n"


def files(points: Sequence[Json], style: str, origin: Origin, target: Path) -> dict[Path, str]:
    """What each file is to hold: one file, or in a folder one with all of them, of JSON one for each."""
    if not target.is_dir():
        return {target: several(points, style, origin)}
    if style == Source.json:
        return {target / f"{VECTORS}_{number}.case.json": written(point, origin) for number, point in enumerate(points)}
    suffix = {name: suffix for suffix, name in SUFFIXES.items()}[style]
    return {target / f"{VECTORS}{suffix}": several(points, style, origin)}


def style_of(asked: str | None, target: Path | None, otherwise: str | None) -> str:
    """The style that was asked for, or that the file's name says. Raises Usage where nothing says it."""
    named = None if target is None or target.is_dir() else SUFFIXES.get(target.suffix.lower())
    found = asked or named or otherwise
    if target is not None and not target.absolute().parent.is_dir():
        raise Usage(f"{target} cannot be written: there is no folder {target.parent}.")
    if found is None or (target is not None and asked is None and named is None and not target.is_dir()):
        need = f"give --format, or a file whose name ends in {', '.join(SUFFIXES)}"
        raise Usage(f"Nothing says what to write: {need}.")
    return found


# ---------------------------------------------------------------- for people


def sizes(point: Any, laid: Json) -> list[int]:
    """The sizes d₀, …, d_L of a point's network."""
    shapes = [(len(layer["weights"]), len(layer["weights"][0])) for layer in point["network"]["layers"]]
    ends = [shape[::-1] if laid.get("weights") == "out_in" else shape for shape in shapes]
    return [ends[0][0], *(end for _, end in ends)]


def narrowed(point: Json, asked: Any, laid: Json) -> str:
    """That the network is narrower than it was asked for, where it is."""
    found, wanted = sizes(point, laid), asked["sizes"]
    if found == wanted:
        return ""
    words = ["-".join(map(str, each)) for each in (wanted, found)]
    return f"Layers wider than 8 are made narrow: {words[0]} became {words[1]}, equal and in order where they were."


def told(point: Json, laid: Json) -> Iterator[str]:
    """The point as text: its matrices, what no point can show, what to do with it."""
    layers: Sequence[Json] = point["network"]["layers"]  # type: ignore[index]
    activations = ", ".join(str(layer["activation"]) for layer in layers)
    yield f"A point that shows mistakes: {'-'.join(map(str, sizes(point, laid)))}, {activations}, {point['loss']}"
    named: list[tuple[str, object]] = [("X", point["data"]["x"]), ("Y", point["data"]["y"])]  # type: ignore[index]
    for l, layer in enumerate(layers):
        paths = [(name, f"layers.{l}.{name}") for name in ("weights", "bias")]
        named += [(blackboard.blackboard(path), layer[name]) for name, path in paths if layer.get(name) is not None]
    for name, value in named:
        yield from ("", name, *matrix(value))
    yield ""
    yield from hidden(point)
    yield "Compute your gradients there; --out FILE.case.json writes it as a case to add them to,"
    yield "and backproof check FILE.case.json judges them."


def matrix(value: object) -> Iterator[str]:
    """A matrix or a vector, a line for each row."""
    assert isinstance(value, list)
    rows = value if value and isinstance(value[0], list) else [value]
    cells = [[f"{float(entry):.12g}" for entry in row] for row in rows]
    wide = max((len(cell) for row in cells for cell in row), default=0)
    return ("  " + "  ".join(cell.rjust(wide) for cell in row) for row in cells)


def hidden(point: Json) -> Iterator[str]:
    """What no point of this network and loss can show."""
    unshowable = point.get("unshowable")
    reasons: dict[str, list[str]] = {}
    for each in unshowable if isinstance(unshowable, list) else []:
        layer = each.get("layer")
        place = "" if layer is None else f" in layer {layer + 1}"
        reasons.setdefault(str(each.get("reason")), []).append(f"{each['id']}{place}")
    if reasons:
        yield "No point of this network and loss shows:"
        for reason, ids in reasons.items():
            yield from textwrap.wrap(f"{', '.join(ids)}: {reason}", 80, initial_indent="  ", subsequent_indent="    ")
        yield ""
