"""Your own numbers: in which forms they are taken, how the report is read, and what both clients make of a real one."""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import httpx
import numpy as np
import pytest

from backproof import (
    AsyncClient,
    Block,
    Client,
    GradientReport,
    Gradients,
    Invalid,
    InvalidValue,
    Layer,
    LayerGradient,
    Matrix,
    Network,
    Point,
    Vector,
    Worst,
    calls,
    parse_report,
)
from backproof.call import ALWAYS
from backproof.inprocess import URL

from .conftest import NET, XOR
from .tiny import Answer, tiny

PAIR = (XOR["x"], XOR["y"])
W, B = [[0.1, 0.2], [0.3, 0.4]], [0.5, 0.6]
BOTH: dict[str, Any] = {"weights": W, "bias": B}
CLASSES: dict[str, Any] = {"sizes": [2, 3, 3], "activation": ["tanh", "softmax"]}


@dataclass
class Own:
    """Somebody's own type, with the names of the blackboard."""

    W: Any
    b: Any = None


def sent(**claim: Any) -> dict[str, Any]:
    """What a check sends beside the point."""
    call = calls.check(NET, loss="half_sse", data=PAIR, **claim)
    assert call.content is not None
    body = json.loads(call.content)
    return {name: value for name, value in body.items() if name not in ("network", "loss", "data")}


@pytest.mark.parametrize(
    ("layer", "wire"),
    [
        (None, None),
        (W, W),
        (np.array(W), W),
        ([np.array(row) for row in W], W),
        ((W, B), BOTH),
        ([W, B], BOTH),
        ((np.array(W), np.array(B)), BOTH),
        ((np.array(W), [B]), {"weights": W, "bias": [B]}),
        ((W, None), {"weights": W, "bias": None}),
        ((None, B), {"weights": None, "bias": B}),
        ({"weights": np.array(W), "bias": tuple(B)}, BOTH),
        ({"bias": B}, {"bias": B}),
        (LayerGradient(Matrix(W), Vector(B)), BOTH),
        (Own(np.array(W)), {"weights": W, "bias": None}),
        (np.float32([[0.1]]), [[0.10000000149011612]]),
        ([[0.1, math.nan]], [[0.1, "NaN"]]),
        ((np.array([[math.inf]]), [-math.inf]), {"weights": [["Infinity"]], "bias": ["-Infinity"]}),
        ([1, 2, 3], [1, 2, 3]),
        (np.ones((2, 1, 2)), [[[1, 1]], [[1, 1]]]),
    ],
    ids=repr,
)
def test_a_layer_is_taken_in_any_form(layer: Any, wire: Any) -> None:
    assert sent(gradients=[layer, None])["gradients"] == [wire, None]
    assert sent(updated_weights=(None, layer))["updated_weights"] == [None, wire]
    assert sent(previous={"velocity": [layer]})["previous"] == {"velocity": [wire]}


def test_whole_gradients_and_networks_are_taken_as_they_are() -> None:
    assert sent(gradients=Gradients((LayerGradient(Matrix(W), None),))) == {"gradients": [{"weights": W, "bias": None}]}
    assert sent(updated_weights=Network.make([Layer.make(W, B)])) == {"updated_weights": [BOTH]}


def test_what_is_not_given_is_not_sent_and_what_is_keeps_its_name() -> None:
    assert sent() == {}
    scalars = {"learning_rate": 0.1, "weight_decay": 0.0, "momentum": 0.9, "dtype": "float32"}
    layout = {"weights": "out_in"}
    assert sent(**scalars, layout=layout) == scalars | {"layout": layout}
    lists = {name: [None, np.array(W)] for name in ("pre_activations", "activations", "deltas")}
    assert sent(**lists) == {name: [None, W] for name in lists}
    assert sent(loss_value=math.inf) == {"loss_value": "Infinity"}
    assert sent(loss_value=np.float64(0.5)) == {"loss_value": 0.5}
    before = {"data": (np.array([[1, 2]]), [[3]]), "gradients": None}
    assert sent(previous=before)["previous"] == {"data": {"x": [[1, 2]], "y": [[3]]}, "gradients": None}


