"""`backproof derive`: a proof that a student can follow, and documents that other programs read."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import httpx
import pytest

from backproof import Client, Derivation
from backproof.cli import derive, documents
from backproof.cli.derive import wrapped
from backproof.derivation import derivation
from backproof.inprocess import URL
from backproof_core.loss import admissible_pairs

from .conftest import NET, XOR, saved
from .test_command import backproof, sentences
from .test_derivation import NEW

MATHML = "{http://www.w3.org/1998/Math/MathML}"
ARTICLE = ("derive", "--sizes", "2,2,1", "--no-bias")
SOFTMAX: dict[str, Any] = {
    "network": {"sizes": [2, 3, 3], "activation": ["tanh", "softmax"], "seed": 1},
    "loss": "cross_entropy",
    "parameter": "layers.0.bias",
    "data": {"x": XOR["x"], "labels": [0, 1, 1, 2]},
}


@pytest.fixture(scope="module")
def on_data(transport: httpx.BaseTransport) -> Derivation:
    with Client(URL, transport=transport) as client:
        return client.derive(**SOFTMAX)


@pytest.fixture(scope="module")
def article(transport: httpx.BaseTransport) -> Derivation:
    with Client(URL, transport=transport) as client:
        return client.derive(NET, loss="half_sse", parameter="layers.0.weights")


def told(found: Derivation, *, folded: bool = False, width: int | None = None) -> list[str]:
    return list(derive.text(found, folded=folded, width=width))


# ---------------------------------------------------------------- text


def test_the_articles_proof_without_any_server() -> None:
    ran = backproof(*ARTICLE)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "The gradient of the loss by W₁ (layers.0.weights), in both forms"
    assert lines[3] == "  matched      ∇W₁ = Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)"
    assert "  Z₂ = A₁ W₂" in lines
    assert "  S₁ = sigmoid′(Z₁): ′ is the derivative, entry by entry" in lines
    step = "  5      Z₂ = A₁ W₂ by A₁         W₂ᵀ ⊗ I_N       N·o×N·h   ∂vec(A B C)/∂(vec B)ᵀ = Cᵀ ⊗ A, with A = I_N"
    assert step in lines
    headings = [line for line in lines if line.startswith(("Lemma", "Numbers", "The row stands"))]
    assert headings == [
        "Numbers and identities, layer 2",
        "Lemma D, layer 2: vec(M)ᵀ Diag(vec N) = vec(M∘N)ᵀ",
        "Lemma D, layer 2: vec(M)ᵀ Diag(vec N) = vec(M∘N)ᵀ",
        "Lemma K, layer 2: vec(M)ᵀ (B ⊗ A) = vec(Aᵀ M B)ᵀ",
        "Lemma D, layer 1: vec(M)ᵀ Diag(vec N) = vec(M∘N)ᵀ",
        "Lemma K, layer 1: vec(M)ᵀ (B ⊗ A) = vec(Aᵀ M B)ᵀ",
        "The row stands up",
    ]
    tenth = lines.index("  10  unvec_{d,h}((⟦vec(V∘(1_N 1_oᵀ))⟧ᵀ Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)")
    assert lines[tenth + 1 : tenth + 3] == [
        "      diag-acts-on-vec: Diag(vec A) vec B = vec(A∘B)",
        "      Diag(vec V) vec(1_N 1_oᵀ)  →  vec(V∘(1_N 1_oᵀ))",
    ]
    assert [int(line[:4]) for line in lines if re.match(r" {2,3}\d+  \S", line)][1:][-33:] == list(range(1, 34))
    assert lines[-1] == "Both are the same: 33 lines, 0 mismatches modulo 2⁶¹ − 1."


def test_the_networks_bias_is_the_services_default() -> None:
    ran = backproof("derive", "--sizes", "2,2,1", "--parameter", "layers.1.bias")
    assert ran.returncode == 0, ran.stderr
    assert "  Z₂ = A₁ W₂ + 1 b₂ᵀ" in ran.stdout.splitlines()
    assert ran.stdout.startswith("The gradient of the loss by b₂ (layers.1.bias), in both forms")


def test_folded_prints_the_end_of_each_lemma(article: Derivation) -> None:
    rows = [line for line in told(article, folded=True) if re.match(r" {2,3}\d+  unvec", line)]
    ends = [
        "   0  unvec_{d,h}((1ᵀ (½ I_{N·o}) (2 Diag(vec V)) I_{N·o} Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)",
        "   6  unvec_{d,h}((1ᵀ Diag(vec V) Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)",
        "  11  unvec_{d,h}((vec(V)ᵀ Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)",
        "  15  unvec_{d,h}((vec(V∘S₂)ᵀ (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)",
        "  21  unvec_{d,h}((vec((V∘S₂) W₂ᵀ)ᵀ Diag(vec S₁) (I_h ⊗ X))ᵀ)",
        "  25  unvec_{d,h}((vec(((V∘S₂) W₂ᵀ)∘S₁)ᵀ (I_h ⊗ X))ᵀ)",
        "  31  unvec_{d,h}((vec(Xᵀ (((V∘S₂) W₂ᵀ)∘S₁))ᵀ)ᵀ)",
    ]
    assert rows == ends
    assert "  33  Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)" in told(article, folded=True)


def test_on_data_each_line_has_its_residual_and_facts_are_judged(on_data: Derivation) -> None:
    lines = told(on_data)
    assert "  N = 4, d = 2, h = 3, o = 3" in lines
    assert sum("mismatches mod p]" in line for line in lines) == len(on_data.lines)
    assert "Stable seed, layer 2" in lines
    assert "  rows of Y sum to 1: holds on these rows" in lines
    assert re.fullmatch(
        r"Both are the same: \d+ lines, 0 mismatches modulo 2⁶¹ − 1, the largest residual on 4 rows \S+\.", lines[-1]
    )


def test_what_does_not_hold_is_said() -> None:
    lines = told(derivation(NEW))
    assert "  H ≠ 0: DOES NOT HOLD on these rows" in lines
    assert "Note: one" in lines
    assert lines[-1].startswith("Proved, but not shown on these rows, where a fact that")
    assert lines[-1].endswith("the largest residual on 4 rows nan.")


@pytest.mark.parametrize("width", [100, 120])
def test_no_line_is_wider_than_the_terminal(on_data: Derivation, width: int) -> None:
    whole, narrow = told(on_data), told(on_data, width=width)
    assert max(map(len, whole)) > width >= max(map(len, narrow))
    assert "".join("".join(whole).split()) == "".join("".join(narrow).split())


def test_a_line_is_broken_at_spaces_and_set_in() -> None:
    assert wrapped("  12  a b c d e f g", 12) == ["  12  a b c", "      d e f", "      g"]
    assert wrapped("  12  a b", 12) == ["  12  a b"]
    assert wrapped("  1  " + "x" * 20, None) == ["  1  " + "x" * 20]


def test_the_last_column_stands_below_where_it_does_not_fit_beside() -> None:
    rows = [("step", "factor", "formula used"), ("1", "I", "x = y")]
    assert list(derive.table(rows, 40)) == ["  step   factor   formula used", "  1      I        x = y"]
    below = ["  step   factor", "         formula used", "  1      I", "         x = y"]
    assert list(derive.table(rows, 20)) == below


# ---------------------------------------------------------------- the command line


def test_rows_come_from_json_and_csv(tmp_path: Path) -> None:
    as_json = saved(tmp_path, "rows.json", json.dumps(XOR))
    as_csv = saved(tmp_path, "rows.csv", "a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    found = [json.loads(backproof(*ARTICLE, "--rows", file, "--format", "json").stdout) for file in (as_json, as_csv)]
    assert found[0] == found[1]
    assert found[0]["rows_used"] == 4


def test_a_saved_network_is_derived_and_what_does_not_hold_is_1(tmp_path: Path) -> None:
    layers = [{"weights": [[800.0, 0.0]], "bias": None, "activation": "softmax"}]
    net = saved(tmp_path, "net.json", json.dumps({"layers": layers}))
    rows = saved(tmp_path, "rows.json", json.dumps({"x": [[1.0], [0.5]], "labels": [0, 1]}))
    command = ("derive", "--network", net, "--loss", "cross_entropy")
    assert backproof(*command).returncode == 0
    ran = backproof(*command, "--rows", rows)
    assert ran.returncode == 1
    assert "H ≠ 0: DOES NOT HOLD on these rows" in ran.stdout
    assert "Proved, but not shown on these rows" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "There is no network: give its sizes, such as --sizes 2,2,1, or --network FILE.json."),
        (("--sizes", "2;1"), "--sizes is 2;1; it has to be whole numbers"),
        (("--sizes", "2,1", "--network", "n.json"), "--network holds sizes, activations and biases"),
        (("--sizes", "2,1", "--rows", "missing.json"), "missing.json cannot be read"),
    ],
)
def test_wrong_usage_is_2_and_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    ran = backproof("derive", *arguments)
    assert ran.returncode == 2
    assert len(sentences(ran)) == 1
    assert words in ran.stderr


def test_refusals_are_1_in_the_services_words() -> None:
    ran = backproof(*ARTICLE, "--parameter", "layers.0.weight")
    assert ran.returncode == 1
    assert "did you mean 'layers.0.weights'?" in ran.stderr
    deep = backproof("derive", "--sizes", ",".join("2" * 65), "--activation", "tanh")
    assert deep.returncode == 1
    assert "the limit max_derivation_nodes is" in deep.stderr


# ---------------------------------------------------------------- documents


def compiled(document: str, folder: Path) -> subprocess.CompletedProcess[str]:
    pdflatex = shutil.which("pdflatex")
    assert pdflatex, "this test compiles LaTeX: run tests/toolchain, which installs pdflatex"
    (folder / "proof.tex").write_text(document, encoding="utf-8")
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "proof.tex"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120)


def test_latex_is_a_document_that_compiles(tmp_path: Path) -> None:
    ran = backproof(*ARTICLE, "--format", "latex")
    assert ran.returncode == 0, ran.stderr
    done = compiled(ran.stdout, tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "proof.log").read_text(encoding="utf-8", errors="replace")
    assert "Output written on proof.pdf" in log
    assert "Missing character" not in log
    assert "Overfull" not in log
    assert compiled(ran.stdout.replace(r"\end{document}", "∎" + r"\end{document}"), tmp_path).returncode != 0


@pytest.mark.parametrize("folded", [False, True])
def test_latex_of_other_losses_compiles(transport: httpx.BaseTransport, tmp_path: Path, folded: bool) -> None:
    with Client(URL, transport=transport) as client:
        for loss, last in [("cross_entropy", "softmax"), ("binary_cross_entropy", "softmax"), ("mse", "relu")]:
            net = {"sizes": [2, 3, 4, 2], "activation": ["softmax", "leaky_relu", last], "seed": 1}
            found = client.derive(net, loss=loss, parameter="layers.0.bias", data=(XOR["x"], [[0.25, 0.75]] * 4))
            done = compiled("\n".join(documents.latex(found, folded=folded)), tmp_path)
            assert done.returncode == 0, done.stdout[-2000:]
            log = (tmp_path / "proof.log").read_text(encoding="utf-8", errors="replace")
            assert "Missing character" not in log


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_latex_knows_every_letter_of_every_derivation(transport: httpx.BaseTransport, loss: str, last: str) -> None:
    with Client(URL, transport=transport) as client:
        found = client.derive(
            {"sizes": [1, 2, 2], "activation": ["softmax", last]},
            loss=loss,
            parameter="layers.0.weights",
            data=([[800.0], [0]], [[0, 1], [1, 0]]),
        )
    whole = "\n".join(documents.latex(found, folded=False))
    assert "[U+" not in whole
    assert whole.isascii()
    assert documents.words("☃") == "[U+2603]"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\boxed{X} \, Y", r"[\![\,X\,]\!] \,\allowbreak Y"),
        (r"(\boxed{I_{N \cdot o}^{\top}})", r"([\![\,I_{N \cdot o}^{\top}\,]\!])"),
        (r"\boxed{\} \{ a_{b}} \, \boxed{c}", r"[\![\,\} \{ a_{b}\,]\!] \,\allowbreak [\![\,c\,]\!]"),
        ("X", "X"),
    ],
)
def test_boxes_become_brackets_that_may_be_broken(formula: str, expected: str) -> None:
    assert documents.breakable(formula) == expected


def test_mathml_is_a_page_that_needs_nothing_else() -> None:
    ran = backproof(*ARTICLE, "--format", "mathml")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("<!doctype html>")
    assert not re.search(r"<script|<link|src=|href=", ran.stdout)
    page = ET.fromstring(ran.stdout.removeprefix("<!doctype html>").replace('<meta charset="utf-8">', ""))
    assert len(list(page.iter(f"{MATHML}math"))) == 3 + 33
    found = json.loads(backproof(*ARTICLE, "--format", "json").stdout)
    for number, line in enumerate(found["lines"], start=1):
        (row,) = page.findall(f".//*[@id='line-{number}']")
        ids = {part.get("data-term") for part in row.iter()}
        assert all(str(node) in ids for node in line["changed"]["after"])
        assert all(f'#line-{number} [data-term="{node}"]' in ran.stdout for node in line["changed"]["after"])


def test_a_folded_page_has_a_line_for_each_lemma(on_data: Derivation) -> None:
    page = "\n".join(documents.page(on_data, folded=True))
    assert page.count('id="line-') == len({line.group for line in on_data.lines})
    assert "background: #fff0a8" not in page
    assert 'class="right">Both are the same' in page
    assert 'class="wrong">Proved, but not shown on these rows' in "\n".join(
        documents.page(derivation(NEW), folded=True)
    )


def test_json_is_the_answer() -> None:
    found = json.loads(backproof(*ARTICLE, "--format", "json").stdout)
    assert (found["object"], found["equal"], len(found["lines"])) == ("derivation", True, 33)
