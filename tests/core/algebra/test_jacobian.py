"""The jacobian route gives the matrix that its terms mean, without building what they say."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof_core.algebra import jacobian
from backproof_core.algebra.jacobian import Reading, full, identity, times
from backproof_core.algebra.meaning import Env, Floats, dense
from backproof_core.algebra.terms import Add, Diag, Eye, Kron, Sub, Transpose, Vec, eye, ones, product, scale, sym
from backproof_core.errors import ShapeMismatch
from specimens import counted

SIZES = {"N": 3, "d": 4, "h": 2, "c": 5}
SHAPES = {"S": (3, 4), "T": (3, 4), "K": (4, 4), "W": (4, 2), "A": (3, 5)}
DTYPE = np.dtype(np.float64)
S, K, W, A = sym("S", "N", "d"), sym("K", "d", "d"), sym("W", "d", "h"), sym("A", "N", "c")


def reading():
    rng = np.random.default_rng(0)
    return Reading(Floats(DTYPE), Env(SIZES, {name: rng.normal(size=shape) for name, shape in SHAPES.items()}))


def whole(G):
    """The matrix whose blocks are G."""
    N, r, d = G.shape
    found = np.zeros((r, N, d, N))
    found[:, np.arange(N), :, np.arange(N)] = G
    return found.reshape(r * N, d * N)


def within_rows():
    """Factors that act within a row of the data, from N·d to N·d."""
    D = Diag(Vec(S))
    leaves = st.sampled_from(
        [D, Diag(Vec(Sub(S, sym("T", "N", "d")))), Kron(K, eye("N")), Kron(Transpose(K), eye("N")),
         Kron(ones("d", "d"), eye("N")), Eye(S.rows * S.cols)]
    )  # fmt: skip
    return st.recursive(
        leaves,
        lambda of: st.one_of(
            st.builds(lambda a, b: product(a, b), of, of),
            st.builds(Add, of, of),
            st.builds(Sub, of, of),
            st.builds(lambda a: scale("N", a), of),
        ),
        max_leaves=6,
    )


def by_both(F):
    """The product by the route and as the term means it."""
    at = reading()
    return whole(times(identity(3, 4, DTYPE), F, at)), dense(F, at.env)


@given(within_rows())
@counted(1000)
def test_the_blocks_are_those_of_the_matrix(F):
    found, expected = by_both(F)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max() + 1e-300)


@given(within_rows())
@counted(1000)
def test_the_last_factor_makes_the_whole_matrix(F):
    at, last = reading(), Kron(eye("h"), A)
    chain = product(F, Kron(W, eye("N")))
    found = full(times(identity(3, 4, DTYPE), chain, at), last, at)
    expected = dense(product(chain, last), at.env)
    assert found.shape == expected.shape == (12, 10)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max() + 1e-300)
    ones_last = Kron(eye("h"), ones("N", 1))
    of_bias = full(times(identity(3, 4, DTYPE), chain, at), ones_last, at)
    expected = dense(product(chain, ones_last), at.env)
    np.testing.assert_allclose(of_bias, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max() + 1e-300)


@pytest.mark.parametrize("plant", ["transpose", "order of the rows"])
def test_a_planted_mistake_is_seen(plant, monkeypatch):
    right = jacobian.khatri_rao
    mistakes = {
        "transpose": lambda G, A, at: right(G.transpose(0, 2, 1), A, at),
        "order of the rows": lambda G, A, at: right(G[::-1], A, at),
    }
    monkeypatch.setattr(jacobian, "khatri_rao", mistakes[plant])
    at, F = reading(), product(Diag(Vec(S)), Kron(K, eye("N")))
    found = full(times(identity(3, 4, DTYPE), F, at), Kron(eye("d"), A), at)
    assert not np.allclose(found, dense(product(F, Kron(eye("d"), A)), at.env))


def test_one_array_of_the_output_is_written_and_nothing_else_of_its_size():
    rng = np.random.default_rng(0)
    G, M = rng.normal(size=(50, 8, 200)), rng.normal(size=(50, 60))
    at = reading()
    tracemalloc.start()  # it sees every thread of the process: 5 % of 38 MB is more than another one takes meanwhile
    J = jacobian.khatri_rao(G, M, at)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert J.nbytes <= peak < 1.05 * J.nbytes
    assert at.peak == J.nbytes + G.nbytes
    n, k, j, i = 7, 3, 111, 20
    assert J[k * 50 + n, j * 60 + i] == G[n, k, j] * M[n, i]


def test_factors_of_other_kinds_are_refused():
    at = reading()
    with pytest.raises(ShapeMismatch, match="Sym does not act within a row"):
        times(identity(3, 4, DTYPE), sym("Q", 12, 12), at)
    with pytest.raises(ShapeMismatch, match="ends with I ⊗ A"):
        full(identity(3, 4, DTYPE), Diag(Vec(S)), at)
