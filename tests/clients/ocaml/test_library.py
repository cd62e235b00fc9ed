"""clients/ocaml from a fresh copy: everything builds without a word, its own tests pass, its packages are in order."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

OCAML = Path(__file__).resolve().parents[3] / "clients" / "ocaml"
PACKAGES = ["backproof", "backproof-alcotest", "backproof-client"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as it is in a fresh clone."""
    folder = tmp_path_factory.mktemp("fresh") / "ocaml"
    shutil.copytree(OCAML, folder, ignore=shutil.ignore_patterns("_build*"))
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """The command there, with no service to be found and without the chatter that dune adds under CI; a sweep stays."""
    without = {name: value for name, value in os.environ.items() if name not in ("BACKPROOF_URL", "CI")}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=3000, env=without, check=False)


def test_everything_builds_and_its_tests_pass(copy: Path) -> None:
    built = run(copy, "dune", "build", "@all", "--root", ".")
    assert (built.returncode, built.stdout, built.stderr) == (0, "", "")
    tested = run(copy, "dune", "build", "@runtest", "--root", ".")
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr[-4000:]
    assert (tested.stdout + tested.stderr).count("Test Successful") == 3


def test_no_warning_is_silenced(copy: Path) -> None:
    sources = [path for pattern in ("**/*.ml", "**/*.mli", "**/dune") for path in copy.glob(pattern)]
    assert len(sources) > 50
    silencing = re.compile(r"\[@+\s*(ocaml\.)?(warning|alert)|\(flags|-w\b")
    found = [path.name for path in sources if "_build" not in path.parts and silencing.search(path.read_text("utf-8"))]
    assert found == []


NOT_OURS = re.compile(r"File \S+\.odoc\S*:\nWarning: Couldn't find the following modules:\n  [\w ]+\n")


def test_the_documentation_builds_without_a_word(copy: Path) -> None:
    """Of our own: where Debian has no documentation of another library, odoc says so."""
    built = run(copy, "dune", "build", "@doc", "--root", ".")
    assert (built.returncode, built.stdout, NOT_OURS.sub("", built.stderr)) == (0, "", "")
    pages = {path.parent.name for path in (copy / "_build" / "default" / "_doc" / "_html").rglob("index.html")}
    assert set(PACKAGES) <= pages
    assert {"Judge", "Backprop", "Remote"} <= pages


def values(interface: Path) -> list[tuple[str, str]]:
    """Each public value of an interface with what follows it, up to the next item."""
    public = interface.read_text("utf-8").split("(**/**)")[0]
    parts = re.split(r"^ *(?=val |type |exception |module |include |end\b|\(\*\* \{)", public, flags=re.MULTILINE)
    found = [(re.match(r"val (\([^)]*\)|\S+)", part), part) for part in parts]
    return [(match.group(1), part) for match, part in found if match]


def exported(client: Path) -> list[Path]:
    """The interfaces of the modules that the client library shows."""
    names = re.findall(r"^module \w+ = (\w+)$", (client / "backproof_client.ml").read_text("utf-8"), re.MULTILINE)
    return [client / f"{name.lower()}.mli" for name in names]


def test_every_public_value_has_its_sentence() -> None:
    interfaces = [*OCAML.glob("lib/**/*.mli"), *OCAML.glob("alcotest/*.mli"), *exported(OCAML / "client")]
    undocumented = [
        f"{interface.name}: {name}" for interface in interfaces for name, part in values(interface) if "(**" not in part
    ]
    assert undocumented == []
    assert sum(len(values(interface)) for interface in interfaces) > 120


@pytest.mark.parametrize("package", PACKAGES)
def test_opam_accepts_the_package(copy: Path, package: str) -> None:
    linted = run(copy, "opam", "lint", f"{package}.opam")
    assert linted.returncode == 0, linted.stdout
    assert "Passed" in linted.stdout, linted.stdout


def test_the_packages_are_those_of_dune_project(copy: Path) -> None:
    """Dune writes them; what is committed is what it writes."""
    built = run(copy, "dune", "build", *(f"./{package}.opam" for package in PACKAGES), "--root", ".")
    assert built.returncode == 0, built.stderr
    for package in PACKAGES:
        assert (copy / f"{package}.opam").read_text() == (OCAML / f"{package}.opam").read_text()


def test_the_vectors_are_the_project_s() -> None:
    ours = OCAML / "test" / "data" / "gradients.json"
    assert ours.read_bytes() == (OCAML.parents[1] / "tests" / "data" / "gradients.json").read_bytes()
