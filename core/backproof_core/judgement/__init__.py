"""The oracle: whether a caller's own numbers are right, where they first go wrong, and which mistake explains them."""

from backproof_core.judgement.blindness import better_point
from backproof_core.judgement.claim import Claim, LayerClaim, Previous
from backproof_core.judgement.judge import judge
from backproof_core.judgement.mistakes import MISTAKES
from backproof_core.judgement.report import VERDICTS, Report

__all__ = ["MISTAKES", "VERDICTS", "Claim", "LayerClaim", "Previous", "Report", "better_point", "judge"]
