"""Terms compiled once to a straight-line program: one instruction for each distinct subterm, freed after its last use.

A product of many factors is a left fold of products of two, so that chains with a common beginning share it. A product
that was built as a factor of another stays one: of MatMul((1ᵀ, J)), J is made first.

A program is syntax: `running` makes functions of its instructions, in any domain, and `work` reads what it takes from
their shapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from backproof_core.algebra.sizes import ONE, Monomial
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
