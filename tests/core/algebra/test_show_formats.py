"""That LaTeX itself takes the formulas, and a checker of pages the MathML."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof_core.algebra.show import latex, mathml
from backproof_core.algebra.terms import scale, sym
from core.algebra.lines import HALF, SIZES, START, N, chosen, nodes, numbered, sample
from core.algebra.styles_as_text import MATHML, numbers
from core.algebra.terms_at_random import terms
from specimens import counted

# ---------------------------------------------------------------- LaTeX compiles


def compiled(formulas: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    pdflatex = shutil.which("pdflatex")
    assert pdflatex, "this test compiles LaTeX: run tests/toolchain, which installs pdflatex"
    body = "\n".join(rf"\[{formula}\]" for formula in formulas)
    document = rf"\documentclass{{article}}\usepackage{{amsmath,amssymb}}\begin{{document}}{body}\end{{document}}"
    (folder / "formulas.tex").write_text(document, encoding="utf-8")
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "formulas.tex"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120)


def test_latex_compiles(tmp_path):
    letters = sym("σ′(Z₁) δ Δ a_b loss 50% {x} # $ & ~ ^ \\", N, N)
    lines = [numbered(term) for term in [START, letters, *sample()]]
    formulas = [latex(line, marked=range(3, 5)) for line in lines] + [latex(line, sizes=SIZES) for line in lines]
    done = compiled(formulas, tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Output written on formulas.pdf" in done.stdout
    assert "Missing character" not in (tmp_path / "formulas.log").read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("wrong", [r"X^{\top}^{\top}", r"\boxed{X", r"\unvec X", "W₂"])
def test_that_check_fails_where_latex_is_wrong(wrong, tmp_path):
    assert compiled([latex(numbered(START)), wrong], tmp_path).returncode != 0


# ---------------------------------------------------------------- MathML is valid

# The elements of MathML Core that are used, how many children each has, and which attributes it may have.
ROWS, TOKENS, PAIRS = {"math", "mrow"}, {"mi", "mn", "mo"}, {"msub", "msup", "mfrac"}
ATTRIBUTES = {"mo": {"form", "rspace", "stretchy"}, "mrow": {"data-term", "class"}}


def faults(tree: ET.Element) -> list[str]:
    """What in a tree is not of that table."""
    found = []
    for part in tree.iter():
        name = part.tag.removeprefix(MATHML)
        known = name in ROWS or (name in PAIRS and len(part) == 2) or (name in TOKENS and len(part) == 0 and part.text)
        if (
            not known
            or (name not in TOKENS and part.text)
            or part.tail
            or set(part.attrib) - ATTRIBUTES.get(name, set())
        ):
            found.append(ET.tostring(part, encoding="unicode"))
    return found


@counted(2000)
@given(terms(), st.randoms(use_true_random=False))
def test_mathml_has_each_node_once_and_nothing_unknown(term, random):
    line = numbered(term)
    tree = ET.fromstring(mathml(line, marked=chosen(line, random)))
    assert sorted(numbers(tree)) == sorted(node.id for node in nodes(line))
    assert tree.tag == f"{MATHML}math"
    assert not faults(tree)


PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Terms</title></head><body>\n{}\n</body></html>'
)
VALIDATOR = "vnu-jar@26.9.27"  # the Nu Html Checker, which knows the schema of MathML


@pytest.fixture(scope="module")
def validator(tmp_path_factory) -> Callable[[list[str]], dict[int, str]]:
    """What the checker has to say of formulas: which of them is wrong, and how."""
    folder = tmp_path_factory.mktemp("validator")
    npm, java = shutil.which("npm"), shutil.which("java")
    assert npm and java, "this test validates MathML: run tests/toolchain, which installs npm and Java"
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), VALIDATOR]
    installed = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    (jar,) = folder.rglob("vnu.jar")

    def found(formulas: list[str]) -> dict[int, str]:
        paragraphs = "\n".join(f"<p>{formula}</p>" for formula in formulas)
        (folder / "page.html").write_text(PAGE.format(paragraphs), encoding="utf-8")
        done = subprocess.run([java, "-jar", jar, "page.html"], cwd=folder, capture_output=True, text=True, timeout=120)
        complaints = done.stderr.splitlines()
        assert (done.returncode == 0) == (not complaints), done.stderr
        return {int(re.search(r":(\d+)\.\d+-", line)[1]) - 2: line for line in complaints}

    return found


def test_mathml_is_valid(validator):
    lines = [numbered(term) for term in [START, *sample()]]
    formulas = [mathml(line, marked=range(3, 5)) for line in lines] + [mathml(line, sizes=SIZES) for line in lines]
    assert validator(formulas) == {}


def test_that_check_fails_where_mathml_is_wrong(validator):
    right = mathml(numbered(scale(HALF, sym("A", N, N).T)))
    wrong = [
        right.replace("<mn>2</mn></mfrac>", "</mfrac>"),
        right.replace("<mi>⊤</mi>", ""),
        right.replace("<mi>A", '<mi rspace="1em">A'),
        right.replace("mfrac>", "mfraction>"),
    ]
    assert set(validator([right, *wrong])) == {1, 2, 3, 4}
    assert not faults(ET.fromstring(right))
    assert all(faults(ET.fromstring(formula)) for formula in wrong)
