"""JSON values: how they are read, shown in one line, and filled in with what earlier steps saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class CaseError(Exception):
    """A case that cannot be played as it is written."""


def read(text: str | bytes) -> Json:
    """The JSON value in a text. Raises ValueError where it is none; bare NaN and Infinity are none."""
    value: Json = json.loads(text, parse_constant=no_number)
    return value


def no_number(name: str) -> NoReturn:
    """Nothing: JSON has no such number."""
    raise ValueError(f"{name} is no JSON")


def shown(value: Json, longest: int = 400) -> str:
    """The value in one line, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[:longest]} … ({len(text)} characters)"


def filled(template: Json, saved: Mapping[str, Json]) -> Json:
    """The template with every {"$ref": "name.member.0"} replaced by what is saved under that path."""
    if isinstance(template, list):
        return [filled(entry, saved) for entry in template]
    if not isinstance(template, dict):
        return template
    if template.keys() == {"$ref"}:
        return at(str(template["$ref"]), saved)
    return {name: filled(value, saved) for name, value in template.items()}


def at(path: str, saved: Mapping[str, Json]) -> Json:
    """The saved value at a path. Raises CaseError where there is none."""
    value: Json = dict(saved)
    for part in path.split("."):
        try:
            if isinstance(value, list):
                value = value[int(part)]
            elif isinstance(value, dict):
                value = value[part]
            else:
                raise KeyError(part)
        except (KeyError, IndexError, ValueError) as error:
            raise CaseError(f"nothing is saved as {path}") from error
    return value
