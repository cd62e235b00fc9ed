"""Your layout: what is sent in it is answered in it, and nothing is turned on the way."""

import asyncio
from itertools import product
from typing import Any

import numpy as np
import pytest

from backproof import AsyncClient, Client, Layer, Network

LAYOUTS = [{"weights": w, "samples": s} for w, s in product(("in_out", "out_in"), ("rows", "columns"))]
each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda it: "-".join(it.values()))

rng = np.random.default_rng(3)
W = [rng.normal(size=shape) for shape in ((3, 4), (4, 2))]
B = [rng.normal(size=4), rng.normal(size=2)]
X, Y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
HOW: dict[str, Any] = {"loss": "half_sse"}
PLAN = HOW | {"optimizer": {"type": "sgd", "learning_rate": 0.01}, "epochs": 3}


def weights(M: Any, layout: dict[str, str]) -> Any:
    """Weights, or their gradient, as they lie in a layout, from inputs × outputs or back."""
    return np.asarray(M).T if layout["weights"] == "out_in" else np.asarray(M)


def samples(M: Any, layout: dict[str, str]) -> Any:
    """Samples as they lie in a layout, from rows or back."""
    return np.asarray(M).T if layout["samples"] == "columns" else np.asarray(M)


def network(layout: dict[str, str]) -> Network:
    return Network.make([Layer.make(weights(w, layout), b, "tanh") for w, b in zip(W, B, strict=True)])


def data(layout: dict[str, str]) -> tuple[Any, Any]:
    return samples(X, layout), samples(Y, layout)


@each_layout
def test_gradients_come_in_the_shapes_that_were_sent(client: Client, layout: dict[str, str]) -> None:
    parts = ["gradients", "deltas", "activations"]
    plain = client.gradients(network(LAYOUTS[0]), data=data(LAYOUTS[0]), include=parts, **HOW).forms["matched"]
    found = client.gradients(network(layout), data=data(layout), include=parts, layout=layout, **HOW).forms["matched"]
    for mine, theirs, w in zip(plain.gradients, found.gradients, W, strict=True):
        assert theirs.W.shape == weights(w, layout).shape
        assert weights(theirs.W, layout).tolist() == mine.W
        assert theirs.b == mine.b
    for mine, theirs in zip(plain.deltas + plain.activations, found.deltas + found.activations, strict=True):
        assert samples(theirs, layout).tolist() == mine


@each_layout
def test_a_job_speaks_the_layout_that_it_was_submitted_in(client: Client, layout: dict[str, str]) -> None:
    plain = client.train(network(LAYOUTS[0]), data=data(LAYOUTS[0]), **PLAN).wait(progress=False)
    job = client.train(network(layout), data=data(layout), layout=layout, **PLAN).wait(progress=False)
    assert job.result().weights_sha256 == plain.result().weights_sha256
    found, expected = job.weights(), plain.weights()
    assert found.layout == layout
    assert [weights(layer.W, layout).tolist() for layer in found.layers] == [layer.W for layer in expected.layers]
    assert found.network() == expected.network()
    outputs = plain.predict(X).outputs
    assert samples(job.predict(samples(X, layout)).outputs, layout).tolist() == outputs
    for other in LAYOUTS:
        assert samples(job.predict(samples(X, other), layout=other).outputs, other).tolist() == outputs


@each_layout
def test_outputs_of_a_network_that_is_sent(client: Client, layout: dict[str, str]) -> None:
    found = client.predict(network(layout), samples(X, layout), layout=layout, include=["pre_activations"])
    expected = client.predict(network(LAYOUTS[0]), X, include=["pre_activations"])
    assert samples(found.outputs, layout).tolist() == expected.outputs
    assert [samples(Z, layout).tolist() for Z in found.pre_activations or ()] == list(expected.pre_activations or ())


@each_layout
def test_a_derivation_is_the_blackboards_in_any_layout(client: Client, layout: dict[str, str]) -> None:
    asked = {"parameter": "layers.0.weights"} | HOW
    found = client.derive(network(layout), data=data(layout), layout=layout, **asked)
    assert found == client.derive(network(LAYOUTS[0]), data=data(LAYOUTS[0]), **asked)


@each_layout
def test_the_async_client_takes_it_too(layout: dict[str, str], url: str) -> None:
    async def outputs() -> tuple[Any, Any]:
        async with AsyncClient(url) as there:
            job = await there.train(network(layout), data=data(layout), layout=layout, **PLAN)
            await job.wait(progress=False)
            sent = await there.predict(network(layout), samples(X, layout), layout=layout)
            return sent.outputs, (await job.predict(X, layout=LAYOUTS[0], at=0)).outputs

    sent, of_the_job = asyncio.run(outputs())
    assert samples(sent, layout).tolist() == of_the_job


def test_capabilities_list_the_layouts(client: Client) -> None:
    assert client.capabilities().layouts == {"weights": ("in_out", "out_in"), "samples": ("rows", "columns")}
