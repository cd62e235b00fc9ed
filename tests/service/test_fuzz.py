"""Whatever is sent, the answer is never a 5xx, and what is refused is refused with a whole problem."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DRAWN = {
    "sizes": [2, 3, 2],
    "activation": ["tanh", "softmax"],
    "init": {"type": "normal", "mean": 0, "std": 1},
    "seed": 3,
}
GIVEN = {
    "layers": [
        {"weights": [[1, 2, 3], [4, 5, 6]], "bias": [0, 0, 0], "activation": "relu"},
        {"weights": [[1, 0], [2, 0], [3, 1]], "bias": None, "activation": "softmax"},
    ]
}
TARGETS = {"x": [[0, 1], [1, 0.5]], "y": [[0, 1], [1, 0]]}
LABELS = {"x": [[0, 1], [1, 0.5]], "labels": [1, 0]}
REQUESTS = [
    ("/gradients", {"network": network, "loss": "cross_entropy", "data": data, "witnesses": ["complex_step"]})
    for network in (DRAWN, GIVEN)
    for data in (TARGETS, LABELS)
] + [
    ("/derivations", {"network": DRAWN, "loss": "cross_entropy", "parameter": "layers.0.bias", "data": LABELS}),
    (
        "/gradients/check",
        {
            "network": GIVEN,
            "loss": "cross_entropy",
            "data": LABELS,
            "layout": {"weights": "in_out", "samples": "rows"},
            "loss_value": 0.7,
            "deltas": [None, [[0.1, -0.1], [0.2, "NaN"]]],
            "gradients": [{"weights": [[1, 2, 3], [4, 5, 6]], "bias": [[0, 1, 2]]}, [[1, 0], [2, 0], [3, 1]]],
            "updated_weights": [None, {"weights": [[1, 0], [2, 0], [3, 1]]}],
            "learning_rate": 0.1,
            "previous": {"data": TARGETS, "gradients": [None, [[1, 0], [2, 0], [3, 1]]], "velocity": [None, None]},
        },
    ),
    ("/points", {"network": DRAWN, "loss": "cross_entropy", "seed": 4, "layout": {"weights": "out_in"}}),
    ("/predict", {"network": GIVEN, "x": TARGETS["x"], "include": ["activations"]}),
    ("/datasets", LABELS),
    (
        "/train",
        {
            "network": DRAWN,
            "loss": "mse",
            "optimizer": {"type": "adam", "learning_rate": 0.1, "schedule": {"type": "cosine"}},
            "data": TARGETS,
            "epochs": 2,
            "validation": {"share": 0.5},
        },
    ),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5),
    st.sampled_from([2**53, 2**63, 2**64, -(2**70), 1e308, -1e308, 5e-324, -0.0, 1.5, 10**9]),
    st.sampled_from(["", "NaN", "sigmoid", "softmax", "mse", "sgd", "sha256:" + "0" * 64, "\x00", "é", "x" * 300]),
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "x", "y", "layers", "sizes", "weights", "seed", ""]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a request."""
    found = [path]
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        found += places(entry, (*path, key))
    return found


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, Any]:
    """A good request in which one to three things were replaced, removed, doubled or added."""
    url, good = draw(st.sampled_from(REQUESTS))
    body = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        *above, last = draw(st.sampled_from(places(body)[1:] or [("network",)]))
        parent = body
        for key in above:
            parent = parent[key]
        what = draw(st.sampled_from(["replace", "replace", "remove", "double", "add"]))
        if what == "remove" and not (isinstance(parent, dict) and last not in parent):
            del parent[last]
        elif what == "double" and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        elif what == "add" and isinstance(parent, dict):
            parent[draw(st.sampled_from(["form", "batch_size", "rows", "dataset", "low", "zz"]))] = draw(JUNK)
        else:
            parent[last] = draw(JUNK)
        if not body:
            break
    return url, body


def check(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        found = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert found["status"] == answer.status_code
        assert found["detail"]
        assert all(error["detail"] and len(error) == 2 for error in found.get("errors", [{"a": 1, "detail": 1}]))
    else:
        assert "NaN" not in answer.text.replace('"NaN"', "")


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(request=changed())
def test_a_damaged_request(api: Any, request: tuple[str, Any]) -> None:
    url, body = request
    check(api.send(url, json.dumps(body).encode()))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(request=st.sampled_from(REQUESTS), at=st.integers(0, 10_000), junk=st.binary(min_size=1, max_size=8))
def test_damaged_bytes(api: Any, request: tuple[str, Any], at: int, junk: bytes) -> None:
    body = bytearray(json.dumps(request[1]).encode())
    at %= len(body)
    body[at : at + len(junk)] = junk
    check(api.send(request[0], bytes(body)))


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=60).map(str.encode)), prefix=st.booleans())
@pytest.mark.parametrize("kind", ["text/csv", "application/x-npz", "application/x-npy?targets=1", "application/json"])
def test_any_bytes_as_a_data_set(api: Any, kind: str, body: bytes, prefix: bool) -> None:
    magic = {
        "text/csv": b"a,y\n1,",
        "application/x-npz": b"PK\x03\x04",
        "application/x-npy?targets=1": b"\x93NUMPY\x01\x00",
    }
    kind, _, query = kind.partition("?")
    start = magic.get(f"{kind}?{query}" if query else kind, b"") if prefix else b""
    check(api.send(f"/datasets?{query}" if query else "/datasets", start + body, kind))
