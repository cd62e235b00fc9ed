"""The row route folds the chain of every architecture into the matched form, term by term."""

from itertools import product as pairs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof_core import ACTIVATIONS, LOSSES
from backproof_core.algebra.meaning import Env, dense
from backproof_core.algebra.row import fold, through
from backproof_core.algebra.terms import (
    Add,
    Diag,
    Kron,
    Scale,
    Sub,
    Sym,
    Transpose,
    Unvec,
    Vec,
    eye,
    ones,
    product,
    scale,
    sym,
)
from backproof_core.backprop.architecture import Architecture
from backproof_core.backprop.routes import row_terms, top
from backproof_core.errors import ShapeMismatch
from backproof_core.loss import admissible_pairs
from specimens import counted

M, S = sym("M", "N", "d"), sym("S", "N", "d")
B, A = sym("B", "d", "h"), sym("A", "N", "o")


def matched_terms(of):
    found = []
    for l in range(of.depth, 0, -1):
        delta = of.delta(l, top(of))
        found.append(of.weights_gradient(l, delta))
        if of.biases[l - 1]:
            found.append(of.bias_gradient(delta))
        found.append(delta)
    return found


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
@pytest.mark.parametrize("hidden", [(), *((a,) for a in sorted(ACTIVATIONS)), ("tanh", "softmax"), ("softmax",) * 3])
def test_folding_gives_the_matched_form(loss, last, hidden):
    activations = tuple(ACTIVATIONS[name] for name in (*hidden, last))
    for bias in (True, False):
        of = Architecture(activations, (bias,) * len(activations), LOSSES[loss])
        assert row_terms(of) == matched_terms(of)


@pytest.mark.parametrize(("one", "two"), list(pairs(sorted(ACTIVATIONS), repeat=2)))
def test_folding_gives_the_matched_form_at_any_depth(one, two):
    of = Architecture((ACTIVATIONS[one], ACTIVATIONS[two]) * 3, (True, False) * 3, LOSSES["mse"])
    assert row_terms(of) == matched_terms(of)


@pytest.mark.parametrize("plant", ["affine_jacobian", "activation_jacobian", "weights_jacobian"])
def test_a_chain_with_a_mistake_does_not_fold_to_the_matched_form(plant, monkeypatch):
    mistakes = {
        "affine_jacobian": lambda of, l: Kron(Transpose(scale(2, of.W(l))), eye("N")),
        "activation_jacobian": lambda of, l: Diag(Vec(of.A(l))),
        "weights_jacobian": lambda of, l: Kron(eye(of.width(l)), Scale(of.width(l), of.A(l - 1))),
    }
    of = Architecture((ACTIVATIONS["tanh"],) * 2, (False, False), LOSSES["mse"])
    assert row_terms(of) == matched_terms(of)
    monkeypatch.setattr(Architecture, plant, mistakes[plant])
    assert row_terms(of) != matched_terms(of)


def factors():
    """Factors of every kind that the lemmas know, from N·d columns to N·d rows."""
    D, K = Diag(Vec(S)), Kron(sym("K", "d", "d"), eye("N"))
    same_row, in_columns = Kron(ones("d", "d"), eye("N")), Kron(eye("d"), sym("R", "N", "N"))
    leaves = st.sampled_from([D, K, same_row, in_columns, Kron(Transpose(sym("K", "d", "d")), sym("R", "N", "N"))])
    return st.recursive(
        leaves,
        lambda of: st.one_of(
            st.builds(lambda a, b: product(a, b), of, of),
            st.builds(Add, of, of),
            st.builds(Sub, of, of),
            st.builds(lambda a: Sub(D, product(a, D)), of),
            st.builds(lambda a: scale("N", a), of),
        ),
        max_leaves=6,
    )


@given(factors())
@counted(1000)
def test_the_folded_matrix_lies_down_to_the_row_times_the_factor(F):
    rng, shapes = np.random.default_rng(0), {"M": (3, 4), "S": (3, 4), "K": (4, 4), "R": (3, 3)}
    named = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    expected, found = (
        dense(term, Env({"N": 3, "d": 4}, named))
        for term in (product(Transpose(Vec(M)), F), Transpose(Vec(fold(M, F))))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


def test_the_two_lemmas_on_rectangular_operands():
    assert fold(M, Diag(Vec(S))) == M * S
    assert fold(M, Kron(B, A)) == product(Transpose(A), M, B)
    assert fold(M, Kron(Transpose(Sym("W", B.cols, B.rows)), eye("N"))) == product(
        M, Transpose(Sym("W", B.cols, B.rows))
    )
    assert fold(M, Kron(eye("d"), ones("N", 1))) == product(ones(1, "N"), M)
    assert through(M, [Kron(B, eye("N")), Kron(eye("h"), A)]) == product(Transpose(A), M, B)


def test_what_no_lemma_knows_is_refused():
    with pytest.raises(ShapeMismatch, match="Unvec"):
        fold(M, Unvec(Vec(sym("Q", M.rows * M.cols, 2)), M.rows * M.cols, sym("Q", 1, 2).cols))
