"""Cases: read from the files in cases/, and refused where a member is misspelt, since that would check nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kit.script import Script, script
from kit.values import CaseError, Json, read

LONGEST = 30.0  # seconds that a driver may take for one call

CASE = {"name", "why", "steps", "server"}
STEP = {"call", "arguments", "save", "expect", "timeout_seconds", "attempts", "within"}
CALLS = (
    "capabilities",
    "gradients",
    "check",
    "point",
    "derive",
    "train",
    "wait",
    "job",
    "jobs",
    "weights",
    "metrics",
    "cancel",
    "upload",
    "dataset",
    "predict",
)


@dataclass(frozen=True)
class Step:
    """One call, what it is expected to give, and the name under which its result is kept for later steps."""

    call: str
    arguments: Json
    expect: Json
    options: Mapping[str, Json]  # timeout_seconds and attempts, where the case gives them
    save: str | None = None
    within: float = LONGEST


@dataclass(frozen=True)
class Case:
    """Something that every client has to get right, and why."""

    name: str
    why: str
    steps: tuple[Step, ...]
    server: Script | None = None
    group: str = ""  # the name of its file

    def called(self, part: str) -> bool:
        """Whether the part stands in the case's name or its group's: "numbers/", "wait-"."""
        return part in f"{self.group}/{self.name}"


def cases(folder: Path) -> list[Case]:
    """The cases in the files of a folder, in the order of names. Raises CaseError for one that makes no sense."""
    found: list[Case] = []
    for path in sorted(folder.glob("*.json")):
        try:
            told = read(path.read_bytes())
            each = told if isinstance(told, list) else [named(told, path.stem)]
            found += (replace(case(one), group=path.stem) for one in each)
        except (CaseError, ValueError) as error:
            raise CaseError(f"{path.name}: {error}") from error
    twice = {one.name for one in found if sum(other.name == one.name for other in found) > 1}
    if twice:
        raise CaseError(f"several cases are named {', '.join(sorted(twice))}")
    return found


def named(told: Json, name: str) -> Json:
    """The case, which has to be named as its file is."""
    if not isinstance(told, dict) or told.get("name") != name:
        raise CaseError(f"the case in this file has to be named {name}")
    return told


def case(told: Json) -> Case:
    """One case."""
    held = members(told, CASE, {"name", "why", "steps"}, "a case")
    name, steps = str(held["name"]), held["steps"]
    if not isinstance(steps, list) or not steps:
        raise CaseError(f"{name} has no steps")
    try:
        server = held.get("server")
        return Case(name, str(held["why"]), tuple(map(step, steps)), None if server is None else script(server))
    except CaseError as error:
        raise CaseError(f"{name}: {error}") from error


def step(told: Json) -> Step:
    """One step."""
    held = members(told, STEP, {"call"}, "a step")
    if held["call"] not in CALLS:
        raise CaseError(f"there is no call {held['call']}; there are {', '.join(CALLS)}")
    if "expect" not in held and "save" not in held:
        raise CaseError(f"the step {held['call']} neither expects nor saves anything")
    within, save = held.get("within", LONGEST), held.get("save")
    return Step(
        call=str(held["call"]),
        arguments=held.get("arguments", {}),
        expect=held.get("expect", {"result": {"$any": True}}),
        options={name: held[name] for name in ("timeout_seconds", "attempts") if name in held},
        save=None if save is None else str(save),
        within=float(within) if isinstance(within, int | float) else LONGEST,
    )


def members(told: Json, known: Iterable[str], needed: Iterable[str], what: str) -> Mapping[str, Json]:
    """The members of an object. Raises CaseError where one is unknown or missing."""
    if not isinstance(told, dict):
        raise CaseError(f"{what} has to be an object")
    unknown, missing = set(told) - set(known), set(needed) - set(told)
    if unknown or missing:
        raise CaseError(f"{what} has no use for {sorted(unknown)} and lacks {sorted(missing)}")
    return told
