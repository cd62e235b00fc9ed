"""What a program takes, from its shapes alone: the operations of its products, and the matrices alive at each.

An evaluator that counts the same matrices as they are finds the same number, so prediction and count are one.
"""

from dataclasses import dataclass

from backproof_core.algebra.program import Program
from backproof_core.algebra.sizes import Monomial, Sizes, size
from backproof_core.algebra.terms import MatMul


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
    assert dimension.coefficient == int(dimension.coefficient)
    return tuple(name for name, power in dimension.powers for _ in range(power))


def _times_names(coefficient: int, names: tuple[str, ...], sizes: Sizes) -> int:
    for name in names:
        coefficient *= sizes[name]
    return coefficient