def test_judging_changes_nothing_so_it_may_be_asked_again() -> None:
    assert calls.check(NET, loss="mse", data=PAIR, loss_value=1.0).repeat == ALWAYS
    assert calls.point(NET, loss="mse").repeat == ALWAYS


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"gradients": 3}, "gradients has to be a list over the layers"),
        ({"deltas": "abc"}, "deltas has to be a list over the layers"),
        ({"gradients": [[["x"]]]}, r"gradients\[0\]\[0\]\[0\] is 'x', which is not a number"),
        ({"gradients": [None, (W, [True])]}, r"gradients\[1\].bias\[0\] is True"),
        ({"deltas": [[[1, None]]]}, r"deltas\[0\]\[0\]\[1\] is None"),
        ({"loss_value": "0.5"}, "loss_value is '0.5'"),
        ({"previous": {"gradients": [[["y"]]]}}, r"previous.gradients\[0\]\[0\]\[0\] is 'y'"),
        ({"previous": {"data": ([[math.nan]], [[1]])}}, r"previous.data.x\[0\]\[0\] is nan"),
        ({"loss_value": 1.0, "data": ([[math.nan]], [[1]])}, r"data.x\[0\]\[0\] is nan"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_refused_where_it_stands(claim: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        calls.check(NET, loss="half_sse", **({"data": PAIR} | claim))


# ---------------------------------------------------------------- what is answered

HIDDEN: dict[str, Any] = {"id": "bias_missing", "layer": 0, "reason": "It is zero.", "x": 1}
JUDGED: dict[str, Any] = {
    "quantity": "gradients",
    "parameter": "layers.1.weights",
    "layer": 1,
    "verdict": "wrong",
    "relative_error": "NaN",
    "tolerance": 1e-7,
    "worst": {"index": [1, 0], "yours": "-Infinity", "ours": 0.5, "x": 1},
    "ratio": None,
    "cosine": "NaN",
    "pattern": "column 0",
    "follows": None,
    "x": 1,
}
NEW: dict[str, Any] = {
    "object": "gradient_report",
    "verdict": "wrong",
    "summary": "Wrong, first in the gradient of W₂ (layers.1.weights).",
    "dtype": "float32",
    "dtype_inferred": True,
    "parameters": [JUDGED],
    "blocks": [
        {"quantity": "loss_value", "parameter": "", "layer": None, "verdict": "right", "worst": None},
        {"quantity": "updated_weights", "parameter": "layers.0.bias", "layer": 0, "verdict": "wrong"},
    ],
    "first_wrong": {"layer": 1, "quantity": "gradients", "parameter": "layers.1.weights", "x": 1},
    "diagnosis": [
        {
            "mistakes": [
                {
                    "id": "rate_multiplied_in",
                    "layer": 1,
                    "layers": [1, 0],
                    "cause": "A rate.",
                    "question": "Which?",
                    "mend": {"numpy": "g", "ocaml": "g", "rust": "g"},
                    "detail": "0.1",
                    "value": 0.1,
                    "x": 1,
                },
                {"id": "new_mistake", "layer": None},
            ],
            "residual": 1e-16,
            "x": 1,
        }
    ],
    "blindness": [HIDDEN],
    "better_point": {
        "network": {"layers": [{"weights": W, "bias": None, "activation": "tanh"}]},
        "data": {"x": [[1, 2]], "y": [[3, 4]]},
        "unshowable": [HIDDEN],
        "x": 1,
    },
    "witnesses": [{"name": "complex_step", "relative_error": 1e-16, "agrees": False, "x": 1}],
    "notes": ["one"],
    "mood": "fine",
}


def test_what_is_not_known_is_ignored_and_values_are_frozen() -> None:
    with tiny(Answer(body=NEW)) as service, Client(service.url) as client:
        found = client.check(NET, loss="mse", data=PAIR, loss_value=1.0)
    (block,) = found.parameters
    assert block.worst == Worst((1, 0), -math.inf, 0.5)
    assert block.relative_error is not None
    assert math.isnan(block.relative_error)
    assert (block.ratio, block.pattern, block.is_right) == (None, "column 0", False)
    assert [each.quantity for each in found.judged] == ["loss_value", "gradients", "updated_weights"]
    first, second = found.diagnosis[0].mistakes
    assert (first.layers, first.mend.numpy, first.value, second.layers) == ((1, 0), "g", 0.1, ())
    assert found.mistakes == ("rate_multiplied_in", "new_mistake")
    assert found.better_point is not None
    assert found.better_point.network.layers == (Layer.make(W, None, "tanh"),)
    assert found.better_point.data["y"] == [[3.0, 4.0]]
    assert found.better_point.unshowable == found.blindness
    assert (found.witnesses[0].agrees, found.notes, found.is_right) == (False, ("one",), False)
    with pytest.raises(FrozenInstanceError):
        found.verdict = "right"  # type: ignore[misc]


def test_what_may_be_left_out_is_empty() -> None:
    found = parse_report.report({"verdict": "right", "summary": "Right."})
    assert found == GradientReport("right", "Right.")
    assert found.is_right
    assert (found.judged, found.mistakes) == ((), ())
    bare = {"parameter": "layers.0.bias", "verdict": "right"}
    (block,) = parse_report.report({"verdict": "right", "summary": "", "parameters": [bare]}).parameters
    assert replace(block, tolerance=0.0) == Block("layers.0.bias", "right", tolerance=0.0)
    assert math.isnan(block.tolerance)


def test_a_report_is_words_that_fit_a_screen() -> None:
    words = str(parse_report.report(NEW))
    assert "Wrong, first in the gradient of W₂" in words
    assert max(map(len, words.splitlines())) <= 80


# ---------------------------------------------------------------- a real service


def judged(client: Client, point: Point, change: Callable[[Any], Any]) -> GradientReport:
    """The report on the point's right gradients, changed: a list of arrays (W, b)."""
    right = [(layer.W.numpy(), layer.b.numpy()) for layer in point.answers.gradients]  # type: ignore[union-attr]
    return client.check(point.network, loss=point.loss, data=point.data, gradients=change(right))


def test_a_point_and_what_is_computed_there(client: Client) -> None:
    point = client.point(Network.create([2, 3, 3], activation=["tanh", "softmax"]), loss="cross_entropy", seed=3)
    answers = point.answers
    whole = client.check(
        point.network,
        loss=point.loss,
        data=point.data,
        loss_value=answers.loss_value,
        pre_activations=answers.pre_activations,
        activations=answers.activations,
        deltas=answers.deltas,
        gradients=Gradients(answers.gradients),
    )
    assert whole.is_right, str(whole)
    assert len(whole.judged) == 1 + 3 * 2 + 4
    assert judged(client, point, lambda right: right).is_right
    assert judged(client, point, lambda right: [None, right[1]]).is_right
    wrong = judged(client, point, lambda right: [right[0], (right[1][0].T, right[1][1])])
    assert (wrong.verdict, wrong.mistakes) == ("wrong", ("transposed_gradient",))
    assert wrong.first_wrong is not None
    assert (wrong.first_wrong.quantity, wrong.first_wrong.layer) == ("gradients", 1)


def test_a_point_lies_as_it_was_asked_for(client: Client) -> None:
    layout = {"weights": "out_in", "samples": "columns"}
    point = client.point({"sizes": [2, 3, 1], "activation": "tanh"}, loss="mse", layout=layout)
    assert (point.layout, point.network.sizes) == (layout, (2, 3, 1))
    assert [layer.W.shape for layer in point.network.layers] == [(3, 2), (1, 3)]
    assert (len(point.data["x"]), len(point.data["y"])) == (2, 1)
    gradients = Gradients(point.answers.gradients)
    where: dict[str, Any] = {"loss": point.loss, "data": point.data, "layout": point.layout}
    assert client.check(point.network, gradients=gradients, **where).is_right
    zero = {"layers": [{"weights": [[0, 0]] * 3, "activation": "tanh"}, {"weights": [[0] * 3], "activation": "tanh"}]}
    found = client.check(zero, gradients=[[[0, 0]] * 3, None], **where)
    assert found.better_point is not None
    assert (found.better_point.layout, found.better_point.network.sizes) == (layout, (2, 3, 1))


def test_numbers_that_are_not_finite_are_judged(client: Client) -> None:
    point = client.point(CLASSES, loss="cross_entropy")
    found = judged(client, point, lambda right: [(right[0][0] * math.nan, None), right[1]])
    wrong = next(block for block in found.parameters if block.parameter == "layers.0.weights")
    assert wrong.worst is not None
    assert math.isnan(wrong.worst.yours)


def test_numbers_in_float32_are_judged_as_such(client: Client) -> None:
    point = client.point(CLASSES, loss="cross_entropy")
    found = judged(client, point, lambda right: [tuple(map(np.float32, layer)) for layer in right])
    assert (found.verdict, found.dtype, found.dtype_inferred) == ("right", "float32", True)


def test_refusals_are_the_services(client: Client) -> None:
    with pytest.raises(Invalid, match="nothing to judge"):
        client.check(NET, loss="half_sse", data=PAIR)
    with pytest.raises(Invalid, match="A_0 is x, which is not sent"):
        client.check(NET, loss="half_sse", data=PAIR, activations=[W, W, W])
    with pytest.raises(Invalid, match='did you mean "half_sse"'):
        client.point(NET, loss="half_see")


def test_a_request_can_be_sent_as_json(client: Client) -> None:
    request = {"network": NET, "loss": "half_sse", "data": XOR, "loss_value": "NaN"}
    assert client.judge(request).verdict == "wrong"


def test_asyncio_finds_the_same(transport: httpx.AsyncBaseTransport) -> None:
    async def story() -> tuple[Point, GradientReport]:
        async with AsyncClient(URL, transport=transport) as client:
            point = await client.point(CLASSES, loss="cross_entropy", seed=1)
            right = point.answers.gradients
            return point, await client.check(point.network, loss=point.loss, data=point.data, gradients=right)

    point, report = asyncio.run(story())
    assert report.is_right
    with Client(URL, transport=transport) as client:  # type: ignore[arg-type]
        assert client.point(CLASSES, loss="cross_entropy", seed=1) == point
