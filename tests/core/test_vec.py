import numpy as np
import pytest

from backproof_core.errors import ShapeMismatch
from backproof_core.vec import unvec, vec

M = np.arange(6.0).reshape(2, 3)


def test_vec_stacks_columns():
    assert vec(M).tolist() == [0, 3, 1, 4, 2, 5]


def test_unvec_undoes_vec():
    assert (unvec(vec(M), 2, 3) == M).all()


def test_a_row_major_reshape_would_transpose_a_square_matrix():
    W = np.arange(9.0).reshape(3, 3)
    assert (vec(W).reshape(3, 3) == W.T).all()


def test_vec_of_a_product_is_the_kronecker_product_acting_on_vec():
    rng = np.random.default_rng(0)
    A, B, C = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 4))
    np.testing.assert_allclose(vec(A @ B @ C), np.kron(C.T, A) @ vec(B), rtol=1e-13)
    assert not np.allclose(vec(A @ B @ C), (np.kron(C.T, A) @ B.reshape(-1)))


def test_unvec_names_the_sizes_that_do_not_fit():
    with pytest.raises(ShapeMismatch, match="needs 8 entries, the vector has 6"):
        unvec(vec(M), 2, 4)
