import re
import xml.etree.ElementTree as ET
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof_core.algebra.labels import Labelled, labelled
from backproof_core.algebra.show import dimension, dimension_latex, latex, mathml, notation, text
from backproof_core.algebra.sizes import ONE, size
from backproof_core.algebra.terms import (
    Add,
    Diag,
    Eye,
    Fn,
    Hadamard,
    Kron,
    MatMul,
    Ones,
    Quotient,
    Scale,
    Sub,
    Sym,
    Term,
    Transpose,
    Unvec,
    Vec,
    eye,
    ones,
    product,
    scale,
    subterms,
    sym,
)
from backproof_core.errors import ShapeMismatch
from core.algebra.lines import (
    HALF,
    S1,
    S2,
    SIZES,
    START,
    W2,
    N,
    P,
    V,
    X,
    Y,
    b2,
    chosen,
    d,
    h,
    nodes,
    numbered,
    o,
    printed_children,
    sample,
)
from core.algebra.styles_as_text import MATHML, numbers, of_latex, of_mathml, of_text
from core.algebra.terms_at_random import terms
from core.algebra.text_reader import read
from specimens import counted

v, A, B, C = sym("v", N, 1), sym("A", N, N), sym("B", N, N), sym("C", N, N)


# ---------------------------------------------------------------- the notation


@pytest.mark.parametrize(
    ("term", "printed"),
    [
        (START, "1ᵀ (½ I_{N·o}) (2 Diag(vec V)) I_{N·o} Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X)"),
        (Vec(product(V * S2, W2.T) * S1).T, "vec(((V∘S₂) W₂ᵀ)∘S₁)ᵀ"),
        (Unvec(product(ones(1, N), sym("J₁", N, d * h)).T, d, h), "unvec_{d,h}((1ᵀ J₁)ᵀ)"),
        (Transpose(product(A, B)), "(A B)ᵀ"),
        (A.T.T, "(Aᵀ)ᵀ"),
        (eye("d₁₂"), "I_{d₁₂}"),
        (eye(4), "I₄"),
        # vec
        (Vec(V), "vec V"),
        (Vec(V).T, "vec(V)ᵀ"),
        (Vec(V.T), "vec(Vᵀ)"),
        (Vec(scale(2, V)), "vec(2 V)"),
        (product(Diag(Vec(V)), Vec(S2)), "Diag(vec V) vec S₂"),
        (product(Vec(V), Vec(S2).T), "vec(V) vec(S₂)ᵀ"),
        (Vec(V) * Vec(S2), "vec(V)∘vec(S₂)"),
        (Vec(V) - Vec(S2), "vec V − vec S₂"),
        # matrices of ones
        (product(ones(N, 1), b2.T), "1_N b₂ᵀ"),
        (product(ones(1, N), V), "1ᵀ V"),
        (product(V, ones(o, 1)), "V 1_o"),
        (product(v, ones(1, d)), "v 1_dᵀ"),
        (ones(1, N), "1_Nᵀ"),
        (ones(N, 1).T, "(1_N)ᵀ"),
        (ones(N, o) - Y, "1_N 1_oᵀ − Y"),
        (ones(N, o) * Y, "(1_N 1_oᵀ)∘Y"),
        (ones(N, o).T, "(1_N 1_oᵀ)ᵀ"),
        (product(V * P, ones(o, o)), "(V∘P) 1_o 1_oᵀ"),
        (Kron(ones(o, o), eye(N)), "1_o 1_oᵀ ⊗ I_N"),
        (product(ones(N, 1), ones(1, o)), "1_N (1_oᵀ)"),
        (product(ones(N, 1), ones(1, N), Y), "1_N 1ᵀ Y"),
        (scale(HALF, product(ones(1, N), V)), "½ (1ᵀ V)"),
        # multiples
        (scale(HALF, A), "½ A"),
        (scale(2, Diag(Vec(V))), "2 Diag(vec V)"),
        (scale(-1, A), "−A"),
        (scale(-2, A), "−2 A"),
        (scale(-ONE / N, eye(N)), "−(1/N) I_N"),
        (scale(size(2) / (N * o), V), "(2/(N·o)) V"),
        (scale(size(3) / size(8), V), "(3/8) V"),
        (scale(ONE / N, P - Y), "(1/N) (P − Y)"),
        (scale(N * o, V), "(N·o) V"),
        (scale(2, product(A, B)), "2 A B"),
        (product(scale(2, A), B), "(2 A) B"),
        (scale(2, A) * B, "(2 A)∘B"),
        (scale(2, A * B), "2 (A∘B)"),
        (scale(2, scale(HALF, A)), "2 (½ A)"),
        # two operators
        ((A + B) * C, "(A + B)∘C"),
        (A * B * C, "A∘B∘C"),
        (A * (B * C), "A∘(B∘C)"),
        (A / B / C, "(A⊘B)⊘C"),
        (A + B - C, "A + B − C"),
        (A - (B + C), "A − (B + C)"),
        (A * B - C, "(A∘B) − C"),
        (product(A, B) - product(B, C), "A B − B C"),
        (A - scale(2, B), "A − 2 B"),
        (A - scale(-2, B), "A − (−2 B)"),
        (scale(-2, B) + A, "−2 B + A"),
        (product(A + B, C), "(A + B) C"),
        (product(A, B) * C, "(A B)∘C"),
        (MatMul((A, product(B, C))), "A (B C)"),
        (Kron(Kron(A, B), product(A, B)), "A ⊗ B ⊗ (A B)"),
        (Kron(A, Kron(B, C)), "A ⊗ (B ⊗ C)"),
        (Kron(A, B) + Kron(B, A), "(A ⊗ B) + (B ⊗ A)"),
    ],
)  # fmt: skip
def test_notation(term, printed):
    assert text(numbered(term)) == printed


