"""Every rule is proved on random rectangular operands of distinct sizes, in float64 and exactly modulo p.

Wrong rules must be caught by their shapes or by their values: many of them hold on square symmetric matrices.
"""

import numpy as np
import pytest

from backproof_core.algebra.meaning import PRIME, Env, Floats, Modular, value
from backproof_core.algebra.measures import MEASURES
from backproof_core.algebra.rules import PHASES, RULES, STAGES, Rule
from backproof_core.algebra.sizes import size
from backproof_core.algebra.terms import Diag, Kron, Ones, Scale, Sym, Unvec, Vec, eye, ones, scale, subterms, sym
from backproof_core.errors import ShapeMismatch

SIZES = {"m": 3, "n": 5, "p": 2, "q": 7, "r": 4}
FACTORS = {"c": 11, "k": 13}
A, B, M = sym("A", "m", "n"), sym("B", "m", "n"), sym("M", "m", "n")
L, R = sym("L", "p", "m"), sym("R", "n", "q")  # L A R conforms


def symbols(*terms):
    return {part.name: part for term in terms for part in subterms(term) if isinstance(part, Sym)}


def both_sides(left, right, draw, domain, seed=0, negative=()):
    """The values of both sides on random matrices of distinct sizes."""
    rng = np.random.default_rng(seed)
    sizes = SIZES | {name: -number if name in negative else number for name, number in FACTORS.items()}
    drawn = {
        name: draw(rng, (part.rows.count(sizes), part.cols.count(sizes))) for name, part in symbols(left, right).items()
    }
    return [value(side, domain, Env(sizes, drawn)) for side in (left, right)]


def floats(rng, shape):
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1, 1], shape)  # nothing near 0


def residues(rng, shape):
    return rng.integers(2, PRIME, shape).astype(object)


def residual(left, right, **options):
    one, two = both_sides(left, right, floats, Floats(np.dtype(np.float64)), **options)
    assert one.shape == two.shape
    return np.abs(one - two).max() / np.abs(one).max()


def mismatches(left, right, **options):
    one, two = both_sides(left, right, residues, Modular(), **options)
    return int((one != two).sum())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("seed", range(5))
def test_every_rule_holds_for_random_rectangular_operands(rule, seed):
    assert (rule.left.rows, rule.left.cols) == (rule.right.rows, rule.right.cols)
    assert residual(rule.left, rule.right, seed=seed, negative=rule.negative) <= 1e-13
    assert mismatches(rule.left, rule.right, seed=seed, negative=rule.negative) == 0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_why_and_what_it_lowers(rule):
    assert rule.measure in MEASURES
    assert rule.phase in PHASES
    assert rule.because
    assert set(symbols(rule.right)) <= set(symbols(rule.left))
    assert set(rule.kinds) <= set(symbols(rule.left))


def test_a_name_means_one_rule():
    assert len({rule.name for rule in RULES}) == len({id(rule) for stage in STAGES.values() for rule in stage})


def test_the_operands_are_distinct_rectangles():
    """Else a wrong rule could pass: of the matrices of a rule none is square, unless it must be."""
    assert len(set(SIZES.values())) == len(SIZES)
    assert 1 not in SIZES.values()


# ---------------------------------------------------------------- wrong rules

