"""Every formula of docs/article.md holds on random matrices of different sizes, and stands there as it is checked."""

import re
from pathlib import Path

import numpy as np
import pytest

from docs.formulas import answer, losses, proof, question
from docs.formulas.registry import Formula, Operators, collect

ARTICLE = (Path(__file__).resolve().parents[2] / "docs" / "article.md").read_text(encoding="utf-8")
FORMULAS = collect(question, answer, proof, losses)
CHECKED = [pytest.param(f, id=name) for name, f in FORMULAS.items()]

BLOCK = re.compile(r"^<!-- formula: ([\w-]+) -->\n```text\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
TABLE_ROW = re.compile(r"^\| <!-- formula: ([\w-]+) --> (.*) \|$", re.MULTILINE)

# Names for what other formulas use; they claim nothing that could be false.
DEFINITIONS = {"V = H−Y", "S₁ = σ′(Z₁)", "S₂ = σ′(Z₂)", "U = V∘V", "E = ½U", "Z₂ = A₁ W₂ I_o", "M = δ_l"}


def in_article() -> dict[str, str]:
    """The text of each formula in the article by its name, blanks collapsed."""
    blocks = {name: " ".join(text.split()) for name, text in BLOCK.findall(ARTICLE)}
    rows = {name: " | ".join(re.findall(r"`([^`]*)`", cells)) for name, cells in TABLE_ROW.findall(ARTICLE)}
    return blocks | rows


def test_the_article_holds_exactly_the_checked_formulas() -> None:
    assert in_article() == {name: formula.text for name, formula in FORMULAS.items()}


def test_no_formula_stands_without_a_name() -> None:
    assert ARTICLE.count("```") == 2 * len(BLOCK.findall(ARTICLE))
    prose = TABLE_ROW.sub("", BLOCK.sub("", ARTICLE))
    assert {span for span in re.findall(r"`([^`]*)`", prose) if "=" in span and '"' not in span} == DEFINITIONS


@pytest.mark.parametrize("formula", CHECKED)
def test_the_formula_holds(formula: Formula) -> None:
    assert formula.holds(Operators())


# The checks can fail: each operator, replaced by a plausible wrong one, breaks the formulas that rest on it.

WRONG = {
    "vec by rows": (
        Operators(vec=lambda M: M.reshape(-1)),
        {"vec", "vec-abc", "lemma-k", "step-5", "step-7", "j1", "proof-5", "row-sum", "link", "d-softmax"},
    ),
    "unvec by rows": (
        Operators(unvec=lambda v, m, n: v.reshape(m, n)),
        {"vec", "jacobian", "vec-abc", "row-sum", "theorem", "per-example", "vectorized-deep"},
    ),
    "the factors of ⊗ swapped": (
        Operators(kron=lambda A, B: np.kron(B, A)),
        {"vec-abc", "lemma-k", "step-5", "step-7", "step-w2", "j1", "j2", "proof-0", "link", "seed-cross-entropy"},
    ),
    "a diagonal upside down": (
        Operators(Diag=lambda v: np.diag(v[::-1])),
        {"vec-hadamard", "d-elementwise", "d-hadamard", "lemma-d", "step-2", "step-4", "proof-1", "link-step"},
    ),
}


@pytest.mark.parametrize(("wrong", "broken"), WRONG.values(), ids=WRONG)
def test_a_wrong_operator_breaks_the_formulas_that_use_it(wrong: Operators, broken: set[str]) -> None:
    assert {name for name in broken if survives(FORMULAS[name], wrong)} == set()


def survives(formula: Formula, wrong: Operators) -> bool:
    try:
        return formula.holds(wrong)
    except ValueError:  # shapes that no longer conform: NumPy caught it
        return False


def test_separate_factors_give_nan_where_the_folded_seed_does_not() -> None:
    Z, Y = np.array([[800.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0]])
    shifted = np.exp(Z - Z.max())
    P = shifted / shifted.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        unfolded = np.diag((-Y / P)[0]) @ (np.diag(P[0]) - P.T @ P)
    folded = np.diag(Y[0]) @ np.ones((3, 3)) @ np.diag(P[0]) - np.diag(Y[0])
    assert np.isnan(unfolded).any()
    assert np.array_equal(np.ones(3) @ folded, (P - Y)[0])
