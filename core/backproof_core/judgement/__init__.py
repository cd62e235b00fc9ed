"""The oracle: whether a caller's own numbers are right, where they first go wrong, and which mistake explains them."""

from backproof_core.judgement.claim import Claim, LayerClaim, Previous
from backproof_core.judgement.judge import judge
from backproof_core.judgement.report import VERDICTS, Report

__all__ = ["VERDICTS", "Claim", "LayerClaim", "Previous", "Report", "judge"]
