"""POST /predict."""

from typing import Any

import pytest

BODY: dict[str, Any] = {
    "network": {
        "layers": [
            {"weights": [[1.0], [2.0]], "bias": [0.5], "activation": "identity"},
            {"weights": [[3.0]], "bias": None, "activation": "relu"},
        ]
    },
    "x": [[1, 1], [0, -1]],
}


def test_outputs_are_those_of_the_network(api: Any) -> None:
    answer = api.post("/predict", json=BODY)
    assert answer.status_code == 200
    assert answer.json() == {"object": "predictions", "outputs": [[10.5], [0.0]]}


def test_what_each_layer_computed_can_be_included(api: Any) -> None:
    found = api.post("/predict", json=BODY | {"include": ["pre_activations", "activations"]}).json()
    assert found["pre_activations"] == [[[3.5], [-1.5]], [[10.5], [-4.5]]]
    assert found["activations"] == [[[3.5], [-1.5]], [[10.5], [0.0]]]


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"x": [[1, 1, 1]]}, "#/x", ["3", "needs 2"]),
        ({"x": [[1e300, 1]], "dtype": "float32"}, "#/x/0/0", ["1e+300", "float32"]),
        ({"include": ["gradients"]}, "#/include/0", ["pre_activations"]),
        ({"layout": {"samples": "cols"}}, "#/layout/samples", ["'rows' or 'columns'"]),
    ],
)
def test_what_cannot_be_predicted_is_refused(api: Any, changes: Any, pointer: str, words: list[str]) -> None:
    answer = api.post("/predict", json=BODY | changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert all(word in answer.json()["detail"] for word in words), answer.text


def test_what_would_not_fit_is_refused_before_it_is_made(small_api: Any) -> None:
    wide = {"network": {"sizes": [1, 65536, 1], "activation": "tanh"}, "x": [[1]] * 4000}
    answer = small_api.post("/predict", json=wide)
    assert answer.status_code == 422
    assert "memory_budget_bytes" in answer.json()["detail"]