def test_numbers_in_the_place_of_dimensions():
    line = numbered(START)
    printed = "1ᵀ (½ I₄) (2 Diag(vec V)) I₄ Diag(vec S₂) (W₂ᵀ ⊗ I₄) Diag(vec S₁) (I₃ ⊗ X)"
    assert text(line, sizes=SIZES) == printed
    assert text(numbered(scale(size(2) / (N * o), V)), sizes=SIZES) == "½ V"
    assert text(numbered(Unvec(Vec(X), N, d)), sizes=SIZES) == "unvec_{4,2}(vec X)"
    assert r"(\tfrac{1}{2} \, I_{4})" in latex(line, sizes=SIZES)
    assert "<msub><mi>I</mi><mn>4</mn></msub>" in mathml(line, sizes=SIZES)


def test_dimensions():
    assert [dimension(m) for m in (N * o, ONE, d * h / N, size("d₁₂"))] == ["N·o", "1", "d·h/N", "d₁₂"]
    assert [dimension(m, SIZES) for m in (N * o, ONE, d * h / N)] == ["4", "1", "3/2"]
    assert [dimension_latex(m) for m in (N * o, size("d₁₂"))] == [r"N \cdot o", "d_{12}"]
    assert dimension_latex(N * o, SIZES) == "4"


@pytest.mark.parametrize(
    ("term", "printed"),
    [
        (product(V, W2.T), r"V \, W_{2}^{\top}"),
        (Unvec(Vec(X), N, d), r"\operatorname{unvec}_{N,d}(\operatorname{vec} X)"),
        (Diag(Vec(V)), r"\operatorname{Diag}(\operatorname{vec} V)"),
        (scale(-ONE / N, V * S2 / P), r"-\tfrac{1}{N} \, ((V \circ S_{2}) \oslash P)"),
        (ones("d₁", N), r"1_{d_{1}} \, 1_{N}^{\top}"),
        (sym("loss", N, N), r"\mathit{loss}"),
        (sym("σ′(Z₁)", N, N), r"\sigma '(Z_{1})"),
        (sym("a_b", N, N), r"a\_b"),
    ],
)
def test_latex(term, printed):
    assert latex(numbered(term)) == printed


def test_mathml():
    assert mathml(numbered(product(V, W2.T)), marked={3}) == (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow data-term="1"><mrow data-term="2"><mi>V</mi></mrow>'
        '<mo rspace="0.17em">&#x2062;</mo><mrow data-term="3" class="marked"><msup><mrow data-term="4"><msub><mi>W</mi>'
        "<mn>2</mn></msub></mrow><mi>⊤</mi></msup></mrow></mrow></math>"
    )
    assert "<mi>a&lt;b&amp;c</mi>" in mathml(numbered(sym("a<b&c", N, N)))


# ---------------------------------------------------------------- one text, one term


@counted(6000)
@given(terms())
def test_a_text_stands_for_one_term(term):
    assert reads(text(numbered(term)), term)


def test_every_kind_of_node_is_drawn():
    kinds = {type(part) for term in sample() for part in subterms(term)}
    assert kinds == {
        Sym, Eye, Ones, Fn, Scale, Transpose, MatMul, Add, Sub, Hadamard, Quotient, Kron, Diag, Vec, Unvec,
    }  # fmt: skip


def all_read() -> bool:
    return all(reads(text(numbered(term)), term) for term in sample())


def reads(line: str, term: Term) -> bool:
    try:
        return read(line, names_in(term)) == term
    except (AssertionError, KeyError, ShapeMismatch):
        return False


def names_in(term: Term) -> dict[str, Term]:
    return {part.name: part for part in subterms(term) if isinstance(part, (Sym, Fn))}


