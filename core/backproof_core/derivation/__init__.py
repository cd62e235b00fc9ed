"""The proof that both forms are one: every rewrite from the vectorised gradient to the matched one, line by line."""

from backproof_core.derivation.derive import RESIDUAL, Derivation, block_of, derive
from backproof_core.derivation.facts import Fact
from backproof_core.derivation.proof import Line, Proof, prove

__all__ = ["RESIDUAL", "Derivation", "Fact", "Line", "Proof", "block_of", "derive", "prove"]
