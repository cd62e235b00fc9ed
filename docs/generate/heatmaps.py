"""Gradients as heat maps: right, yours and their difference side by side, as one plain SVG.

Blue is negative and orange positive; the paler a cell, the nearer to zero: zero is the page itself, so that a picture
reads on light and on dark ground. Each block has a scale of its own: its largest entry, right or yours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from backproof_core.vec import Array

CELL, GAP = 20, 1
BETWEEN_BLOCKS, BETWEEN_LAYERS, BETWEEN_PANELS = 7, 14, 40
LABEL = 62  # the width of two names
TOP, BOTTOM = 44, 40  # the headings; the caption and the legend
FAINT = 0.25  # of the scale: a difference that is smaller is shown magnified
NOTHING = 1e-12  # of the scale: what rounding leaves

STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #59636e; }
  .head { font-weight: 600; fill: #1f2328; }
  .small { font-size: 11px; }
  .block { fill: none; stroke: #8b949e; stroke-opacity: .55; }
  .apart { stroke-dasharray: 3 3; }
  .minus { fill: #2f6fdb; }
  .plus { fill: #e8710a; }
  .ok { fill: none; stroke: #3f9a5a; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1; } .head { fill: #f0f6fc; } }
"""


@dataclass(frozen=True)
class Block:
    """A matrix with its name, right and yours."""

    name: str
    right: Array
    yours: Array

    @property
    def scale(self) -> float:
        return max(float(np.abs(self.right).max()), float(np.abs(self.yours).max())) or 1.0

    @property
    def rows(self) -> int:
        return max(len(M) for M in (self.right, self.yours))

    @property
    def columns(self) -> int:
        return max(len(M.T) for M in (self.right, self.yours))

    @property
    def difference(self) -> Array | None:
        """Yours − right, 0 where only rounding is left; None where the shapes differ."""
        if self.yours.shape != self.right.shape:
            return None
        D = self.yours - self.right
        return np.where(np.abs(D) <= NOTHING * self.scale, 0.0, D)


Layer = tuple[Block, ...]  # from top to bottom


def magnification(layers: Sequence[Layer]) -> int:
    """How many times larger differences are shown: 1 where one is large enough to be seen."""
    found = [(block.difference, block.scale) for layer in layers for block in layer]
    largest = max((float(np.abs(D).max()) / scale for D, scale in found if D is not None), default=0.0)
    if largest == 0.0 or largest >= FAINT:
        return 1
    times = 0.8 / largest
    digits: int = 10 ** int(np.log10(times))
    return int(times / digits) * digits


def figure(layers: Sequence[Layer], *, title: str, description: str, caption: str) -> str:
    """The SVG of those layers, from the input up."""
    times = magnification(layers)
    width = sum(_width(layer) for layer in layers) + BETWEEN_LAYERS * (len(layers) - 1)
    height = max(_height(layer) for layer in layers)
    total = 3 * width + 2 * BETWEEN_PANELS + 2
    heads = ("right", "yours", "yours − right" + (f", × {times}" if times > 1 else ""))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {TOP + height + BOTTOM}" width="{total}" '
        f'height="{TOP + height + BOTTOM}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f"<style>{STYLE}</style>",
    ]
    for panel, head in enumerate(heads):
        left = 1 + panel * (width + BETWEEN_PANELS)
        lines.append(f'<text class="head" x="{left}" y="13">{head}</text>')
        for layer in layers:
            lines += _panel(layer, left, panel, times)
            left += _width(layer) + BETWEEN_LAYERS
    lines += [f'<text class="small" x="1" y="{TOP + height + 28}">{escape(caption)}</text>']
    lines += _legend(total - 1, TOP + height + 18)
    return "\n".join([*lines, "</svg>", ""])


def shown(value: float) -> str:
    """A number to three digits, with a true minus."""
    return f"{value:.3g}".replace("-", "−") if value else "0"


