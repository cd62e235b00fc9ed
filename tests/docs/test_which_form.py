"""docs/which-form.md: its predictions are those of today's code, and what was measured bears them out."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "which-form.md").read_text(encoding="utf-8")
UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}
ROWS = re.findall(r"^\| (\d[^|]*) \| ([^|]*) \| ([^|]*) \|([^|]*)\| ([^|]*) \|([^|]*)\|$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def benchmarks():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import routes
        import which_form

        yield routes, which_form
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def amount(text: str) -> float:
    number, unit = text.split()
    return float(number) * UNITS[unit]


def test_the_predictions_on_the_page_are_those_of_the_code(benchmarks):
    routes, which_form = benchmarks
    expected = [(case.name, way, case.cost(way)) for case in routes.cases() for way in routes.WAYS]
    assert len(ROWS) == len(expected)
    for (case, way, time, _, predicted, _), (name, word, cost) in zip(ROWS, expected, strict=True):
        assert (case, way.removeprefix("vectorised, ")) == (name, word)
        assert predicted == which_form.shown(cost.peak_bytes, which_form.SIZES)
        assert (time == "refused") == (cost.peak_bytes > routes.BUDGET)


def test_measured_bytes_are_within_a_fifth_of_the_predicted_ones_above_10_megabytes():
    large = [(amount(p), amount(m)) for *_, p, m in ROWS if m.strip() and amount(m) > 10e6]
    assert len(large) >= 3
    assert all(abs(measured - predicted) <= 0.2 * predicted for predicted, measured in large)


def test_the_row_route_costs_what_the_page_says():
    ratios = {case: float(ratio) for case, way, _, ratio, *_ in ROWS if way == "vectorised, row"}
    assert ratios["784-128-10, 128 rows"] <= 1.1
    assert ratios["2-2-1, 4 rows"] <= 2


@pytest.mark.parametrize(("value", "text"), [(15.6e-6, "15.6 µs"), (0.0544, "54.4 ms"), (1.03, "1.03 s")])
def test_times_are_shown_with_three_digits(benchmarks, value, text):
    assert benchmarks[1].shown(value, benchmarks[1].TIMES) == text
