"""A program gives what its terms mean, makes each subterm once, and forgets what nobody needs."""

import numpy as np
import pytest
from hypothesis import given, reject

from backproof_core.algebra import program
from backproof_core.algebra.meaning import Env, Floats, Modular, value
from backproof_core.algebra.program import compiled
from backproof_core.algebra.running import bound, in_domain
from backproof_core.algebra.terms import (
    Diag,
    Eye,
    Fn,
    Hadamard,
    Kron,
    MatMul,
    Ones,
    Sym,
    Transpose,
    Vec,
    eye,
    ones,
    product,
    subterms,
    sym,
)
from backproof_core.algebra.work import work
from backproof_core.backprop import vectorized
from core.algebra.terms_at_random import DIMENSIONS, terms
from specimens import counted

SIZES = dict(zip(DIMENSIONS, (2, 3, 1, 4, 2, 5), strict=True))
FLOATS = Floats(np.dtype(np.float64))
A, B, C = sym("A", "N", "d"), sym("B", "d", "h"), sym("C", "h", "o")


def matrices(term, draw):
    """A matrix for each name, with whole numbers in it."""
    found = {}
    for part in subterms(term):
        if isinstance(part, Sym | Fn):
            found[part.name] = draw((part.rows.count(SIZES), part.cols.count(SIZES)))
    return found


def small(term):
    """Whether no part of the term is large."""
    return all(part.rows.count(SIZES) * part.cols.count(SIZES) <= 20_000 for part in subterms(term))


def run(terms, meaning, named):
    """The values of the terms by their program; names are read from a dictionary."""
    loaders = {name: (lambda at, name=name: at[name]) for name in named}
    return bound(compiled(terms), meaning, loaders)(named)


@given(terms())
@counted(4000)
def test_a_program_is_what_its_term_means_exactly(term):
    if not small(term):
        reject()
    rng = np.random.default_rng(0)
    named = matrices(term, lambda shape: rng.integers(1, 2**61 - 1, shape).astype(object))
    try:
        expected = value(term, Modular(), Env(SIZES, named))
    except (ZeroDivisionError, ValueError):  # no inverse modulo p
        reject()
    (found,) = run([term], in_domain(Modular(), SIZES), named)
    assert found.shape == expected.shape
    assert (found == expected).all()


@pytest.mark.parametrize("meaning", [in_domain(FLOATS, SIZES), vectorized._in_place(in_domain(FLOATS, SIZES))])
def test_a_program_has_the_bits_of_its_terms_also_where_it_overwrites(meaning):
    @given(terms(), terms())
    @counted(4000)
    def same_bits(one, other):
        if not small(one) or not small(other) or {t.name for t in named_in(one)} & {t.name for t in named_in(other)}:
            reject()
        rng = np.random.default_rng(0)
        named = {name: M for term in (one, other) for name, M in matrices(term, lambda s: rng.normal(size=s)).items()}
        kept = {name: M.copy() for name, M in named.items()}
        both = [one, product(Transpose(one), one), other]
        with np.errstate(all="ignore"):
            found = run(both, meaning, named)
            expected = [value(term, FLOATS, Env(SIZES, named)) for term in both]
        for got, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got, wanted)
        assert all((named[name] == M).all() for name, M in kept.items()), "an input was overwritten"

    same_bits()


def named_in(term):
    return [part for part in subterms(term) if isinstance(part, Sym | Fn)]


def nodes(found):
    return [type(one.node) for one in found.instructions]


def test_chains_with_a_common_beginning_share_it():
    found = compiled([product(A, B), product(A, B, C), product(product(A, B), C)])
    assert nodes(found).count(MatMul) == 2
    assert found.outputs[1] == found.outputs[2]


def test_a_nested_product_is_made_first():
    found = compiled([MatMul((A, MatMul((B, C))))])
    first, second = [one for one in found.instructions if isinstance(one.node, MatMul)]
    assert (str(first.rows), str(first.cols)) == ("d", "o")
    assert (str(second.rows), str(second.cols)) == ("N", "o")


def test_a_distinct_subterm_is_one_instruction_and_identities_are_made_where_they_are_used():
    D = Diag(Vec(A))
    again = Diag(Vec(sym("A", "N", "d")))
    found = compiled([product(D, Kron(eye("d"), eye("N")), again, Kron(eye("d"), eye("N")))])
    assert nodes(found).count(Diag) == 1
    assert nodes(found).count(Kron) == 4 - nodes(found).count(Eye) // 2 == 2


def test_every_register_is_freed_after_its_last_use_and_outputs_are_kept():
    found = compiled([product(A, B, C), product(A, B)])
    freed = [i for one in found.instructions for i in one.frees]
    assert sorted(freed) == sorted(set(range(len(found.instructions))) - set(found.outputs))
    for at, one in enumerate(found.instructions):
        assert not any(i in later.operands for i in one.frees for later in found.instructions[at + 1 :])


def test_an_operand_is_overwritten_only_where_it_is_fresh_and_ends():
    M = product(A, B)
    G = sym("G", "N", "h")
    (ending,) = [one.over for one in compiled([Hadamard(M, G)]).instructions if isinstance(one.node, Hadamard)]
    assert ending == 0
    for kept in ([Hadamard(G, G)], [Hadamard(M, G), M], [Transpose(M), Hadamard(M, G)]):
        assert all(one.over is None for one in compiled(kept).instructions)
    of_column = Hadamard(product(A, Ones(A.cols, A.cols)), A)
    assert all(one.over is None for one in compiled([of_column]).instructions)


def test_work_counts_products_and_the_wide_matrices_alive_at_each():
    D, K = Diag(Vec(A)), Kron(eye("d"), A)  # N·d square, and N·d × d²
    found = work(compiled([MatMul((ones(1, A.rows * A.cols), product(D, D, K)))]))
    N, d = 3, 5
    a, p = N * d, d * d
    flops, peak = found.at({"N": N, "d": d})
    assert flops == 2 * a**3 + 2 * a * a * p + 2 * a * p
    assert peak == max(2 * a * a, a * a + 2 * a * p)


def test_a_program_that_takes_the_memory_of_others_is_seen(monkeypatch):
    """Were inputs thought to be fresh, they would be overwritten, and the term that reads one again would be wrong."""
    monkeypatch.setattr(program, "MADE", (*program.MADE, Sym))
    rng = np.random.default_rng(0)
    named = matrices(A, lambda shape: rng.normal(size=shape))
    kept = named["A"].copy()
    run([Hadamard(A, A)], vectorized._in_place(in_domain(FLOATS, SIZES)), named)
    assert (named["A"] != kept).any()
