"""constraints.txt pins whatever gets installed, by name and version and by nothing else."""

import re
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
OURS = {"backproof", "backproof-core", "backproof-service"}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    parted = (re.fullmatch(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)", line) for line in lines if not line.startswith("#"))
    return {found[1]: found[2] for found in parted if found}


def from_makefile() -> set[str]:
    """The builders, tools and libraries that the Makefile installs besides ours."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:BUILDERS|EXAMPLES|TOOLS|CLIENTS) := ([^#\n]*)", text, re.MULTILINE)
    return {name for names in lists for name in names.split()}


def everything_installed() -> set[str]:
    """Names of all that follows from our distributions and the Makefile's lists, on this machine."""
    found: set[str] = set()
    waiting = [Requirement(name) for name in from_makefile() | OURS - {"backproof"}] + [Requirement("backproof[cli]")]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found and not wanted.extras:
            continue
        found.add(name)
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            extras = wanted.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return found - OURS


def test_every_line_is_a_name_and_a_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert len(pins()) == sum(not line.startswith("#") for line in lines)


def test_whatever_gets_installed_is_pinned() -> None:
    assert from_makefile() > {"pytest", "hatchling"}
    assert everything_installed() - set(pins()) == set()


def test_the_tests_run_with_the_pinned_versions() -> None:
    assert sys.version_info >= (3, 11)
    different = {name: distribution(name).version for name in everything_installed()}
    assert {name: version for name, version in different.items() if pins()[name] != version} == {}
