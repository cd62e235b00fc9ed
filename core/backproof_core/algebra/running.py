"""Running a program: its instructions as functions of registers, in a domain, for matrices of known sizes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from backproof_core.algebra.meaning import Domain
from backproof_core.algebra.program import Instruction, Program
from backproof_core.algebra.sizes import Sizes
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
)

V = TypeVar("V")
P = TypeVar("P")
Function = Callable[..., V]  # of the operands
Registers = dict[int, V]
Step = Callable[[Registers[V], P], None]


@dataclass(frozen=True, slots=True)
class Bound(Generic[V, P]):
    """A program whose instructions have become functions; it runs on a point, which its inputs are read from."""

    steps: tuple[Step[V, P], ...]
    outputs: tuple[int, ...]

    def __call__(self, at: P) -> list[V]:
        """The values of the terms."""
        registers: Registers[V] = {}
        for step in self.steps:
            step(registers, at)
        return [registers[i] for i in self.outputs]


Meaning = Callable[[Instruction], Function[V]]
Probe = Callable[[Registers[V], P, tuple[int, ...]], None]


def bound(
    program: Program,
    meaning: Meaning[V],
    loaders: Mapping[str, Callable[[P], V]],
    probe: Probe[V, P] | None = None,
) -> Bound[V, P]:
    """The program with the function that each instruction means; probe sees the registers held at each product."""
    steps: list[Step[V, P]] = []
    for at, one in enumerate(program.instructions):
        if isinstance(one.node, Sym | Fn):
            steps.append(_load(loaders[one.node.name], at))
        else:
            steps.append(_apply(meaning(one), one.operands, at))
        if probe is not None and one.held:
            steps.append(_probed(probe, one.held))
        if one.frees:
            steps.append(_free(one.frees))
    return Bound(tuple(steps), program.outputs)


def _load(loader: Callable[[P], V], into: int) -> Step[V, P]:
    def step(registers: Registers[V], at: P) -> None:
        registers[into] = loader(at)

    return step


def _apply(f: Function[V], operands: tuple[int, ...], into: int) -> Step[V, P]:
    def none(registers: Registers[V], at: P) -> None:
        registers[into] = f()

    def one(registers: Registers[V], at: P) -> None:
        registers[into] = f(registers[first])

    def two(registers: Registers[V], at: P) -> None:
        registers[into] = f(registers[first], registers[second])

    first, second = (*operands, 0, 0)[:2]
    return (none, one, two)[len(operands)]


def _probed(probe: Probe[V, P], held: tuple[int, ...]) -> Step[V, P]:
    def step(registers: Registers[V], at: P) -> None:
        probe(registers, at, held)

    return step


def _free(dead: tuple[int, ...]) -> Step[V, P]:
    def step(registers: Registers[V], at: P) -> None:
        for i in dead:
            del registers[i]

    return step


def in_domain(domain: Domain[V], sizes: Sizes) -> Meaning[V]:
    """What each instruction means in a domain."""

    def meaning(one: Instruction) -> Function[V]:  # one case for each node of the closed set
        match one.node:
            case Eye(n=n):
                return partial(domain.eye, n.count(sizes))
            case Ones(m=m, n=n):
                return partial(domain.ones, m.count(sizes), n.count(sizes))
            case Scale(factor=factor):
                return partial(domain.scale, factor.at(sizes))
            case Unvec(m=m, n=n):
                return _unvec(domain, m.count(sizes), n.count(sizes))
        return plain[type(one.node)]

    plain: dict[type[Term], Function[V]] = {
        Transpose: domain.transpose,
        MatMul: domain.matmul,
        Add: domain.add,
        Sub: domain.sub,
        Hadamard: domain.hadamard,
        Quotient: domain.quotient,
        Kron: domain.kron,
        Diag: domain.diag,
        Vec: domain.vec,
    }
    return meaning


def _unvec(domain: Domain[V], m: int, n: int) -> Function[V]:
    return lambda v: domain.unvec(v, m, n)
