"""How large a derivation will be, before it is made.

Each factor is a lemma of so many lines, and in each of them stand what was carried so far and the factors to come. The
numbers of lines are those of the rules; a test holds the prediction against what is made.
"""

from backproof_core.algebra.terms import Diag, Fn, Kron, MatMul, Scale, Sub, Term
from backproof_core.backprop.architecture import Architecture
from backproof_core.derivation.proof import steps_of
from backproof_core.derivation.unfolded import unfolded

AROUND = 6  # nodes around what is carried: unvec, both transposes, vec, and the operator that it meets
SEED = 22  # lines that a folded seed takes


def nodes(form: Architecture, layer: int, block: str) -> int:
    """About how many nodes all lines of the derivation hold together.

    Each softmax that the chain goes through doubles what is carried, since P∘(M − (M∘P)1 1ᵀ) holds M twice.
    """
    steps = steps_of(form, layer, block)
    factors = [step.factor for step in steps]
    waiting, carried, total = sum(map(_printed, factors)), 1, 0
    if form.folded:
        above = len(unfolded(form).steps) + 1
        seed, factors = sum(map(_printed, factors[:above])), factors[above:]
        waiting, carried = waiting - seed, _printed(form.folded_delta)
        total = SEED * (waiting + seed)
    for factor in factors:
        waiting -= _printed(factor)
        lines, copies, grown = _lemma(factor)
        total += lines * (copies * carried + _printed(factor) + AROUND + waiting)
        carried = copies * carried + grown
    return total


def _lemma(factor: Term) -> tuple[int, int, int]:
    """How many lines a factor takes, how many copies of what is carried it leaves, and how many nodes it adds."""
    match factor:
        case Sub(left=MatMul()):  # of a cross-entropy: Diag(…) Diag(…) − Diag(…) Diag(…)
            return 40, 2, 14
        case Sub():
            return 25, 2, 7
        case Kron():
            return 6, 1, 3
        case Diag() | Scale(of=Diag()):
            return 4, 1, 2
        case _:
            return 2, 1, 0


def _printed(term: Term) -> int:
    """The nodes of a term as it is printed: a function's value is one."""
    return 1 + (0 if isinstance(term, Fn) else sum(map(_printed, term.children)))
