"""What a mistake is, in words."""

import re
from dataclasses import dataclass

from backproof_core.judgement.report import Mend

_EITHER = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake of the table.

    Titles and causes may read in two ways, `[without a detail|with {detail}]`: see `told`. The names are those of the
    blackboard, rows being instances: Z = A_in W + b, A = σ(Z), δ = M∘σ′(Z), where M is what comes from above.
    """

    id: str
    title: str  # what is wrong: "the weight gradient is transposed"
    cause: str  # one sentence: what was written instead of what
    question: str  # a hint that does not tell
    mend: Mend  # the right code, with a comment at what differs
    looks: str  # what it looks like in the numbers
    hides: str  # how training still works, and at which points it shows nothing
    convention: bool = False  # another way to write the same, no mistake


def told(text: str, detail: str = "") -> str:
    """A title or a cause with that detail (2, N, tanh, λ = 0.01, …), or as it reads without one."""
    return _EITHER.sub(lambda found: found[2].replace("{detail}", detail) if detail else found[1], text)


def mend(*, numpy: tuple[str, ...], ocaml: tuple[str, ...]) -> Mend:
    """The right code, given by lines."""
    return Mend("\n".join(numpy), "\n".join(ocaml))
