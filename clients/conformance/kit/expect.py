"""Expectations: how a value differs from what a case expects of it.

An expectation is JSON: objects match as subsets, lists entry by entry, numbers exactly, and objects with one operator
({"$near": …}) as the table OPERATORS says.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kit.values import CaseError, Json, shown

Numbers = list[float]


@dataclass(frozen=True)
class Difference:
    """One place at which a value is not as expected."""

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path or 'the whole'}: expected {self.expected}, found {self.found}"


Found = Iterator[Difference]


def differences(expected: Json, found: Json, path: str = "") -> Found:
    """Each place at which `found` is not as expected. Raises CaseError for an operator that does not exist."""
    if isinstance(expected, dict):
        names = [name for name in expected if name.startswith("$")]
        yield from operated(names, expected, found, path) if names else members(expected, found, path)
    elif isinstance(expected, list):
        yield from listed(expected, found, path)
    elif not same(expected, found):
        yield Difference(path, shown(expected), shown(found))


def members(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """The differences of an object that has to have these members; others are free."""
    if not isinstance(found, dict):
        yield Difference(path, "an object", shown(found))
        return
    for name, value in expected.items():
        yield from differences(value, found.get(name), f"{path}.{name}" if path else name)


def listed(expected: list[Json], found: Json, path: str) -> Found:
    """The differences of a list, entry by entry."""
    if not isinstance(found, list):
        yield Difference(path, "a list", shown(found))
    elif len(found) != len(expected):
        yield Difference(path, f"{len(expected)} entries", f"{len(found)}: {shown(found)}")
    else:
        for index, (one, other) in enumerate(zip(expected, found)):
            yield from differences(one, other, f"{path}[{index}]")


def same(expected: Json, found: Json) -> bool:
    """Whether two plain values are the same; true is no 1, "1" is no 1, 1.0 is 1."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    return expected == found


def operated(names: list[str], expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """The differences that an operator finds."""
    name, *others = names
    if others or name not in OPERATORS or set(expected) - {name, "relative"}:
        raise CaseError(
            f"{path or 'the whole'}: {shown(dict(expected))} is no expectation; there are {list(OPERATORS)}"
        )
    yield from OPERATORS[name](expected, found, path)


def near(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """|found − v| ≤ r · max|v| for every entry, the maximum being that of the whole block v."""
    block, relative = expected["$near"], expected.get("relative")
    if not isinstance(relative, int | float):
        raise CaseError(f"{path}: $near needs a number as its relative")
    largest = max((abs(number) for number in numbers(block)), default=0.0)
    yield from within(block, found, path, relative * largest)


def within(block: Json, found: Json, path: str, allowed: float) -> Found:
    """Each entry of a block that is further off than allowed, and each that is no number."""
    if isinstance(block, list):
        if not isinstance(found, list) or len(found) != len(block):
            yield Difference(path, f"a list of {len(block)}", shown(found))
            return
        for index, (one, other) in enumerate(zip(block, found)):
            yield from within(one, other, f"{path}[{index}]", allowed)
    elif not is_number(found) or not abs(number(found) - number(block)) <= allowed:
        yield Difference(path, f"{shown(block)} within {allowed:.3g}", shown(found))


def bits(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """float64 values by their bits, as 16 hexadecimal digits; lists of them likewise."""
    yield from same_bits(expected["$bits"], found, path)


def same_bits(expected: Json, found: Json, path: str) -> Found:
    """Each entry that has other bits than expected."""
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield Difference(path, f"a list of {len(expected)}", shown(found))
            return
        for index, (one, other) in enumerate(zip(expected, found)):
            yield from same_bits(one, other, f"{path}[{index}]")
        return
    here = struct.pack(">d", number(found)).hex() if is_number(found) else None
    if here != expected:
        (value,) = struct.unpack(">d", bytes.fromhex(str(expected)))
        yield Difference(path, f"{value!r} ({expected})", f"{shown(found)} ({here})")


def anything(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """Whatever is there."""
    if found is None:
        yield Difference(path, "anything", "nothing")


TYPES: Mapping[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: is_number(value),
    "integer": lambda value: is_number(value) and number(value).is_integer(),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def typed(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """A value of a type."""
    name = str(expected["$type"])
    if name not in TYPES:
        raise CaseError(f"{path}: there is no type {name}; there are {list(TYPES)}")
    if not TYPES[name](found):
        yield Difference(path, f"a value of type {name}", shown(found))


def long(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """A list, object or string of a length."""
    here = len(found) if isinstance(found, list | dict | str) else None
    if here != expected["$length"]:
        yield Difference(path, f"length {expected['$length']}", f"{here}: {shown(found)}")


def containing(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """A string with a text in it, or a list with an entry that matches."""
    part = expected["$contains"]
    if isinstance(found, list):
        hit = any(matches(part, entry) for entry in found)
    else:
        hit = isinstance(found, str) and isinstance(part, str) and part in found
    if not hit:
        yield Difference(path, f"something with {shown(part)} in it", shown(found))


def each(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """A list all of whose entries match."""
    if not isinstance(found, list):
        yield Difference(path, "a list", shown(found))
        return
    for index, entry in enumerate(found):
        yield from differences(expected["$each"], entry, f"{path}[{index}]")


def every(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """What matches all of several expectations."""
    for one in several(expected["$all"], path):
        yield from differences(one, found, path)


def some(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """What matches at least one of several expectations."""
    if not any(matches(one, found) for one in several(expected["$some"], path)):
        yield Difference(path, f"one of {shown(expected['$some'])}", shown(found))


def unlike(expected: Mapping[str, Json], found: Json, path: str) -> Found:
    """What does not match."""
    if matches(expected["$not"], found):
        yield Difference(path, f"anything but {shown(expected['$not'])}", shown(found))


OPERATORS: Mapping[str, Callable[[Mapping[str, Json], Json, str], Found]] = {
    "$near": near,
    "$bits": bits,
    "$any": anything,
    "$type": typed,
    "$length": long,
    "$contains": containing,
    "$each": each,
    "$all": every,
    "$some": some,
    "$not": unlike,
}


def matches(expected: Json, found: Json) -> bool:
    """Whether nothing differs."""
    return next(differences(expected, found), None) is None


def several(value: Json, path: str) -> list[Json]:
    """The expectations in a list. Raises CaseError where there is no list."""
    if not isinstance(value, list):
        raise CaseError(f"{path}: a list of expectations was needed, not {shown(value)}")
    return value


def numbers(block: Json) -> Numbers:
    """The entries of a block, in order."""
    return [entry for row in block for entry in numbers(row)] if isinstance(block, list) else [number(block)]


def is_number(value: Json) -> bool:
    """Whether the value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Json) -> float:
    """The value as a float64. Raises CaseError where it is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise CaseError(f"{shown(value)} is no number")
    return float(value)
