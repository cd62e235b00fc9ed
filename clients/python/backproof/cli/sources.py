"""Points and the right answers there as source: NumPy or OCaml that needs nothing but itself, to commit into tests.

Every number is written so that it reads back bit for bit. Nothing of the machine or the time is in the text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backproof.requests import Json

WIDTH = 100
Value = object  # a text, a number, a vector, a matrix, None, or a list of those over the layers
Fields = Mapping[str, Value]
Layouts = Mapping[str, str]

POINT = "{X} and {Y} are the rows and the targets, {W} and b the parameters by layer"
ANSWERS = "; {Z}, {A} and delta are lists over the layers too, {dW} and db the gradients of the loss"
NAMES = ("X", "Y", "W", "Z", "A", "dW")


@dataclass(frozen=True)
class Layered:
    """One value for each layer."""

    each: Sequence[Value]


def fields(point: Any) -> Fields:
    """A point, as POST /points tells it, by the blackboard's names, and the right answers where they are there."""
    layers, data = point["network"]["layers"], point["data"]
    found: Fields = {
        "loss": point["loss"],
        "activation": Layered([layer["activation"] for layer in layers]),
        "X": data["x"],
        "Y": data["y"],
        "W": Layered([layer["weights"] for layer in layers]),
        "b": Layered([layer.get("bias") for layer in layers]),
    }
    return {**found, **_answers(point["answers"])} if "answers" in point else found


def _answers(told: Any) -> Fields:
    return {
        "loss_value": told["loss_value"],
        "Z": Layered(told["pre_activations"]),
        "A": Layered(told["activations"]),
        "delta": Layered(told["deltas"]),
        "dW": Layered([each["weights"] for each in told["gradients"]]),
        "db": Layered([each.get("bias") for each in told["gradients"]]),
    }


@dataclass(frozen=True)
class Origin:
    """How a file was made: the command, and the layout that it asked for."""

    command: str
    layout: Layouts

    def told(self, words: str, names: Fields) -> str:
        """What the head of a file says, its names as the file has them."""
        rows = "columns" if self.layout.get("samples") == "columns" else "rows"
        shape = "out × in" if self.layout.get("weights") == "out_in" else "in × out"
        told = f"{words.format_map(names)}. Instances are {rows}, weights {shape}."
        return (
            f"Made by: {self.command}\n\n{textwrap.fill(f'{told} Every number is a float64, exact as it stands.', 95)}"
        )


# ---------------------------------------------------------------- NumPy


def numpy_cases(points: Sequence[Json], origin: Origin) -> str:
    """A Python module with CASES, a list of dicts by the blackboard's names."""
    head = _docstring("Points that show mistakes of a backprop, and the right answers there.", POINT + ANSWERS, origin)
    cases = ["    {\n" + "".join(_entries(fields(point))) + "    },\n" for point in points]
    return f"{head}CASES = [\n{''.join(cases)}]\n"


def numpy_point(point: Json, origin: Origin) -> str:
    """A Python module with a point."""
    lines = [f"{name} = {_numpy(value, 0)}\n" for name, value in fields(point).items()]
    return _docstring("A point that shows mistakes of a backprop.", POINT, origin) + "".join(lines)


def _docstring(title: str, words: str, origin: Origin) -> str:
    told = origin.told(words, {name: name for name in NAMES}).replace("\\", "\\\\").replace('"', "'")
    return f'"""{title}\n\n{told}\n"""\n\nimport numpy as np\n\n'


def _entries(found: Fields) -> Iterator[str]:
    return (f'        "{name}": {_numpy(value, 8)},\n' for name, value in found.items())


def _numpy(value: Value, indent: int) -> str:
    """The value as Python, its lines after the first set in."""
    match value:
        case Layered([str(), *_] as names):
            return f"[{', '.join(_numpy(name, 0) for name in names)}]"
        case Layered(each):
            return _block("[", [_numpy(one, indent + 4) for one in each], "]", indent)
        case [[*_], *_]:
            return (
                "np.array("
                + _block("[", [_numbers(row, "[", ", ", "]", indent + 4) for row in value], "]", indent)
                + ")"
            )
        case [*numbers]:
            return f"np.array({_numbers(numbers, '[', ', ', ']', indent + 10)})"
        case str():
            return f'"{value}"'
    return "None" if value is None else repr(float(value))  # type: ignore[arg-type]


# ---------------------------------------------------------------- OCaml

MATRICES = "float array array list"
TYPES = {
    "loss": "string",
    "activation": "string list",
    "X": "float array array",
    "Y": "float array array",
    "W": MATRICES,
    "b": "float array option list",
    "loss_value": "float",
    "Z": MATRICES,
    "A": MATRICES,
    "delta": MATRICES,
    "dW": MATRICES,
    "db": "float array option list",
}


def ocaml_cases(points: Sequence[Json], origin: Origin) -> str:
    """An OCaml module with the type case and the list cases."""
    head = _comment("Points that show mistakes of a backprop, and the right answers there.", POINT + ANSWERS, origin)
    types = "".join(f"  {name.lower()} : {type_};\n" for name, type_ in TYPES.items())
    cases = ["    {\n" + "".join(_members(fields(point))) + "    };\n" for point in points]
    return f"{head}type case = {{\n{types}}}\n\nlet cases =\n  [\n{''.join(cases)}  ]\n"


def ocaml_point(point: Json, origin: Origin) -> str:
    """An OCaml module with a point."""
    lines = [f"let {name.lower()} =\n  {_ocaml(value, 2, TYPES[name])}\n" for name, value in fields(point).items()]
    return _comment("A point that shows mistakes of a backprop.", POINT, origin) + "\n".join(lines)


def _comment(title: str, words: str, origin: Origin) -> str:
    told = origin.told(words, {name: name.lower() for name in NAMES})
    return "(* " + textwrap.indent(f"{title}\n\n{told}", "   ").lstrip() + " *)\n\n"


def _members(found: Fields) -> Iterator[str]:
    return (f"      {name.lower()} = {_ocaml(value, 6, TYPES[name])};\n" for name, value in found.items())


def _ocaml(value: Value, indent: int, of: str) -> str:
    """The value as OCaml of that type, its lines after the first set in."""
    match value:
        case Layered([str(), *_] as names):
            return f"[ {'; '.join(_ocaml(name, 0, of) for name in names)} ]"
        case Layered(each):
            return _block("[", [_ocaml(one, indent + 2, of.removesuffix(" list")) for one in each], "]", indent, ";")
        case [[*_], *_]:
            return _block("[|", [_numbers(row, "[| ", "; ", " |]", indent + 2) for row in value], "|]", indent, ";")
        case [*numbers]:
            return ("Some " if of.endswith("option") else "") + _numbers(numbers, "[| ", "; ", " |]", indent + 5)
        case str():
            return f'"{value}"'
    return "None" if value is None else repr(float(value))  # type: ignore[arg-type]


# ---------------------------------------------------------------- lines


def _block(start: str, lines: Iterable[str], end: str, indent: int, between: str = ",") -> str:
    """The lines between brackets, each on its own."""
    inner = " " * (indent + (4 if between == "," else 2))
    return f"{start}\n{''.join(f'{inner}{line}{between}' + chr(10) for line in lines)}{' ' * indent}{end}"


def _numbers(row: Any, start: str, between: str, end: str, indent: int) -> str:
    """A row of numbers, broken where it is long."""
    text = start + between.join(repr(float(entry)) for entry in row) + end
    room = WIDTH - indent
    inner = " " * (indent + len(start))
    return ("\n" + inner).join(textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False))
