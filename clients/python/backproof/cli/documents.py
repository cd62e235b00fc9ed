"""A derivation as a document: LaTeX that pdflatex reads, and a page of MathML that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from backproof.blackboard import blackboard, symbol
from backproof.cli.derive import HOLDS, Numbered, groups, measured, reasons, verdict
from backproof.derivation import Derivation, DerivationLine

# What stands in words and formulas of a derivation besides ASCII, as mathematics in LaTeX.
MATH = {
    "ᵀ": r"^{\top}", "∂": r"\partial ", "′": "'", "⊗": r"\otimes ", "∘": r"\circ ", "⊘": r"\oslash ", "−": "-",
    "∇": r"\nabla ", "Σ": r"\Sigma ", "σ": r"\sigma ", "δ": r"\delta ", "·": r"\cdot ", "×": r"\times ",
    "≠": r"\neq ", "∉": r"\notin ", "→": r"\rightarrow ", "½": r"\tfrac12 ", "⅓": r"\tfrac13 ", "⅔": r"\tfrac23 ",
    "¼": r"\tfrac14 ", "¾": r"\tfrac34 ", "ₖ": "_k", "²": "^2", "⁶": "^6", "¹": "^1", "⁻": "^-",
    "⟦": r"[\![", "⟧": r"]\!]", "≤": r"\le ", "≥": r"\ge ", "√": r"\surd ", "…": r"\ldots ", "Δ": r"\Delta ",
    **{digit: f"_{number}" for number, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")},
}  # fmt: skip
ESCAPED = {character: f"\\{character}" for character in "_{}&#%$"} | {
    "\\": r"\textbackslash{}",
    "~": r"\~{}",
    "^": r"\^{}",
}
PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage{amsmath,amssymb}
\setlength{\oddsidemargin}{-0.5in}
\setlength{\textwidth}{7.5in}
\setlength{\topmargin}{-0.7in}
\setlength{\textheight}{9.8in}
\setlength{\parindent}{0pt}
\binoppenalty=100
\relpenalty=100
\raggedright
\newcommand{\term}[2]{\par\medskip\hangindent=4em\hangafter=1\makebox[2.5em][r]{#1}\hspace{1em}$#2$\par}
\newcommand{\reason}[1]{{\small\hangindent=4em\hangafter=0 #1\par}}
"""
STYLE = """\
body { font-family: sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; line-height: 1.5 }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
.line { margin: 1rem 0; overflow-x: auto } math { font-size: 1.1em }
.line b { display: inline-block; min-width: 2.5rem }
.reason { color: #555; margin-left: 2.5rem } .wrong { color: #b00 }
"""


# ---------------------------------------------------------------- LaTeX


def latex(found: Derivation, *, folded: bool) -> Iterator[str]:
    """The lines of a document that pdflatex compiles; long lines are broken between their factors."""
    yield PREAMBLE
    yield r"\begin{document}"
    yield rf"\section*{{The gradient of the loss by {words(blackboard(found.parameter))}, in both forms}}"
    yield rf"\term{{}}{{{breakable(found.start.latex)}}}"
    yield rf"\term{{=}}{{{breakable(found.result.latex)}}}"
    yield r"\subsection*{Symbols}"
    yield from (rf"{words(f'{each.name}: {each.text}')}\par" for each in found.start.definitions)
    if found.sizes:
        yield words(", ".join(f"{name} = {value}" for name, value in found.sizes.items())) + r"\par"
    yield r"\subsection*{The chain rule, one factor for each function, from the loss down}"
    for step in found.start.steps:
        yield rf"\term{{{step.step}}}{{{breakable(step.latex)}}}"
        shape = "×".join(map(str, step.shape))
        yield rf"\reason{{{words(f'{step.differentiates}, {shape}; {step.formula}')}}}"
    yield r"\section*{The proof: each line equals the one before}"
    yield rf"\term{{0}}{{{breakable(found.start.latex)}}}"
    for heading, lines in groups(found):
        yield rf"\subsection*{{{words(heading)}}}"
        for number, line in lines[-1:] if folded else lines:
            yield rf"\term{{{number}}}{{{breakable(line.latex if folded else line.changed.latex or line.latex)}}}"
            yield rf"\reason{{{words(told(lines, line, folded=folded))}}}"
    yield from latex_ending(found)
    yield r"\end{document}"


