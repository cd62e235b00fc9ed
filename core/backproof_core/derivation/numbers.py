"""The lines of a proof as numbers: in float64 on the caller's data, and exactly modulo 2⁶¹ − 1."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from backproof_core.activation import Elementwise
from backproof_core.algebra.meaning import PRIME, Env, Floats, Modular, Residues, value
from backproof_core.algebra.sizes import Sizes
from backproof_core.algebra.terms import Diag, Eye, Kron, MatMul, Term, subterms
from backproof_core.backprop.architecture import Architecture
from backproof_core.check.comparison import distance
from backproof_core.derivation.proof import Proof
from backproof_core.derivation.unfolded import difference
from backproof_core.network import Network, Pass
from backproof_core.vec import Array

ROWS, WIDTHS = 3, (5, 2, 4, 7, 6, 9, 8, 10)  # of the proof modulo p: no two are the same, and none is 1


@dataclass(frozen=True, slots=True)
class Residual:
    """How far a line is from the first one: max|line − first|, and that over the largest entry."""

    max_abs: float
    max_rel: float


def residuals(proof: Proof, env: Env[Array]) -> list[Residual]:
    """How far each line is from the start, each evaluated literally, from left to right."""
    domain = Floats(np.dtype(np.float64))
    with np.errstate(all="ignore"):
        start = value(proof.start.term, domain, env)
        return [Residual(*distance(start, value(term, domain, env))) for term in _lines(proof, env)]


@lru_cache(maxsize=8)  # each holds its proof
def mismatches(proof: Proof, seed: int = 0) -> tuple[int, ...]:
    """In each line, how many entries differ from those of the start modulo p, values drawn so that the facts hold."""
    env, domain = residues(proof.form, np.random.default_rng(seed)), Modular()
    start = value(proof.start.term, domain, env)
    return tuple(int((value(term, domain, env) != start).sum()) for term in _lines(proof, env))


def _lines(proof: Proof, env: Env[Array] | Env[Residues]) -> Iterator[Term]:
    """Each line; what env remembers of lines before it is forgotten, except what stands in it."""
    for line in proof.lines:
        kept = {id(part) for part in subterms(line.term)}
        for key in [key for key in env.known if key not in kept]:
            del env.known[key]
        yield line.term


# ---------------------------------------------------------------- the caller's numbers


def values(form: Architecture, net: Network, run: Pass, Y: Array) -> Env[Array]:
    """What the names of the architecture stand for on those rows: weights, targets, and the values of functions."""
    found: dict[str, Array] = {"X": run.A[0], "Y": Y, difference(form).name: run.H - Y}
    for l, layer in enumerate(net.layers, start=1):
        found |= {form.W(l).name: layer.W, form.Z(l).name: run.Z[l - 1], form.outputs(l).name: run.A[l]}
        if isinstance(layer.activation, Elementwise):
            found[form.S(l).name] = layer.activation.df(run.Z[l - 1], run.A[l])
    return Env(form.sizes(len(Y), net.sizes), found)


def dense_bytes(term: Term, sizes: Sizes) -> int:
    """The bytes of the factors of a line that are written out, and of one more of each while it is rewritten."""
    parts = subterms(term)
    square = [part for part in parts if isinstance(part, MatMul) and part.rows == part.cols]
    written = [*square, *(part for part in parts if isinstance(part, Kron | Diag | Eye))]
    return 16 * sum(part.rows.count(sizes) * part.cols.count(sizes) for part in written)


# ---------------------------------------------------------------- random residues


def residues(form: Architecture, rng: np.random.Generator) -> Env[Residues]:
    """Random residues for every matrix of the architecture, drawn so that its facts hold, on small distinct sizes."""
    widths = [WIDTHS[l % len(WIDTHS)] for l in range(form.depth + 1)]
    drawn = {"X": _drawn(rng, ROWS, widths[0])}
    for l in range(1, form.depth + 1):
        names = form.Z(l).name, form.outputs(l).name, form.S(l).name
        drawn |= {name: _drawn(rng, ROWS, widths[l]) for name in names}
        drawn[form.W(l).name] = _drawn(rng, widths[l - 1], widths[l])
        if not form.elementwise(l):
            drawn[form.outputs(l).name] = _with_rows_of_sum_1(rng, ROWS, widths[l])
    H = drawn[form.H.name]
    Y = _with_rows_of_sum_1(rng, *H.shape) if form.loss.name == "cross_entropy" else _drawn(rng, *H.shape)
    if form.folded and form.elementwise(form.depth):
        drawn[form.S(form.depth).name] = H * (1 - H) % PRIME
    return Env(form.sizes(ROWS, widths), drawn | {"Y": Y, difference(form).name: (H - Y) % PRIME})


def _drawn(rng: np.random.Generator, rows: int, cols: int) -> Residues:
    """Residues that are neither 0 nor 1."""
    return rng.integers(2, PRIME, size=(rows, cols)).astype(object)


def _with_rows_of_sum_1(rng: np.random.Generator, rows: int, cols: int) -> Residues:
    found = _drawn(rng, rows, cols)
    found[:, -1] = (1 - found[:, :-1].sum(axis=1)) % PRIME
    return found