@pytest.mark.parametrize("decision", ["bracketed", "short", "bare"])
def test_that_check_fails_where_a_decision_is_wrong(decision, monkeypatch):
    assert all_read()
    right = getattr(notation, decision)
    monkeypatch.setattr(notation, decision, lambda place: not right(place))
    assert not all_read()


def test_each_pair_of_parentheses_of_a_node_is_needed(monkeypatch):
    """Without one of them the text stands for another term, for none, or lets two operators meet."""
    decide, needed = notation.bracketed, set()
    for line in map(numbered, sample()):
        printed = text(line)
        for above in nodes(line):
            for node in printed_children(above):
                with monkeypatch.context() as patch:
                    patch.setattr(
                        notation, "bracketed", lambda place, node=node: place.node is not node and decide(place)
                    )
                    without = text(line)
                if without != printed:
                    needed.add((type(above.term), type(node.term)))
                    assert not reads(without, line.term), f"{without} for {printed}"
    assert len(needed) > 30


@counted(2000)
@given(terms(), st.randoms(use_true_random=False), st.sampled_from([None, SIZES]))
def test_each_style_says_the_same(term, random, sizes):
    line = numbered(term)
    marked = chosen(line, random)
    said = of_text(text(line, sizes=sizes, marked=marked))
    assert of_latex(latex(line, sizes=sizes, marked=marked)) == said
    assert of_mathml(ET.fromstring(mathml(line, sizes=sizes, marked=marked))) == said


# ---------------------------------------------------------------- marks


def test_neighbours_are_set_off_together():
    line = numbered(START)
    factors = [factor.id for factor in line.children]
    inner = line.children[6].children[0].children[0].id
    marked = {factors[0], factors[1], factors[4], inner}
    assert text(line, marked=marked) == (
        "⟦1ᵀ (½ I_{N·o})⟧ (2 Diag(vec V)) I_{N·o} ⟦Diag(vec S₂)⟧ (W₂ᵀ ⊗ I_N) Diag(vec ⟦S₁⟧) (I_h ⊗ X)"
    )
    assert latex(line, marked=marked).startswith(r"\boxed{1^{\top} \, (\tfrac{1}{2} \, I_{N \cdot o})} \, (2")
    run = ET.fromstring(mathml(line, marked=marked)).find(f"{MATHML}mrow/{MATHML}mrow[@class='marked']")
    assert run is not None
    assert [part.get("data-term") for part in run if part.tag == f"{MATHML}mrow"] == [
        str(number) for number in factors[:2]
    ]


def test_marks_within_a_mark_are_not_set_off():
    line = numbered(product(A, B.T, C))
    assert text(line, marked=range(1, 6)) == "⟦A Bᵀ C⟧"
    assert text(line, marked={3, 4}) == "A ⟦Bᵀ⟧ C"
    assert text(numbered(A * B), marked={2, 3}) == "⟦A⟧∘⟦B⟧"


@counted(2000)
@given(terms(), st.randoms(use_true_random=False))
def test_marks_change_nothing_else(term, random):
    line = numbered(term)
    marked = text(line, marked=chosen(line, random))
    assert re.sub("[⟦⟧]", "", marked) == text(line)
    assert not re.search("⟦[^⟧]*⟦", marked)


@counted(2000)
@given(terms(), st.randoms(use_true_random=False))
def test_what_is_marked_stands_within_a_mark(term, random):
    line = numbered(term)
    marked = chosen(line, random)
    tree = ET.fromstring(mathml(line, marked=marked))
    within = {n for part in tree.iter() if part.get("class") == "marked" for n in numbers(part)}
    assert within == {part.id for node in nodes(line) if node.id in marked for part in nodes(node)}


# ---------------------------------------------------------------- depth and size


def deep(levels: int) -> Labelled:
    """…(((V∘S) W)∘S) W…, built without recursion."""
    fresh, V, S, W = count(), sym("V", N, o), sym("S", N, o), sym("W", o, o)
    found = labelled(V, fresh)
    for _ in range(levels):
        for other, node in ((S, lambda left: left * S), (W, lambda left: product(left, W))):
            found = Labelled(next(fresh), node(found.term), (found, labelled(other, fresh)))
    return found


def test_no_depth_is_too_deep():
    line = deep(5000)
    assert text(line).endswith("∘S) W")
    assert latex(line).count(r"\circ") == 5000
    assert mathml(line, sizes=SIZES, marked=range(100)).count("<mo>∘</mo>") == 5000


@pytest.mark.parametrize("style", [text, latex, mathml])
def test_each_node_is_looked_at_once(style, monkeypatch):
    looked_at, look = [], notation._notation
    monkeypatch.setattr(
        notation, "_notation", lambda place, *more: looked_at.append(place.node.id) or look(place, *more)
    )
    line = deep(100)
    style(line)
    assert sorted(looked_at) == sorted(node.id for node in nodes(line))
