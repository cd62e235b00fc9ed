"""Who may import whom: clients → (HTTP) → service → core, and one direction inside the core.

The graph is read from the sources with ast: an import inside a function or under TYPE_CHECKING counts like any other.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Inside the core a module imports from its own row or from rows above it. A new module gets a place here.
CORE_ROWS = (
    {"errors", "vec"},
    {"algebra"},
    {"activation", "loss", "init"},
    {"layer", "network"},
    {"backprop"},
    {"check", "derivation"},
    {"judgement"},
    {"train"},
)

# The core computes: it reads no file, speaks no protocol and parses no text format.
NOT_IN_CORE = {
    "asyncio",
    "csv",
    "http",
    "io",
    "json",
    "os",
    "pathlib",
    "pickle",
    "socket",
    "sqlite3",
    "subprocess",
    "urllib",
}

# The name under which a distribution is imported, where it is not its own.
IMPORTED_AS = {"backproof-core": "backproof_core"}


@dataclass(frozen=True)
class Package:
    """One of the distributions: its folder, the package in it, and what else of ours it may import."""

    folder: str
    name: str
    may_import: frozenset[str] = frozenset()


CORE = Package("core", "backproof_core")
SERVICE = Package("service", "backproof_service", frozenset({"backproof_core"}))
CLIENT = Package("clients/python", "backproof")
PACKAGES = (CORE, SERVICE, CLIENT)
OURS = {package.name for package in PACKAGES}


def imports(source: str, module: str, *, is_package: bool) -> set[str]:
    """Full dotted names that a module imports, relative ones resolved; `from a import b` gives a.b."""
    found: set[str] = set()
    parent = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = parent[: len(parent) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{origin}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):  # importlib.import_module("a.b")
            found |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return found


def graph(root: Path, package: Package) -> dict[str, set[str]]:
    """What each module of a package imports, by dotted name."""
    base = root / package.folder
    edges = {}
    for path in sorted((base / package.name).rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        edges[module] = imports(path.read_text(encoding="utf-8"), module, is_package=is_package)
    return edges


def top(name: str) -> str:
    return name.split(".")[0]


def between_packages(root: Path, package: Package) -> Iterator[str]:
    """Each import of one of our packages that this one must not know, in words."""
    for module, names in graph(root, package).items():
        for name in sorted({top(n) for n in names} & OURS - {package.name} - package.may_import):
            yield f"{module} imports {name}"


def row_of(module: str) -> int | None:
    """The row of a core module, None for the package itself, which gathers them all."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    return next(i for i, row in enumerate(CORE_ROWS) if parts[1] in row)


def module_of(name: str, modules: Collection[str]) -> str | None:
    """The module that a dotted name is or lies in, None where it is none of these."""
    parts = name.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((p for p in prefixes if p in modules), None)


def within_core(root: Path) -> Iterator[str]:
    """Each import that goes against the direction inside the core, in words."""
    edges = graph(root, CORE)
    for module, names in edges.items():
        here = row_of(module)
        for target in sorted({t for n in names if (t := module_of(n, edges)) and t != module}):
            there = row_of(target)
            if here is not None and (there is None or there > here):
                yield f"{module} imports {target}"


def outsiders(root: Path, package: Package) -> set[str]:
    """Top-level names that are imported and neither the package itself nor the standard library."""
    names = {top(n) for found in graph(root, package).values() for n in found}
    return names - {package.name, "__future__"} - set(sys.stdlib_module_names)


def declared(root: Path, package: Package) -> set[str]:
    """Import names of the dependencies that a distribution declares, extras included."""
    project = tomllib.loads((root / package.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in project.get("optional-dependencies", {}).values():
        wanted += extra
    names = {re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower() for requirement in wanted}
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_packages_import_only_downwards(package: Package) -> None:
    assert graph(ROOT, package), "no sources found: the test looks in the wrong place"
    assert list(between_packages(ROOT, package)) == []


def test_core_imports_numpy_and_nothing_else() -> None:
    assert outsiders(ROOT, CORE) == {"numpy"}


def test_core_knows_no_file_and_no_protocol() -> None:
    names = {top(n) for found in graph(ROOT, CORE).values() for n in found}
    assert names & NOT_IN_CORE == set()


def test_core_flows_one_way() -> None:
    assert list(within_core(ROOT)) == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_declared_dependencies_are_those_imported(package: Package) -> None:
    assert declared(ROOT, package) == outsiders(ROOT, package)


# The checks can fail: planted trees that each break one of them.


def plant(root: Path, package: Package, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / package.folder / package.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "source",
    [
        "import backproof_service",
        "from backproof_core.vec import vec",
        "def f():\n    from backproof_service import app\n",
        "import importlib\nx = importlib.import_module('backproof_service.app')",
    ],
)
def test_a_client_that_imports_the_service_is_caught(tmp_path: Path, source: str) -> None:
    plant(tmp_path, CLIENT, {"__init__.py": "", "remote.py": source})
    assert len(list(between_packages(tmp_path, CLIENT))) == 1


@pytest.mark.parametrize(
    "source", ["from backproof_core.train import fit", "from ..train import fit", "from .. import train"]
)
def test_a_core_module_that_imports_upwards_is_caught(tmp_path: Path, source: str) -> None:
    files = {"__init__.py": "", "train.py": "", "backprop/__init__.py": "", "backprop/matched.py": source}
    plant(tmp_path, CORE, files)
    assert "backproof_core.backprop.matched imports backproof_core.train" in list(within_core(tmp_path))


def test_a_core_that_needs_scipy_is_caught(tmp_path: Path) -> None:
    plant(tmp_path, CORE, {"__init__.py": "import numpy as np\nimport scipy.linalg"})
    assert outsiders(tmp_path, CORE) == {"numpy", "scipy"}
