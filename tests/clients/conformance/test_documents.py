"""What the documents about clients show is what happens: their commands, their programs, their tables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from serving import environment

from .conftest import kit
from .drivers import BUILT, DRIVERS, KIT, ROOT

GUIDE = ROOT / "docs" / "clients.md"
BROKEN = Path(__file__).with_name("broken.py")
DOCUMENTS = (GUIDE, KIT / "README.md", ROOT / "clients/javascript/README.md", ROOT / "clients/shell/README.md")


def blocks(document: Path, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"{document.name} has no {language}"
    return found


def brief(command: str) -> str:
    """The command, with a service that runs already, and for one case where it would play all, as test_drivers does."""
    if "--driver" not in command:
        return command
    only = "" if "--only" in command else " --only training/capabilities"
    return command + only + ("" if "--url" in command else ' --url "$BACKPROOF_URL"')


@pytest.mark.parametrize("document", [GUIDE, KIT / "README.md"], ids=lambda path: path.name)
def test_the_commands_of_the_kit(url: str, document: Path) -> None:
    lines = [brief(line) for block in blocks(document, "sh") for line in block.splitlines()]
    script = "\n".join(lines)
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, cwd=ROOT,
        env=environment(BACKPROOF_URL=url), check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count(", 0 failed") == script.count("--driver")


def test_the_failure_that_is_shown() -> None:
    (shown,) = blocks(GUIDE, "text")
    case = shown.split()[1]
    assert kit("--driver", f"{sys.executable} {BROKEN} sends_a_job_twice", "--only", case).stdout == shown


def test_the_steps_lead_to_all_cases() -> None:
    from kit.case import cases

    parts = re.findall(r"`--only ([^`]+)`", "\n".join(re.findall(r"^\| \d \|.*$", GUIDE.read_text(), re.MULTILINE)))
    found = cases(KIT / "cases")
    assert [part for part in parts if not any(case.called(part) for case in found)] == []
    assert [case.name for case in found if not any(map(case.called, parts))] == []


def test_every_call_stands_in_the_protocol() -> None:
    from kit.case import CALLS

    text = (KIT / "README.md").read_text(encoding="utf-8")
    assert [call for call in CALLS if f"| `{call}` |" not in text] == []


def test_the_case_and_the_script_that_are_shown_can_be_played() -> None:
    from kit.case import case
    from kit.driver import answer
    from kit.script import script
    from kit.values import read

    shown = blocks(KIT / "README.md", "json")
    (example,) = [case(read(block)) for block in shown if '"steps"' in block]
    assert example.steps[0].call == "gradients"
    (exchanges,) = [script(read("{" + block + "}")["server"]) for block in shown if block.startswith('"server"')]  # type: ignore[index, call-overload]
    assert len(exchanges.entries) == 2
    (error,) = [answer(block.encode()) for block in shown if block.startswith('{"error"')]
    assert set(error) == {"error"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")) if "://" not in link]
    assert links
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_javascript_of_the_tour(url: str) -> None:
    (program,) = blocks(ROOT / "clients/javascript/README.md", "js")
    ran = subprocess.run(
        ["node", "--input-type=module", "--eval", program],
        capture_output=True, text=True, check=False,
        cwd=ROOT / "clients/javascript", env=environment(BACKPROOF_URL=url),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("true [")
    assert lines[-1].startswith('true #/loss: the string "half_see" is no loss')
    assert any(line.startswith("job_") and line.endswith(" succeeded") for line in lines)


def test_the_shell_of_the_tour(url: str, tmp_path: Path) -> None:
    (tmp_path / "clients").symlink_to(ROOT / "clients")
    (script,) = blocks(ROOT / "clients/shell/README.md", "sh")
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True, text=True, cwd=tmp_path, env=environment(BACKPROOF_URL=url), check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("true\n")
    assert "job_" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith('"sha256:')


@pytest.mark.parametrize("name", [name for name in DRIVERS if name not in BUILT])
def test_every_driver_there_is_stands_in_the_checkout(name: str) -> None:
    assert any((ROOT / word).is_file() for word in DRIVERS[name].split()), DRIVERS[name]
