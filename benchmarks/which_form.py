"""The table and the plot of docs/which-form.md, measured in one run.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/which_form.py

What is measured, and how, says benchmarks/routes.py.
"""

import math
from collections.abc import Callable, Sequence

from routes import Row, rows

WIDTH = 50  # columns of a bar
SECONDS = (1e-6, 1e1)
BYTES = (1e2, 1e12)
TIMES = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (math.inf, 1.0, "s"))
SIZES = ((1e3, 1.0, "B"), (1e6, 1e-3, "kB"), (1e9, 1e-6, "MB"), (math.inf, 1e-9, "GB"))
Units = Sequence[tuple[float, float, str]]


def shown(value: float, units: Units) -> str:
    """Three digits and a unit."""
    factor, unit = next((factor, unit) for below, factor, unit in units if value < below)
    number = value * factor
    digits = max(0, 2 - math.floor(math.log10(number))) if number > 0 else 0
    return f"{number:.{digits}f} {unit}"


def table(found: Sequence[Row]) -> list[str]:
    """One row for each network and way, as Markdown."""
    lines = [
        "| network | form, route | time | ÷ matched | bytes predicted | bytes measured |",
        "|---|---|---|---|---|---|",
    ]
    for row in found:
        way = row.way if row.way == "matched" else f"vectorised, {row.way}"
        time = "refused" if row.seconds is None else shown(row.seconds, TIMES)
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}" if row.ratio < 10 else f"{row.ratio:,.0f}"
        measured = "" if row.measured is None else shown(row.measured, SIZES)
        lines.append(f"| {row.case} | {way} | {time} | {ratio} | {shown(row.predicted, SIZES)} | {measured} |")
    return lines


def plot(found: Sequence[Row], span: tuple[float, float], units: Units, of: Callable[[Row], float | None]) -> list[str]:
    """A bar for each row on a logarithmic scale, a tick for each decade."""
    low, high = (math.log10(end) for end in span)
    ticks = [round(WIDTH * (decade - low) / (high - low)) for decade in range(round(low), round(high) + 1)]
    lines, name = [], ""
    for row in found:
        if row.case != name:
            name = row.case
            lines += ["", name]
        value = of(row)
        length = 0 if value is None else round(WIDTH * (math.log10(value) - low) / (high - low))
        bar = "".join("█" if i < length else "┊" if i in ticks else " " for i in range(WIDTH + 1))
        lines.append(f"  {row.way:9} {bar} {'refused' if value is None else shown(value, units)}")
    axis = "".join("┊" if i in ticks else " " for i in range(WIDTH + 1))
    decades = f"one ┊ for each factor of ten, from {shown(span[0], units)} to {shown(span[1], units)}"
    return [*lines[1:], "", f"  {'':9} {axis}", f"  {'':9} {decades}"]


def main() -> None:
    found = rows()
    print("\n".join(table(found)))
    print("\n```text\ntime of the backward pass\n")
    print("\n".join(plot(found, SECONDS, TIMES, lambda row: row.seconds)))
    print("\npeak bytes: measured, or predicted where the route was refused\n")
    print("\n".join(plot(found, BYTES, SIZES, lambda row: row.measured or row.predicted)))
    print("```")


if __name__ == "__main__":
    main()
