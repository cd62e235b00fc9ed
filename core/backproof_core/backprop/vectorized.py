"""The vectorised form: the terms of an architecture, evaluated for a network's matrices by one of three routes.

    dense      np.kron, np.diag, np.eye as they are written; the full J from left to right, the ones vector last
    row        1ᵀ first, carried as a matrix by the two lemmas of the proof: the bits of the matched form
    jacobian   the full J by its structure, without a factor of its size; then 1ᵀJ

Each walk is compiled once for an architecture; nothing is built at a step.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Protocol

import numpy as np

from backproof_core.activation import Elementwise
from backproof_core.algebra import jacobian
from backproof_core.algebra.jacobian import Reading
from backproof_core.algebra.meaning import Env, Floats
from backproof_core.algebra.program import Instruction, Program
from backproof_core.algebra.running import Bound, Function, Meaning, Registers, bound, in_domain
from backproof_core.algebra.terms import Add, Hadamard, Kron, MatMul, Ones, Sub, Term
from backproof_core.backprop.architecture import Architecture
from backproof_core.backprop.gradients import Backward, Gradients, LayerGradient, LayerJacobian, peak_bytes
from backproof_core.backprop.routes import Routes, Stage, routes_of, top
from backproof_core.layer import Layer
from backproof_core.loss import Loss
from backproof_core.network import Pass
from backproof_core.vec import Array, unvec

UFUNCS: dict[type[Term], np.ufunc] = {Add: np.add, Sub: np.subtract, Hadamard: np.multiply}
ONE = np.ones((1, 1))


class Walk(Protocol):
    """The type for a backward pass by one route, compiled for the architecture of its layers."""

    def __call__(self, layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
        """Deltas and gradients at a point."""


def walk(layers: Sequence[Layer], loss: Loss, route: str) -> Walk:
    """The backward pass by that route for all layers of this architecture."""
    found = routes_of(layers, loss)
    if route == "row":
        return partial(_row, row_at(found))
    return partial({"dense": _dense, "jacobian": _by_jacobians}[route], found)


# ---------------------------------------------------------------- what names stand for


@dataclass(slots=True)
class Point:
    """Where terms are evaluated, and the most bytes of Jacobian-sized matrices that were alive there at once."""

    layers: Sequence[Layer]
    run: Pass
    Y: Array
    loss: Loss
    peak: int = 0


def loaders(of: Architecture) -> dict[str, Callable[[Point], Array]]:
    """How each matrix that a term names is read at a point; S_l, G and δ_L are computed at every reading."""
    found: dict[str, Callable[[Point], Array]] = {
        "X": lambda at: at.run.A[0],
        of.Y.name: lambda at: at.Y,
        of.slope.name: lambda at: at.loss.slope(at.run.H, at.Y),
        top(of).name: lambda at: at.loss.delta(at.layers[-1].activation, at.run.Z[-1], at.run.H, at.Y),
    }
    for l in range(1, of.depth + 1):
        found[of.outputs(l).name] = partial(_outputs, l)
        found[of.W(l).name] = partial(_weights, l)
        found[of.S(l).name] = partial(_slopes, l)
    return found


def _outputs(l: int, at: Point) -> Array:
    return at.run.A[l]


def _weights(l: int, at: Point) -> Array:
    return at.layers[l - 1].W


def _slopes(l: int, at: Point) -> Array:
    activation = at.layers[l - 1].activation
    assert isinstance(activation, Elementwise)
    return activation.df(at.run.Z[l - 1], at.run.A[l])


# ---------------------------------------------------------------- dense


def _dense(found: Routes, layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
    widths = (layers[0].d_in, *[layer.d_out for layer in layers])
    at = Point(layers, run, Y, loss)
    deltas, gradients = _sorted(layers, dense_at(found, len(Y), widths, Y.dtype)(at))
    return Backward(deltas, gradients, at.peak)


@lru_cache(maxsize=256)
def dense_at(found: Routes, rows: int, widths: tuple[int, ...], dtype: np.dtype[np.floating]) -> Bound[Array, Point]:
    """The dense program for matrices of those sizes."""
    meaning = in_domain(Floats(dtype), found.of.sizes(rows, widths))
    return bound(found.dense, _in_place(meaning), loaders(found.of), _count)


def _count(registers: Registers[Array], at: Point, held: tuple[int, ...]) -> None:
    at.peak = max(at.peak, sum([registers[i].nbytes for i in held]))


def _in_place(meaning: Meaning[Array]) -> Meaning[Array]:
    """The same with results in the memory of an operand that ends there.

    A transpose is copied before np.kron, which would else copy its result.
    """

    def chosen(one: Instruction) -> Function[Array]:
        if isinstance(one.node, Kron):
            return lambda B, A: np.kron(np.ascontiguousarray(B), A)
        f = UFUNCS.get(type(one.node))
        if f is None or one.over is None:
            return meaning(one)
        return (lambda A, B: f(A, B, A)) if one.over == 0 else (lambda A, B: f(A, B, B))

    return chosen


# ---------------------------------------------------------------- row


def _row(program: Bound[Array, Point], layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
    deltas, gradients = _sorted(layers, program(Point(layers, run, Y, loss)))
    return Backward(deltas, gradients, peak_bytes(deltas, gradients, loss.matrices(layers[-1].activation)))


@lru_cache(maxsize=256)
def row_at(found: Routes) -> Bound[Array, Point]:
    """The row program; it needs no sizes, since products with ones are sums and it has no other constants."""
    meaning = in_domain(Floats(np.dtype(np.float64)), {})
    return bound(found.row, _in_place(_with_sums(found.row, meaning)), loaders(found.of))


def _with_sums(program: Program, meaning: Meaning[Array]) -> Meaning[Array]:
    """The same with M 1ₖ1ₖᵀ as sums of rows, one column that stands for all, and 1ᵀM as sums of columns.

    Right where such a column only meets others entry by entry, as in P∘(M − (M∘P)1ₖ1ₖᵀ).
    """

    def chosen(one: Instruction) -> Function[Array]:
        if isinstance(one.node, Ones):
            return lambda: ONE
        if isinstance(one.node, MatMul):
            left, right = (isinstance(program.instructions[i].node, Ones) for i in one.operands)
            if right:
                return lambda M, ones: M.sum(axis=1, keepdims=True)
            if left:
                return lambda ones, M: M.sum(axis=0, keepdims=True)
        return meaning(one)

    return chosen


def _sorted(layers: Sequence[Layer], values: Sequence[Array]) -> tuple[tuple[Array, ...], Gradients]:
    """Deltas and gradients by layer, from ∇W_l, ∇b_l (1×d_l) and δ_l in the order in which they were computed."""
    deltas, found, one = [], [], iter(values)
    for layer in reversed(layers):
        found.append(LayerGradient(next(one), None if layer.b is None else next(one)[0]))
        deltas.append(next(one))
    return tuple(deltas[::-1]), Gradients(tuple(found[::-1]))


# ---------------------------------------------------------------- jacobian


def jacobians(layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> tuple[LayerJacobian, ...]:
    """∂vec E/∂(vec W_l)ᵀ and ∂vec E/∂b_lᵀ for every layer: a row is the gradient of one entry of E."""
    found, kept = routes_of(layers, loss), []
    reading = _reading(found, Point(layers, run, Y, loss))
    for stage, G in _downward(found, reading, Y):
        b = None if stage.bias is None else jacobian.full(G, stage.bias, reading)
        kept.append(LayerJacobian(jacobian.full(G, stage.weights, reading), b))
        del G  # before the next is made
    return tuple(reversed(kept))


def _by_jacobians(found: Routes, layers: Sequence[Layer], run: Pass, Y: Array, loss: Loss) -> Backward:
    """Deltas and gradients as 1ᵀ times the full Jacobians, of which one is alive at a time."""
    values: list[Array] = []
    reading = _reading(found, Point(layers, run, Y, loss))
    for stage, G in _downward(found, reading, Y):
        layer = layers[stage.l - 1]
        new = [unvec(_summed(jacobian.full(G, stage.weights, reading)), *layer.W.shape)]
        if stage.bias is not None:
            new.append(_summed(jacobian.full(G, stage.bias, reading))[None])
        new.append(G.sum(axis=1))
        reading.kept += sum(M.nbytes for M in new)
        values += new
        del G  # before the next is made
    return Backward(*_sorted(layers, values), reading.peak)


def _downward(found: Routes, reading: Reading, Y: Array) -> Iterator[tuple[Stage, Array]]:
    """The blocks of Δ_l, N×d_L×d_l, from the last layer down to the first."""
    N, r = Y.shape
    G = jacobian.identity(N, r, Y.dtype)
    for stage in found.stages:
        for F in stage.factors:
            G = jacobian.times(G, F, reading)
        yield stage, G


def _reading(found: Routes, at: Point) -> Reading:
    """The matrices that the stages read; those that are computed for them, S_l and ∂E/∂H, are kept."""
    load, of = loaders(found.of), found.of
    computed = {of.slope.name, *(of.S(l).name for l in range(1, of.depth + 1))}
    matrices = {name: load[name](at) for name in found.read_by_stages}
    sizes = of.sizes(len(at.Y), (at.layers[0].d_in, *[layer.d_out for layer in at.layers]))
    kept = sum(M.nbytes for name, M in matrices.items() if name in computed)
    return Reading(Floats(at.Y.dtype), Env(sizes, matrices), kept)


def _summed(J: Array) -> Array:
    """1ᵀJ."""
    return np.ones(len(J), J.dtype) @ J
