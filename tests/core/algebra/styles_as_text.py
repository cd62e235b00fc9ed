"""What a formula in LaTeX or MathML says, in the letters of plain text, so that the styles can be compared."""

import re
import xml.etree.ElementTree as ET

from backproof_core.algebra.show.latex import LETTERS

MATHML = "{http://www.w3.org/1998/Math/MathML}"
DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
VULGAR = {"½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)"}
SIGNS = {r"\circ": "∘", r"\oslash": "⊘", r"\otimes": "⊗", r"\cdot": "·", r"^{\top}": "ᵀ", r"\,": "", "'": "′", "-": "−"}


def of_text(line: str) -> str:
    """W₂ᵀ and I_{d₁} become W[2]ᵀ and I[d[1]]."""
    for sign, written in VULGAR.items():
        line = line.replace(sign, written)
    line = re.sub("[₀-₉]+", lambda digits: f"[{digits[0].translate(DIGITS)}]", line)
    line = re.sub(r"_\{([^}]*)\}", r"[\1]", line)
    return re.sub(r"_(\w)", r"[\1]", line).replace(" ", "")


def of_latex(line: str) -> str:
    line = re.sub(r"\\(?:operatorname|mathit)\{(\w+)\}", r"\1", line)
    for sign, letter in SIGNS.items():
        line = line.replace(sign, letter)
    for letter, command in LETTERS.items():
        if command.strip("\\ ").isalpha() and letter.isalpha():
            line = re.sub(rf"\{command.strip()}(?![a-z])", letter, line)
    line = re.sub(r"\\boxed\{", "⟦{", line).replace(" ", "")
    return _braces(line)


def _braces(line: str) -> str:
    """The same with the meaning of each pair of braces written out, from the innermost on."""
    inside = r"\{([^{}]*)\}"
    while "{" in line:
        line = re.sub(rf"\\tfrac{inside}{inside}", lambda part: _fraction(part[1], part[2]), line)
        line = re.sub(rf"_{inside}", r"[\1]", line)
        line = re.sub(rf"⟦{inside}", r"⟦\1⟧", line)
    return line


def of_mathml(element: ET.Element) -> str:
    """An element's text; invisible operators are nothing, marks are ⟦ ⟧."""
    inside = [of_mathml(child) for child in element]
    match element.tag.rpartition("}")[2]:
        case "msub":
            said = f"{inside[0]}[{inside[1]}]"
        case "msup":
            assert inside[1] == "⊤"
            said = f"{inside[0]}ᵀ"
        case "mfrac":
            said = _fraction(*inside)
        case _:
            said = (element.text or "").strip("\u2061\u2062") + "".join(inside)
    return f"⟦{said}⟧" if element.get("class") == "marked" else said


def _fraction(above: str, below: str) -> str:
    return f"({above}/({below}))" if "·" in below else f"({above}/{below})"


def numbers(tree: ET.Element) -> list[int]:
    """Which nodes of the term have an element in it, as often as they have one."""
    return [int(number) for part in tree.iter() if (number := part.get("data-term"))]
