"""Two and three mistakes at once are named, where they neither cancel nor coincide with fewer."""

import itertools

import numpy as np
import pytest

from claimed import BELOW, judged, planted_together, rates
from specimens import SWEEP


@pytest.mark.parametrize(("k", "least", "full"), [(2, 0.99, 500), (3, 0.95, 300)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_mistakes_together_are_named(
    k: int, least: float, full: int, dtype: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = []
    for number, case, variants in itertools.islice(planted_together(k, 0, dtype), full if SWEEP else 5):
        everything = bool(np.random.default_rng(number).random() < 0.5)
        outcomes.append(judged(number, case, variants, everything=everything))
    judgeable = [o for o in outcomes if o.kind != BELOW]
    with capsys.disabled():
        if SWEEP:
            print(f"\n{k} mistakes, {dtype}: {rates(outcomes)}")
    missed = [str(o) for o in judgeable if not o.found]
    assert len(missed) <= (1 - least) * len(judgeable), "\n".join(missed[:10])
