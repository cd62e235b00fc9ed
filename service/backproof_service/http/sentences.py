"""Sentences for what pydantic found: what was given, what was needed, and where, as a path into the body."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from backproof_service.http.words import listed, nearest
from backproof_service.wire.base import BRANCH
from backproof_service.wire.numbers import kind, shown

Path: TypeAlias = tuple[str | int, ...]
Found: TypeAlias = Mapping[str, Any]

NEEDED = {
    "int_type": "an integer, such as 3",
    "int_parsing": "an integer, such as 3",
    "int_from_float": "an integer, such as 3",
    "int_parsing_size": "an integer within 2^53 - 1",
    "float_type": "a finite number, such as 0.5",
    "finite_number": "a finite number, such as 0.5",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
PATTERNS = {
    "sha256": 'an id is "sha256:" and 64 lower-case hexadecimal digits, as POST /datasets answers it',
    ",[0-9]": "it must be two numbers of rows, from and to, such as 0,8",
    "[0-9]{1,18}": "give `next` of the page before",
}


def faults(found: Sequence[Found]) -> list[tuple[str, Path, str]]:
    """Each fault as (code, path, sentence)."""
    return [fault for error in found for fault in _each(error)]


def _each(error: Found) -> Iterator[tuple[str, Path, str]]:
    path: Path = tuple(part for part in error["loc"] if not str(part).startswith(BRANCH))
    context = error.get("ctx", {})
    if error["type"] == "unknown_field":
        yield from _unknown(path, context)
    elif error["type"] == "missing":
        yield "missing_field", path, f'The field "{path[-1]}" is missing; it is required.'
    elif error["type"] == "union_tag_invalid":
        yield _wrong_type(path, error["input"], context)
    elif error["type"] == "fault" and not context:  # a union that no branch of fits, see wire/
        yield "invalid_value", path, error["msg"]
    elif "sentence" in context:
        yield context["code"], path + tuple(context["where"]), context["sentence"]
    else:
        yield "invalid_value", path, _sentence(error["type"], error["input"], context, error["msg"])


def _unknown(path: Path, context: Found) -> Iterator[tuple[str, Path, str]]:
    valid = [*context["valid"], *context["instead"]]
    words = listed(
        [*context["valid"], *(f"{other} (in place of {ours})" for other, ours in context["instead"].items())]
    )
    for name in context["unknown"]:
        hint = nearest(name, valid)
        yield "unknown_field", (*path, name), f'There is no field "{name[:80]}" here{hint}; valid are {words}.'


def _wrong_type(path: Path, sent: Any, context: Found) -> tuple[str, Path, str]:
    valid = [tag.strip().strip("'").removeprefix(BRANCH) for tag in str(context["expected_tags"]).split(",")]
    if not isinstance(sent, Mapping):
        return (
            "invalid_value",
            path,
            f'This is {shown(sent)}; it must be an object with "type", one of {listed(valid)}.',
        )
    if "type" not in sent:
        return "missing_field", (*path, "type"), f'The field "type" is missing; it must be one of {listed(valid)}.'
    given = sent["type"]
    return (
        "unknown_name",
        (*path, "type"),
        f"{shown(given)} is no type{nearest(given, valid)}; valid are {listed(valid)}.",
    )


def _sentence(error: str, sent: Any, context: Found, message: str) -> str:
    if error in NEEDED:
        return f"This is {shown(sent)}; it must be {NEEDED[error]}."
    if error in BOUNDS:
        name, words = BOUNDS[error]
        return f"This is {shown(sent)}; it must be {words} {context[name]}."
    write = SENTENCES.get(error)
    return write(sent, context) if write else f"This is {shown(sent)}. {message}."


def _pattern(sent: Any, context: Found) -> str:
    need = next((words for mark, words in PATTERNS.items() if mark in context["pattern"]), "it has another form")
    return f"This is {shown(sent)}; {need}."


SENTENCES: dict[str, Callable[[Any, Found], str]] = {
    "too_short": lambda sent, ctx: f"This has {ctx['actual_length']} entries; it needs at least {ctx['min_length']}.",
    "too_long": lambda sent, ctx: (
        f"This has more than {ctx['max_length']} entries; at most {ctx['max_length']} are taken."
    ),
    "string_too_short": lambda sent, ctx: f"This is {shown(sent)}; it needs at least {ctx['min_length']} characters.",
    "string_too_long": lambda sent, ctx: f"This is {shown(sent)}; at most {ctx['max_length']} characters are taken.",
    "string_pattern_mismatch": _pattern,
    "literal_error": lambda sent, ctx: f"This is {shown(sent)}; it must be {ctx['expected']}.",
    "enum": lambda sent, ctx: f"This is {shown(sent)}; it must be {ctx['expected']}.",
    "invalid_key": lambda sent, ctx: f"A key is {kind(sent)}; keys are strings.",
}
