"""Rules fit where they should and nowhere else, rewriting keeps the value, and every part can be followed."""

import itertools

import numpy as np
import pytest

from backproof_core.algebra.labels import labelled, traced
from backproof_core.algebra.meaning import Env, dense
from backproof_core.algebra.rewriting import Rewriter, fit, instance, rewritten, sides
from backproof_core.algebra.rules import RULES, STAGES, TIDY, Rule
from backproof_core.algebra.sizes import size
from backproof_core.algebra.terms import Diag, Fn, Kron, MatMul, Scale, Vec, eye, ones, product, scale, subterms, sym
from backproof_core.errors import ShapeMismatch

X, W, V = sym("X", "N", "d"), sym("W", "h", "o"), sym("V", "N", "o")
S = Fn("S", "σ′", (sym("Z", "N", "h"),))
ROW = Vec(V).T @ Kron(W.T, eye("N")) @ Diag(Vec(S)) @ Kron(eye("h"), X)
named = {rule.name: rule for rule in RULES}


def test_sizes_compare_as_products():
    assert size("m") * size("n") == size("n") * size("m")
    assert size("m") * size("n") / size("m") == size("n")
    assert str(size(2) / (size("N") * size("o"))) == "2/(N·o)"
    assert [str(-size(n) / size("N")) for n in (1, 3)] == ["−1/N", "−3/N"]
    assert str(-size(3)) == "−3"
    assert Kron(W, X).rows == Kron(X, W).rows


def test_shapes_are_checked_when_a_term_is_built():
    with pytest.raises(ShapeMismatch, match="N×d meets h×o"):
        X @ W
    with pytest.raises(ShapeMismatch, match="one shape"):
        X * W
    with pytest.raises(ShapeMismatch, match="column"):
        Diag(X)


def test_a_product_is_associative_by_construction():
    assert product(product(X, sym("B", "d", "h")), W) == product(X, product(sym("B", "d", "h"), W))


def test_a_rule_fits_adjacent_factors_of_a_long_product():
    places = [redex.place for redex in Rewriter([named["turn-the-row"]]).all(ROW)]
    assert [(place.path, place.start, place.stop) for place in places] == [((), 0, 2)]


def test_a_size_of_a_rule_may_be_a_product():
    binding = fit(named["ones-are-a-vec"], sides(ones(1, size("N") * size("o")) @ Diag(Vec(V))))
    assert binding is not None
    assert instance(named["ones-are-a-vec"].right, binding) == Vec(ones("N", "o")).T @ Diag(Vec(V))


def test_a_variable_that_stands_twice_must_be_the_same_term():
    P, Q = sym("P", "N", "o"), sym("Q", "N", "o")
    assert fit(named["common-factor"], [V * P - Q * P]) is not None
    assert fit(named["common-factor"], [V * P - P * Q]) is None


def test_a_rule_with_a_condition_waits_for_the_fact():
    P = sym("P", "N", "o")
    assert fit(named["quotient-cancels"], [(V / P) * P]) is None
    assert fit(named["quotient-cancels"], [(V / P) * P], {P}) is not None


def test_only_negative_factors_change_the_sign_of_a_difference():
    D = Diag(Vec(V)) - Diag(Vec(V))
    n = size("N") * size("o")
    assert fit(named["sign-of-difference"], sides(scale(-3, eye(n)) @ D)) is not None
    assert fit(named["sign-of-difference"], sides(scale(3, eye(n)) @ D)) is None


def test_a_fact_is_about_its_own_terms_only():
    fact = Rule("fact", V, X @ sym("B", "d", "o"), "V = X B", TIDY, "nodes", ground=True)
    assert fit(fact, [V]) is not None
    assert fit(fact, [sym("U", "N", "o")]) is None


def test_every_application_keeps_the_value_and_all_parts_can_be_followed():
    rng = np.random.default_rng(0)
    shapes = {"X": (4, 3), "W": (5, 2), "V": (4, 2), "S": (4, 5)}
    env = Env({"N": 4, "d": 3, "h": 5, "o": 2}, {name: rng.normal(size=shape) for name, shape in shapes.items()})
    fresh = itertools.count(1)
    line = labelled(ROW, fresh)
    expected = dense(ROW, env)
    rewriter, lines = Rewriter(STAGES["chain"]), 0
    while (redex := rewriter.first(line.term)) is not None:
        trace = traced(line, redex, fresh)
        assert trace.line.term == rewritten(line.term, redex)
        old, new = numbered(line), numbered(trace.line)
        np.testing.assert_allclose(dense(trace.line.term, env), expected, rtol=1e-12)
        assert all(old[a] == new[b] for a, b in trace.moved)
        assert set(trace.before) <= set(old)
        assert set(trace.after) <= set(new)
        assert not set(new) & set(old) & {b for _, b in trace.moved}
        carried = {b for _, b in trace.moved}
        kept = [n for n in new if n in old]
        assert all(type(new[n]) is type(old[n]) for n in kept)
        fresh_ones = set(new) - set(old) - carried
        assert fresh_ones <= {n for part in put(trace) for n in numbered(part)}
        line, lines = trace.line, lines + 1
    assert lines > 15
    assert line.term == Vec(X.T @ ((V @ W.T) * S)).T


def numbered(line):
    """The term at each number; no number stands twice."""
    found = {line.id: line.term}
    for child in line.children:
        below = numbered(child)
        assert not set(found) & set(below)
        found |= below
    return found


def put(trace):
    """The labelled parts that the rule put in."""

    def walk(part):
        if part.id in trace.after:
            yield part
        for child in part.children:
            yield from walk(child)

    return list(walk(trace.line))


def test_the_first_place_is_one_of_all_places():
    rewriter = Rewriter(STAGES["chain"])
    first = rewriter.first(ROW)
    assert first is not None
    assert first.place in [redex.place for redex in rewriter.all(ROW)]


def test_products_stay_flat_whatever_is_put_into_them():
    rewriter = Rewriter([named["times-identity"], named["identity-times"]])
    term = product(X.T, eye("N"), V * ones("N", "o"), eye("o"))
    while (redex := rewriter.first(term)) is not None:
        term = rewritten(term, redex)
    assert term == X.T @ (V * ones("N", "o"))
    assert not any(isinstance(f, MatMul) for part in subterms(term) if isinstance(part, MatMul) for f in part.factors)


def test_multiples_are_exact():
    term = scale(size(2) / size("N"), scale(size("N") / size(2), V))
    redex = Rewriter([named["multiple-of-multiple"]]).first(term)
    assert redex is not None
    assert rewritten(term, redex) == Scale(size(1), V)
