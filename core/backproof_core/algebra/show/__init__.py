"""Terms, printed: as plain Unicode, as LaTeX and as MathML, with one notation for all three."""

from backproof_core.algebra.show.latex import dimension_latex, latex
from backproof_core.algebra.show.mathml import mathml
from backproof_core.algebra.show.notation import Memory
from backproof_core.algebra.show.text import dimension, text

__all__ = ["Memory", "dimension", "dimension_latex", "latex", "mathml", "text"]
