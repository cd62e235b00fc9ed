"""Writes docs/mistakes.md and its pictures from the table of mistakes.

.venv/bin/python docs/generate/mistakes_page.py [FOLDER]
"""

import sys
import textwrap
from pathlib import Path

import numpy as np
from heatmaps import NOTHING, Block, Layer, figure, shown
from planted_points import wrong_gradient

from backproof_core.judgement.mistakes import MISTAKES, Mistake, told

DOCS = Path(__file__).resolve().parents[1]

HEAD = """\
# The mistakes

*What goes wrong in a backward pass: how each mistake looks, why nobody notices, and how to mend it.*

<!-- Written by docs/generate/mistakes_page.py from the table in core/backproof_core/judgement/mistakes. -->

This is the table by which your numbers are judged, the likeliest first. Each mistake has a name, by which reports call
it; a cause; a question that leads to it without telling, for those who would rather find it themselves; and the right
code. Conventions, which are no mistakes, come late, and last what can be told only where the step before was sent too.

The names are those of [the article](article.md): rows are instances, Z = A_in W + b and A = σ(Z) in each layer, M is
what comes back from the layer above, δ = M∘σ′(Z), ∇W = A_inᵀ δ and ∇b = 1ᵀ δ. In the code `f` is σ and `df` or `f'` its
derivative, and H is the A of the last layer. The OCaml is that of the toy library in `clients/ocaml`.

Every picture is the gradient of a small network, with the mistake really made in it: what is right, what comes out, and
the difference. Blue is negative, orange positive, an empty cell zero, and ✓ stands where a block is right after all.
Each block has a scale of its own. The
line below says which network it is and where the mistake was made; each cell's number stands in the picture's file.

```console
$ .venv/bin/python docs/generate/mistakes_page.py
```

"""

SECTION = """\
## {id}

{what}

![{description}](mistakes/{id}.svg)

{looks}

{hides}

{question}

{mend}

```python
{numpy}
```

```ocaml
{ocaml}
```
"""


def page() -> str:
    """The page."""
    return HEAD + "\n".join([_contents(), *(_section(mistake) for mistake in MISTAKES.values())])


def pictures() -> dict[str, str]:
    """The SVG of each mistake."""
    return {mistake.id: _picture(mistake) for mistake in MISTAKES.values()}


def _contents() -> str:
    rows = [f"| [`{m.id}`](#{m.id}) | {told(m.title)} |" for m in MISTAKES.values()]
    return "\n".join(["| name | what is wrong |", "|---|---|", *rows, ""])


def _section(mistake: Mistake) -> str:
    return SECTION.format(
        id=mistake.id,
        what=_wrapped(f"**{_capital(told(mistake.title))}.** {told(mistake.cause)}"),
        description=_description(wrong_gradient(mistake.id)[1]),
        looks=_wrapped(f"**How it looks.** {mistake.looks}"),
        hides=_wrapped(f"**Why it hides.** {mistake.hides}"),
        question=_wrapped(f"**Ask yourself.** {mistake.question}"),
        mend="**Say so, or turn it**, in NumPy and in OCaml:"
        if mistake.convention
        else "**The mend**, in NumPy and in OCaml:",
        numpy=mistake.mend.numpy,
        ocaml=mistake.mend.ocaml,
    )


def _picture(mistake: Mistake) -> str:
    picture, layers = wrong_gradient(mistake.id)
    title = f"{mistake.id}: {told(mistake.title)}"
    return figure(layers, title=title, description=_description(layers), caption=picture.caption)


def _description(layers: list[Layer]) -> str:
    """What the picture shows, in words: which blocks are right, and what the others are instead."""
    said: dict[str, list[str]] = {"right": []}
    for block in (block for layer in layers for block in layer):
        said.setdefault(_compared(block), []).append(block.name)
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in said.items() if names)


def _compared(block: Block) -> str:
    """What a block is, in words: right, a multiple of what it should be, wrong."""
    R, M, D = block.right, block.yours, block.difference
    if D is None:
        return "of another shape"
    if not D.any():
        return "right"
    if not M.any():
        return "zero"
    ratio = float(np.vdot(M, R) / np.vdot(R, R))
    alike = np.allclose(M, ratio * R, rtol=0, atol=NOTHING * block.scale)
    return f"{shown(ratio)} times what it should be" if alike else "wrong"


def _wrapped(paragraph: str) -> str:
    return textwrap.fill(paragraph, 120, break_long_words=False, break_on_hyphens=False)


def _capital(text: str) -> str:
    """The text with its first letter in upper case, unless it is a name of the blackboard: δ is not Δ."""
    return text[0].upper() + text[1:] if text[0].isascii() else text


def write(docs: Path) -> None:
    """The page and its pictures in that folder; pictures of mistakes that are no more are removed."""
    folder = docs / "mistakes"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures()
    for old in folder.glob("*.svg"):
        if old.stem not in drawn:
            old.unlink()
    for id_, svg in drawn.items():
        (folder / f"{id_}.svg").write_text(svg, encoding="utf-8")
    (docs / "mistakes.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
