"""The kit as a program: what it lists, what it shows, and the service that it starts for itself."""

import re

from backproof_core import ACTIVATIONS, LOSSES

from .conftest import kit
from .drivers import DRIVERS, KIT


def test_the_list_says_why_each_case_is_there() -> None:
    lines = kit("--list").stdout.splitlines()
    names, reasons = lines[::2], lines[1::2]
    assert len(names) == len(set(names)) > 90
    assert all(reason.startswith("    ") and reason.endswith(".") for reason in reasons)


def test_without_a_driver_it_is_not_played() -> None:
    told = kit()
    assert (told.returncode, told.stderr) == (2, "name a driver: --driver 'COMMAND'\n")


def test_an_unknown_case_is_not_taken_for_success() -> None:
    told = kit("--only", "no-such-case", "--driver", "true")
    assert told.returncode == 2
    assert "no-such-case" in told.stderr


def test_it_starts_and_ends_a_service_of_its_own() -> None:
    told = kit("--driver", DRIVERS["javascript"], "--only", "capabilities")
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout == "ok   capabilities\n1 passed, 0 failed\n"


def test_every_exchange_is_shown_where_it_is_asked_for() -> None:
    told = kit("--driver", DRIVERS["javascript"], "--only", "busy-503-is-asked-again", "-v")
    assert told.returncode == 0, told.stdout
    for words in ("driver reads", "> GET /jobs/job_1", "<  503", "<  200", "driver writes"):
        assert words in told.stdout


def test_every_call_and_every_kind_of_error_has_a_case() -> None:
    from kit.case import CALLS, cases
    from kit.driver import KINDS

    found = cases(KIT / "cases")
    assert {step.call for case in found for step in case.steps} == set(CALLS)
    assert set(re.findall(r"'kind': '(\w+)'", str([s.expect for c in found for s in c.steps]))) >= set(KINDS)


def test_every_loss_and_activation_has_a_case() -> None:
    told = "".join(path.read_text(encoding="utf-8") for path in (KIT / "cases").glob("*.json"))
    assert [name for name in (*ACTIVATIONS, *LOSSES) if f'"{name}"' not in told] == []
