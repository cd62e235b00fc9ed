"""Whether two gradients are the same: witnesses, comparison, and what rounding explains."""

from backproof_core.backprop.numeric import WITNESSES, Witness
from backproof_core.check.comparison import Comparison, compare
from backproof_core.check.rounding import rounding_scale

__all__ = ["WITNESSES", "Comparison", "Witness", "compare", "rounding_scale"]