def latex_ending(found: Derivation) -> Iterator[str]:
    """Facts, notes and the verdict."""
    if found.facts:
        yield r"\subsection*{Facts that it rests on}"
        yield from (words(fact.name + HOLDS[fact.holds]) + r"\par" for fact in found.facts)
    yield r"\subsection*{What was found}"
    yield from (words(f"Note: {note}") + r"\par" for note in found.notes)
    yield words(verdict(found))


def words(plain: str) -> str:
    """Words with mathematics in them as LaTeX's text."""
    return "".join(_letter(letter) for letter in plain)


def _letter(letter: str) -> str:
    if letter in MATH:
        return rf"\ensuremath{{{MATH[letter]}}}"
    if letter.isascii():
        return ESCAPED.get(letter, letter)
    return f"[U+{ord(letter):04X}]"


def breakable(formula: str) -> str:
    """A formula that may be broken between factors: spaces may end a line, and boxes, which may not, are brackets."""
    return unboxed(formula).replace(r"\, ", r"\,\allowbreak ")


def unboxed(formula: str) -> str:
    r"""The formula with what stands in \boxed{…} between double brackets."""
    head, box, rest = formula.partition(r"\boxed{")
    if not box:
        return formula
    depth, end = 1, 0
    for match in re.finditer(r"\\.|[{}]", rest):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            end = match.start()
            break
    return rf"{head}[\![\,{rest[:end]}\,]\!]{unboxed(rest[end + 1 :])}"


# ---------------------------------------------------------------- MathML


def page(found: Derivation, *, folded: bool) -> Iterator[str]:
    """The lines of a page with a math element for each line, in which what it changed is coloured."""
    name = escape(symbol(found.parameter))
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f"<title>The gradient by {name}, in both forms</title>"
    yield f"<style>\n{STYLE}{colours(found, folded=folded)}</style>"
    yield "</head>\n<body>"
    yield f"<h1>The gradient of the loss by {escape(blackboard(found.parameter))}, in both forms</h1>"
    yield row("vectorised", found.start.mathml) + row("matched", found.result.mathml)
    yield "<h2>Symbols</h2>\n<table>"
    yield from (
        f"<tr><th>{escape(each.name)}</th><td>{escape(each.text)}</td></tr>" for each in found.start.definitions
    )
    yield from (f"<tr><th>{escape(size)}</th><td>{value}</td></tr>" for size, value in (found.sizes or {}).items())
    yield "</table>\n<h2>The chain rule, one factor for each function, from the loss down</h2>\n<table>"
    for step in found.start.steps:
        cells = (str(step.step), step.differentiates, step.factor, "×".join(map(str, step.shape)), step.formula)
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
    yield "</table>\n<h2>The proof: each line equals the one before</h2>"
    yield row("0", found.start.mathml)
    for heading, lines in groups(found):
        yield f"<h3>{escape(heading)}</h3>"
        for number, line in lines[-1:] if folded else lines:
            because = escape(told(lines, line, folded=folded))
            yield row(str(number), line.mathml, because, place=f"line-{number}")
    yield from page_ending(found)
    yield "</body>\n</html>"


def page_ending(found: Derivation) -> Iterator[str]:
    """Facts, notes and the verdict."""
    if found.facts:
        yield "<h2>Facts that it rests on</h2>"
        yield from (f"<p>{escape(fact.name + HOLDS[fact.holds])}</p>" for fact in found.facts)
    yield "<h2>What was found</h2>"
    yield from (f"<p>Note: {escape(note)}</p>" for note in found.notes)
    yield f'<p class="{"right" if found.equal else "wrong"}">{escape(verdict(found))}</p>'


def row(label: str, formula: str, because: str = "", place: str = "") -> str:
    """A math element with its label before it and its reason below."""
    reason = f'<div class="reason">{because}</div>' if because else ""
    at = f' id="{place}"' if place else ""
    return f'<div class="line"{at}><b>{label}</b> {formula}{reason}</div>\n'


def colours(found: Derivation, *, folded: bool) -> str:
    """The style that colours, in each line, the nodes that it put in."""
    if folded:
        return ""
    places = (
        f'#line-{number} [data-term="{node}"]'
        for number, line in enumerate(found.lines, start=1)
        for node in line.changed.after
    )
    return ",\n".join(places) + " { background: #fff0a8 }\n"


# ---------------------------------------------------------------- both


def told(lines: Sequence[Numbered], line: DerivationLine, *, folded: bool) -> str:
    """Why the line holds, by its rule or by all rules since the group began, and how far it is from the start."""
    return (reasons(lines) if folded else f"{line.rule}: {line.reason}") + measured(line)