def _width(layer: Layer) -> int:
    return max(LABEL, *(block.columns * CELL for block in layer))


def _height(layer: Layer) -> int:
    return sum(block.rows for block in layer) * CELL + BETWEEN_BLOCKS * (len(layer) - 1)


def _panel(layer: Layer, left: int, panel: int, times: int) -> Iterator[str]:
    """One layer in one panel: right, yours or the difference."""
    yield f'<text class="small" x="{left}" y="33">{", ".join(block.name for block in layer)}</text>'
    top = TOP
    for block in layer:
        if panel < 2:
            yield from _cells(block.name, (block.right, block.yours)[panel], block.scale, left, top)
        else:
            yield from _compared(block, times, left, top)
        top += block.rows * CELL + BETWEEN_BLOCKS


def _compared(block: Block, times: int, left: int, top: int) -> Iterator[str]:
    """The difference; a tick where there is none, ≠ where shapes differ."""
    D = block.difference
    if D is None:
        yield from _apart(block, left, top)
    elif D.any():
        yield from _cells(f"{block.name}, difference", D, block.scale / times, left, top)
    else:
        yield from _tick(block, left, top)


def _cells(name: str, M: Array, scale: float, left: int, top: int) -> Iterator[str]:
    """A grid of cells, coloured by their share of the scale, each with its number."""
    for (i, j), entry in np.ndenumerate(M):
        x = float(entry)
        place = f'x="{left + j * CELL}" y="{top + i * CELL}" width="{CELL - GAP}" height="{CELL - GAP}" rx="2"'
        yield f"<rect {_colour(x / scale)} {place}><title>{name}[{i}, {j}] = {shown(x)}</title></rect>"
    yield _outline(M, left, top, "block")


def _outline(M: Array, left: int, top: int, kind: str) -> str:
    height, width = (n * CELL + GAP for n in M.shape)
    return f'<rect class="{kind}" x="{left - GAP}" y="{top - GAP}" width="{width}" height="{height}" rx="3"/>'


def _tick(block: Block, left: int, top: int) -> Iterator[str]:
    yield _outline(block.right, left, top, "block")
    x, y = _middle(block.right, left, top)
    yield f'<path class="ok" d="M{x - 6:g} {y:g} l4 4.5 l8 -9"><title>{block.name} is right</title></path>'


def _apart(block: Block, left: int, top: int) -> Iterator[str]:
    yield _outline(block.right, left, top, "block apart")
    x, y = _middle(block.right, left, top)
    yours, right = (f"{M.shape[0]}×{M.shape[1]}" for M in (block.yours, block.right))
    told = f"<title>{block.name} is {yours}, not {right}</title>"
    yield f'<text class="head" x="{x:g}" y="{y + 4:g}" text-anchor="middle">≠{told}</text>'


def _middle(M: Array, left: int, top: int) -> tuple[float, float]:
    return left + M.shape[1] * CELL / 2, top + M.shape[0] * CELL / 2


def _legend(right: int, y: int) -> Iterator[str]:
    """Five cells from the most negative to the most positive."""
    left = right - 5 * 14 - 32
    yield f'<text class="small" x="{left - 6}" y="{y + 10}" text-anchor="end">−</text>'
    for k, share in enumerate((-1.0, -0.5, 0.0, 0.5, 1.0)):
        yield f'<rect {_colour(share)} x="{left + 14 * k}" y="{y}" width="13" height="13" rx="2"/>'
    yield f'<rect class="block" x="{left - 1}" y="{y - 1}" width="71" height="15" rx="3"/>'
    yield f'<text class="small" x="{left + 76}" y="{y + 10}">+</text>'


def _colour(share: float) -> str:
    """A share of the scale as a colour: small ones a little stronger than in proportion, so that they can be told."""
    return f'class="{"minus" if share < 0 else "plus"}" fill-opacity="{abs(share) ** 0.7:.2f}"'
