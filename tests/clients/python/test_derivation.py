"""Derivations: what is asked, how the answer is read, and what both clients make of a real one."""

import asyncio
import math
from dataclasses import FrozenInstanceError
from typing import Any

import httpx
import pytest

from backproof import AsyncClient, Client, Derivation, Invalid, Loss, Network, Term, TooLargeForForm
from backproof.derivation import derivation
from backproof.inprocess import URL

from .conftest import NET, XOR
from .tiny import Answer, tiny

PAIR = (XOR["x"], XOR["y"])
LEAF: dict[str, Any] = {"id": 1, "op": "Sym", "shape": ["N", 2], "name": "X", "args": [], "colour": "red"}
PRINTED: dict[str, Any] = {"text": "X", "latex": "X", "mathml": "<math/>", "term": LEAF, "braille": "⠭"}
LINE: dict[str, Any] = PRINTED | {
    "rule": "new-rule",
    "reason": "A = A",
    "phase": "dream",
    "stage": "chain",
    "lemma": None,
    "layer": 0,
    "group": 3,
    "changed": {"before": [1], "after": [2, 3], "text_before": "Y", "text_after": "X", "sound": "ping"},
    "moved": [[1, 2]],
    "residual": "NaN",
    "mismatches_mod_p": 0,
    "mood": "fine",
}
NEW: dict[str, Any] = {
    "object": "derivation",
    "parameter": "layers.0.weights",
    "equal": False,
    "rows_used": 4,
    "sizes": {"N": 4},
    "start": PRINTED
    | {
        "steps": [
            {"step": 1, "differentiates": "E by U", "formula": "f", "factor": "I", "shape": [4, "N·o"], "id": 9, "x": 1}
        ],
        "definitions": [{"name": "Z₁", "text": "X W₁", "x": 1}],
    },
    "lines": [LINE],
    "facts": [{"name": "H ≠ 0", "holds": False, "x": 1}],
    "result": PRINTED,
    "notes": ["one"],
    "proved_by": "somebody",
}


def assert_articles(found: Derivation) -> None:
    assert (found.equal, found.rows_used, found.sizes) == (True, 4, {"N": 4, "d": 2, "h": 2, "o": 1})
    assert found.result.text == "Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)"
    assert len(found.lines) == 33
    assert found.lines[-1].term == found.result.term
    assert all(line.residual is not None and line.residual <= 1e-12 for line in found.lines)
    assert [step.shape for step in found.start.steps][4:] == [(4, 8), (8, 8), (8, 4)]
    assert ("Z₂", "A₁ W₂") in [(each.name, each.text) for each in found.start.definitions]


def test_the_articles_proof(client: Client) -> None:
    assert_articles(client.derive(NET, loss=Loss.half_sse, parameter="layers.0.weights", data=PAIR))


def test_asyncio_finds_the_same(transport: httpx.AsyncBaseTransport) -> None:
    async def story() -> Derivation:
        async with AsyncClient(URL, transport=transport) as client:
            return await client.derive(NET, loss="half_sse", parameter="layers.0.weights", data=PAIR)

    assert_articles(asyncio.run(story()))


def test_without_data_and_on_a_stored_data_set(client: Client) -> None:
    net = Network.create([2, 3], activation="softmax", seed=3)
    bare = client.derive(net, loss="cross_entropy", parameter="layers.0.bias")
    assert (bare.equal, bare.rows_used, bare.sizes) == (True, None, None)
    assert {line.residual for line in bare.lines} == {None}
    assert {fact.holds for fact in bare.facts} == {None}
    assert bare.start.term.shape == (1, "o")
    stored = client.upload({"x": [[0.5, -1.0], [2.0, 0.25]], "labels": [2, 0]})
    assert client.derive(net, loss="cross_entropy", parameter="layers.0.bias", data=stored.part(0, 1)).rows_used == 1


def test_refusals_are_the_services(client: Client) -> None:
    with pytest.raises(Invalid, match=r"did you mean 'layers\.0\.weights'"):
        client.derive(NET, loss="half_sse", parameter="layers.0.weight")
    wide = {"sizes": [2, 3000], "activation": "tanh"}
    with pytest.raises(TooLargeForForm) as raised:
        client.derive(wide, loss="mse", parameter="layers.0.weights", data=([[0, 0]], [[0] * 3000]))
    assert raised.value.predicted_bytes > raised.value.budget_bytes


def test_what_is_not_known_is_ignored_and_values_are_frozen() -> None:
    with tiny(Answer(body=NEW)) as service, Client(service.url) as client:
        found = client.derive(NET, loss="mse", parameter="layers.0.weights")
    (line,), (step,) = found.lines, found.start.steps
    assert line.term == Term(1, "Sym", ("N", 2), "X")
    assert (line.changed.before, line.changed.after, line.moved) == ((1,), (2, 3), ((1, 2),))
    assert line.residual is not None
    assert math.isnan(line.residual)
    assert (line.rule, line.phase, line.group) == ("new-rule", "dream", 3)
    assert (step.shape, step.id, found.facts[0].holds, found.notes) == ((4, "N·o"), 9, False, ("one",))
    with pytest.raises(FrozenInstanceError):
        found.equal = True  # type: ignore[misc]
    hash(line.term)


def test_what_may_be_left_out_is_empty() -> None:
    bare = {
        name: LINE[name] for name in ("text", "latex", "mathml", "term", "rule", "reason", "phase", "lemma", "layer")
    }
    start = NEW["start"] | {"definitions": None}
    told = {name: NEW[name] for name in ("parameter", "equal", "result")}
    found = derivation(told | {"start": start, "lines": [bare | {"mismatches_mod_p": 0}]})
    assert (found.facts, found.notes, found.rows_used, found.sizes, found.start.definitions) == ((), (), None, None, ())
    assert (found.lines[0].residual, found.lines[0].moved, found.lines[0].changed.text) == (None, (), "")
