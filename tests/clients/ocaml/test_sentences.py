"""What the OCaml library says of shapes that do not fit is what the service says of them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

ZERO = [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
COLUMN = [[0.5], [0.5], [0.5]]
X = [[1.0, 1.0]] * 4
Y = [[0.0]] * 4


def layers(*weights: list[list[float]], bias: list[float] | None = None) -> dict[str, Any]:
    made: list[dict[str, Any]] = [{"weights": w, "activation": "sigmoid"} for w in weights]
    if bias:
        made[-1]["bias"] = bias
    return {"layers": made}


NET = layers(ZERO, COLUMN)


def drawn(sizes: list[int], activation: object = "sigmoid") -> dict[str, Any]:
    return {"sizes": sizes, "activation": activation}


REQUESTS: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "neighbours": (layers(ZERO, COLUMN[:2]), X, Y),
    "bias": (layers(ZERO, COLUMN, bias=[1.0, 2.0]), X, Y),
    "no layers": ({"layers": []}, X, Y),
    "one size": (drawn([2]), X, Y),
    "size zero": (drawn([2, 0, 1]), X, Y),
    "activations": (drawn([2, 2, 1], ["tanh"]), X, Y),
    "features": (NET, [[1.0] * 3] * 4, Y),
    "targets": (NET, X, [[0.0, 0.0]] * 4),
    "rows": (NET, X, Y[:3]),
    "ragged": (NET, [[1.0, 2.0], [1.0]], Y),
    "no rows": (NET, [], Y),
    "an empty row": (NET, [[1.0, 2.0], []], Y),
    "ragged weights": (layers([[1.0], [1.0, 2.0]]), X, Y),
}


@pytest.fixture(scope="module")
def said(dune: Path) -> dict[str, str]:
    printed = subprocess.run([dune / "test" / "sentences.exe"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = json.loads(printed)
    return found


def test_every_sentence_has_its_request(said: dict[str, str]) -> None:
    assert list(said) == list(REQUESTS)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_service_says_the_same(name: str, said: dict[str, str], url: str) -> None:
    network, x, y = REQUESTS[name]
    sent = {"network": network, "loss": "half_sse", "data": {"x": x, "y": y}}
    answer = httpx.post(f"{url}/gradients", json=sent)
    assert answer.status_code == 422
    assert said[name] == answer.json()["errors"][0]["detail"]
