"""Terms compiled once to a straight-line program: one instruction for each distinct subterm, freed after its last use.

A product of many factors is a left fold of products of two, so that chains with a common beginning share it. A product
that was built as a factor of another stays one: of MatMul((1ᵀ, J)), J is made first.

What a program's shapes say is known before it runs: the floating-point operations of its products, and the entries of
the Jacobian-sized matrices that are alive at each. An evaluator counts the same matrices as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial, reduce
from typing import Generic, TypeVar

from backproof_core.algebra.meaning import Domain
from backproof_core.algebra.sizes import ONE, Monomial, Sizes, size
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
ENTRYWISE = (Add, Sub, Hadamard)
MADE = (Kron, Diag, MatMul, Add, Sub, Hadamard, Quotient)  # in new memory
VIEWS = (Transpose, Vec, Unvec, Scale)  # maybe in an operand's memory


@dataclass(frozen=True, slots=True)
class Instruction:
    """One node with the registers of its operands; its value goes to the register of its own number.

    node is what is done, after an example of its kind. frees are the operands that nobody needs afterwards; over is the
    place of one of them whose memory the value may take. held are the Jacobian-sized registers alive during a product.
    """

    node: Term
    operands: tuple[int, ...]
    rows: Monomial
    cols: Monomial
    wide: bool  # as large as a Jacobian, whatever the sizes
    frees: tuple[int, ...] = ()
    over: int | None = None
    held: tuple[int, ...] = ()

    @property
    def entries(self) -> Monomial:
        """How many numbers its value has."""
        return self.rows * self.cols


@dataclass(frozen=True, slots=True)
class Program:
    """Instructions in order, and the registers that hold the terms it was compiled from."""

    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The matrices that it reads, by name."""
        return tuple(i.node.name for i in self.instructions if isinstance(i.node, Sym | Fn))


def compiled(terms: Sequence[Term]) -> Program:
    """The program that evaluates the terms in their order; every Fn is read by its name."""
    builder = _Builder()
    outputs = tuple(builder.register(term) for term in terms)
    return Program(_with_lifetimes(builder.instructions, set(outputs)), outputs)


@dataclass(slots=True)
class _Builder:
    """Instructions so far; known by what they do, and by the term object that they are the value of."""

    instructions: list[Instruction] = field(default_factory=list)
    by_deed: dict[tuple[object, ...], int] = field(default_factory=dict)
    by_term: dict[int, int] = field(default_factory=dict)

    def register(self, term: Term) -> int:
        """The register that holds the term, with the instructions that are still missing appended."""
        found = self.by_term.get(id(term))
        if found is None:
            found = self._register(term)
            if not isinstance(term, Eye | Ones):
                self.by_term[id(term)] = found
        return found

    def _register(self, term: Term) -> int:
        if isinstance(term, MatMul):
            first, *others = term.factors
            return reduce(
                lambda left, factor: self._times(term, left, self.register(factor)), others, self.register(first)
            )
        operands = () if isinstance(term, Fn) else tuple(self.register(child) for child in term.children)
        return self._emit(term, operands, term.rows, term.cols)

    def _times(self, product: Term, left: int, right: int) -> int:
        return self._emit(product, (left, right), self.instructions[left].rows, self.instructions[right].cols)

    def _emit(self, node: Term, operands: tuple[int, ...], rows: Monomial, cols: Monomial) -> int:
        """The register of what is done; identities and ones are made anew wherever they are used."""
        deed = (type(node), _own(node), operands)
        if deed not in self.by_deed or isinstance(node, Eye | Ones):
            self.by_deed[deed] = len(self.instructions)
            self.instructions.append(Instruction(node, operands, rows, cols, self._wide(node, operands, rows, cols)))
        return self.by_deed[deed]

    def _wide(self, node: Term, operands: tuple[int, ...], rows: Monomial, cols: Monomial) -> bool:
        if isinstance(node, Kron | Diag):
            return True
        return ONE not in (rows, cols) and any(self.instructions[i].wide for i in operands)


def _own(node: Term) -> object:
    """What tells a node from another one with the same operands."""
    match node:
        case Sym(name=name) | Fn(name=name):
            return name
        case Eye(n=n):
            return n
        case Ones(m=m, n=n) | Unvec(m=m, n=n):
            return m, n
        case Scale(factor=factor):
            return factor
    return None


def _with_lifetimes(instructions: Sequence[Instruction], kept: set[int]) -> tuple[Instruction, ...]:
    """The instructions with what each frees, may overwrite, and has alive."""
    last = {operand: at for at, instruction in enumerate(instructions) for operand in instruction.operands}
    viewed = {i for instruction in instructions if isinstance(instruction.node, VIEWS) for i in instruction.operands}
    alive: set[int] = set()
    found = []
    for at, one in enumerate(instructions):
        alive.add(at)
        frees = tuple(sorted({i for i in one.operands if last[i] == at and i not in kept}))
        held = tuple(sorted(i for i in alive if instructions[i].wide)) if isinstance(one.node, MatMul) else ()
        found.append(replace(one, frees=frees, over=_over(one, set(frees) - viewed, instructions), held=held))
        alive -= set(frees)
    return tuple(found)


def _over(one: Instruction, ending: set[int], instructions: Sequence[Instruction]) -> int | None:
    """The place of an operand that ends here and is in memory of its own.

    A product with ones is left alone: it may be one column that stands for all.
    """
    if isinstance(one.node, ENTRYWISE):
        for place, i in enumerate(one.operands):
            summed = any(isinstance(instructions[j].node, Ones) for j in instructions[i].operands)
            if i in ending and isinstance(instructions[i].node, MADE) and not summed:
                return place
    return None


# ---------------------------------------------------------------- running


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


# ---------------------------------------------------------------- what it takes, from shapes alone


@dataclass(frozen=True, slots=True)
class Work:
    """The products of a program by their shapes: what each takes, and the matrices that it has alive.

    Monomials are listed once, as their coefficient and the names that are multiplied, so that reading them is quick.
    """

    monomials: tuple[tuple[int, tuple[str, ...]], ...]
    flops: tuple[int, ...]  # which monomial, for each product
    alive: tuple[tuple[int, ...], ...]

    def at(self, sizes: Sizes) -> tuple[int, int]:
        """(floating-point operations, entries of the matrices alive at the peak)."""
        values = [_times_names(coefficient, names, sizes) for coefficient, names in self.monomials]
        peak = max((sum([values[i] for i in held]) for held in self.alive), default=0)
        return sum([values[i] for i in self.flops]), peak


def work(program: Program) -> Work:
    """What the program takes."""
    listed: dict[Monomial, int] = {}
    flops, alive = [], []
    for one in program.instructions:
        if isinstance(one.node, MatMul):
            inner = program.instructions[one.operands[0]].cols
            flops.append(listed.setdefault(size(2) * one.rows * inner * one.cols, len(listed)))
            alive.append(tuple(listed.setdefault(program.instructions[i].entries, len(listed)) for i in one.held))
    monomials = tuple((int(m.coefficient), _names(m)) for m in listed)
    return Work(monomials, tuple(flops), tuple(dict.fromkeys(alive)))


def _names(dimension: Monomial) -> tuple[str, ...]:
    """The names of a dimension, each as often as its power; a dimension divides by nothing."""
    assert dimension.coefficient == Fraction(int(dimension.coefficient))
    return tuple(name for name, power in dimension.powers for _ in range(power))


def _times_names(coefficient: int, names: tuple[str, ...], sizes: Sizes) -> int:
    for name in names:
        coefficient *= sizes[name]
    return coefficient
