"""Playing: one case with one driver, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from kit.case import Case, Step
from kit.driver import Broken, ask
from kit.expect import differences
from kit.server import Played, playing
from kit.values import CaseError, Json, filled, shown


@dataclass
class Outcome:
    """What came of a case: what was wrong, and what was said."""

    case: Case
    faults: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.faults


def play(case: Case, driver: str, url: str | None, run: str) -> Outcome:
    """The outcome of a case. `url` is the real service's, `run` a string that no other run has."""
    outcome = Outcome(case)
    saved: dict[str, Json] = {"run": run}
    with ExitStack() as held:
        played: Played | None = None
        if case.server is not None:
            url, played = held.enter_context(playing(case.server, saved))
        try:
            for number, step in enumerate(case.steps, 1):
                told = step_faults(step, driver, {"url": url}, saved, outcome.log)
                outcome.faults += [f"step {number} ({step.call}): {each}" for each in told]
                if outcome.faults:
                    break
        except CaseError as error:
            outcome.faults.append(f"the case cannot be played: {error}")
        if played:
            outcome.log += played.log
            outcome.faults += [*played.faults, *played.missing()]
    return outcome


def step_faults(
    step: Step, driver: str, place: Mapping[str, Json], saved: dict[str, Json], log: list[str]
) -> Iterator[str]:
    """What is wrong with a step's outcome, in words; its result is saved for later steps."""
    request = {**place, "call": step.call, "arguments": filled(step.arguments, saved), **step.options}
    log.append(f"driver reads  {shown(request, 2000)}")
    try:
        spoken = ask(driver, request, step.within)
    except Broken as error:
        yield str(error)
        return
    log.append(f"driver writes {shown(dict(spoken.answer), 2000)}   [{spoken.seconds:.2f} s]")
    if spoken.stderr:
        log.append(f"driver says   {spoken.stderr.strip()}")
    expected = filled(step.expect, saved)
    if isinstance(expected, dict) and ("error" in expected) != ("error" in spoken.answer):
        yield f"expected {'an error' if 'error' in expected else 'a result'}, found {shown(dict(spoken.answer))}"
    else:
        yield from map(str, differences(expected, dict(spoken.answer)))
    if step.save:
        saved[step.save] = spoken.answer.get("result")
