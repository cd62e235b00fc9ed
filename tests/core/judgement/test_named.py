"""Every mistake of the list, planted alone in random networks, is named."""

import itertools

import numpy as np
import pytest

from claimed import BELOW, case_at, judged, planted_alone, rates
from naive import change, right
from planted import PLANTERS, SAME, VISIBLE, plant
from specimens import SWEEP

COUNT = 100 if SWEEP else 1  # networks for each precision


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_plain_program_is_right(dtype: str) -> None:
    for number in range(100):
        case = case_at(number, dtype)
        ours = [block for _, block in case.point.gradient().blocks()]
        largest = max(float(np.abs(M).max()) for M in ours)
        for M, R in zip(right(case, dtype).blocks(), ours, strict=True):
            assert M.dtype == R.dtype == dtype
            np.testing.assert_allclose(M, R, rtol=SAME[dtype], atol=SAME[dtype] * max(largest, 1e-3), err_msg=str(case))


@pytest.mark.parametrize("name", PLANTERS)
def test_every_mistake_can_be_planted_so_that_it_shows(name: str) -> None:
    for number, case, (variant,) in itertools.islice(planted_alone(name, 0, "float64"), 3):
        off = change(plant(case, variant).blocks(), right(case).blocks())
        assert variant.id == name and (off >= VISIBLE["float64"] or name == "layout_samples"), (number, str(variant))


@pytest.mark.parametrize("name", PLANTERS)
def test_a_mistake_alone_is_named(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = []
    for dtype in ("float64", "float32"):
        for number, case, variants in itertools.islice(planted_alone(name, 0, dtype), COUNT):
            everything = bool(np.random.default_rng(number).random() < 0.5)
            outcomes.append(judged(number, case, variants, everything=everything))
    with capsys.disabled():
        if SWEEP:
            print(f"\n{name}: {rates(outcomes)}")
    missed = [str(o) for o in outcomes if not o.found and o.kind != BELOW]
    assert not missed, "\n".join(missed[:5])
    assert any(o.kind != BELOW for o in outcomes)
