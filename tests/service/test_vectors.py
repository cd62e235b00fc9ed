"""Every reference vector through POST /gradients."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CASES = json.loads((Path(__file__).parents[1] / "data" / "gradients.json").read_text())["cases"]


def close(found: Any, expected: Any) -> bool:
    """Whether every entry is within 1e-10 of the block's largest."""
    largest = np.abs(expected).max()
    return bool(np.shape(found) == np.shape(expected) and np.abs(np.subtract(found, expected)).max() <= 1e-10 * largest)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_both_forms_give_the_reference(api: Any, case: dict[str, Any]) -> None:
    body = {"network": {"layers": case["layers"]}, "loss": case["loss"], "data": {"x": case["x"], "y": case["y"]}}
    answer = api.post("/gradients", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["agree"] is True
    assert found["loss_value"] == pytest.approx(case["value"], rel=1e-10)
    for form in ("matched", "vectorized"):
        for layer, expected in zip(found["forms"][form]["gradients"], case["gradients"], strict=True):
            assert close(layer["weights"], expected["weights"])
            assert (layer["bias"] is None) == (expected["bias"] is None)
            assert expected["bias"] is None or close(layer["bias"], np.ravel(expected["bias"]))


def test_a_planted_mistake_is_seen() -> None:
    expected = np.array(CASES[0]["gradients"][0]["weights"])
    assert close(expected, expected)
    assert not close(expected * (1 + 1e-9), expected)
    assert not close(expected.T, expected)