KRON = Kron(R.T, L) @ Vec(A)  # = vec(L A R)
WRONG = {
    "transposed factor": lambda: (KRON, Vec(L.T @ A @ R)),
    "factor not transposed": lambda: (Kron(R, L) @ Vec(A), Vec(L @ A @ R)),
    "swapped Kronecker": lambda: (Kron(L, R.T) @ Vec(A), Vec(L @ A @ R)),
    "Kronecker acts on the other side": lambda: (KRON, Vec(R.T @ A.T @ L.T)),
    "missing identity": lambda: (Kron(R.T, eye("m")) @ Vec(A), Vec(L @ A @ R)),
    "identity of the wrong size": lambda: (Kron(R.T, eye("n")) @ Vec(A), Vec(A @ R)),
    "transpose swaps the Kronecker factors": lambda: (Kron(A, R).T, Kron(R.T, A.T)),
    "transpose of one Kronecker factor only": lambda: (Kron(A, R).T, Kron(A.T, R)),
    "transpose of a product in the same order": lambda: ((L @ A).T, L.T @ A.T),
    "Diag acts by a matrix product": lambda: (Diag(Vec(A)) @ Vec(B), Vec(A @ B)),
    "Diag of the transpose": lambda: (Diag(Vec(A)) @ Vec(B), Vec(A.T * B.T)),
    "row not turned": lambda: (Vec(A).T @ Kron(eye("n"), L.T), (L @ A)),
    "lemma K without the transpose": lambda: (Vec(M).T @ Kron(R, L.T), Vec(L.T @ M @ R).T),
    "lemma K, factors swapped": lambda: (Vec(M).T @ Kron(L.T, R), Vec(L @ M @ R).T),
    "unvec to the transposed shape": lambda: (Unvec(Vec(A), size("n"), size("m")), A),
    "unvec to the transposed shape, transposed": lambda: (Unvec(Vec(A), size("n"), size("m")).T, A),
    "scaled twice": lambda: (scale("c", A) * scale("c", B), scale("c", A * B)),
    "division for multiplication": lambda: (A / (ones("m", "n") / B), A / B),
    "difference the other way round": lambda: (Vec(A) - Vec(B), Vec(B - A)),
    "common factor forgotten": lambda: (A * M - B * M, A - B),
    "sum over the wrong axis": lambda: (A @ ones("n", "n"), ones("m", "m") @ A),
    "ones for an identity": lambda: (A @ ones("n", "n"), A),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_caught_by_shape_or_by_value(name):
    try:
        left, right = WRONG[name]()
        if (left.rows, left.cols) != (right.rows, right.cols):
            return  # caught by its shape, before any number
    except ShapeMismatch:
        return
    assert residual(left, right) > 1e-3
    assert mismatches(left, right) > 0


def test_some_wrong_rules_are_caught_by_value_alone():
    """The shapes of these are right: were values not looked at, nobody would notice."""
    by_value = []
    for name, sides in WRONG.items():
        try:
            left, right = sides()
        except ShapeMismatch:
            continue
        if (left.rows, left.cols) == (right.rows, right.cols):
            by_value.append(name)
    assert len(by_value) >= 8, by_value


def test_a_wrong_rule_may_hold_on_square_symmetric_matrices():
    """Why the operands are rectangles: with S symmetric and square, (S⊗S) vec S does not tell B from Bᵀ."""
    S = sym("S", "n", "n")
    rng = np.random.default_rng(0)
    T = rng.normal(size=(5, 5))
    env = Env(SIZES, {"S": T + T.T})
    right = value(Vec(S @ S @ S), Floats(np.dtype(np.float64)), env)
    wrong = value(Kron(S, S.T) @ Vec(S.T), Floats(np.dtype(np.float64)), env)
    np.testing.assert_allclose(wrong, right, rtol=1e-12)


class RowStacking(Floats):
    """NumPy with the wrong vec: rows are stacked, as reshape does if it is not told otherwise."""

    def vec(self, A):
        return A.reshape(-1, 1)

    def unvec(self, v, m, n):
        return v.reshape(m, n)


@pytest.mark.parametrize("name", ["kron-acts-on-vec"])
def test_a_vec_that_stacks_rows_is_caught(name):
    (rule,) = (rule for rule in RULES if rule.name == name)
    one, two = both_sides(rule.left, rule.right, floats, RowStacking(np.dtype(np.float64)))
    assert np.abs(one - two).max() > 1e-3


def test_a_vec_that_stacks_rows_is_caught_where_both_meet():
    """Stacked by rows on one side and by columns on the other, a matrix comes back transposed, or scrambled."""
    v = value(Vec(A), Floats(np.dtype(np.float64)), Env(SIZES, {"A": np.arange(15.0).reshape(3, 5)}))
    back = RowStacking(np.dtype(np.float64)).unvec(v, 3, 5)
    assert not np.array_equal(back, np.arange(15.0).reshape(3, 5))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_with_a_doubled_right_side_is_caught(rule):
    """The check of rules can fail for each of them."""
    doubled = Rule(rule.name, rule.left, Scale(size(2), rule.right), rule.because, rule.phase, rule.measure)
    assert residual(doubled.left, doubled.right, negative=rule.negative) > 1e-3
    assert mismatches(doubled.left, doubled.right, negative=rule.negative) > 0


def test_ones_of_a_rule_are_rectangles():
    assert any(isinstance(part, Ones) and part.m != part.n for rule in RULES for part in subterms(rule.left))
