"""The mirrored API: the names of the design and of the core, the numbers of the core."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backproof
import backproof_core
from backproof import Activation, Backprop, Client, Init, InvalidValue, Layer, Loss, Network, NotDrawn, Train
from backproof_core.activation import ACTIVATIONS
from backproof_core.init import INITS
from backproof_core.loss import LOSSES

from .conftest import XOR

X, Y = XOR["x"], XOR["y"]

DESIGN = {
    "Network": ["create", "make", "forward", "predict"],
    "Layer": [],
    "Activation": [],
    "Loss": [],
    "Init": [],
    "Backprop": ["deltas", "gradient", "jacobian", "numeric"],
    "Train": ["step", "fit"],
}
OVER_HTTP = {"client", "dtype", "labels", "progress"}  # options that only make sense, or are only needed, here
IN_PROCESS = {"budget", "on_progress", "dtype", "route"}  # options that the service settles


MIRRORED = [pytest.param(holder, name, id=f"{holder}.{name}") for holder, names in DESIGN.items() for name in names]


def of_core(holder: str, name: str) -> Callable[..., Any]:
    found = getattr(backproof_core, holder if holder == "Network" else holder.lower())
    return getattr(found, name)  # type: ignore[no-any-return]


@pytest.mark.parametrize("holder", DESIGN)
def test_the_design_names_it(holder: str) -> None:
    assert hasattr(backproof, holder)
    assert holder in backproof.__all__


@pytest.mark.parametrize(("holder", "name"), MIRRORED)
def test_its_parameters_are_the_cores(holder: str, name: str) -> None:
    here = inspect.signature(getattr(getattr(backproof, holder), name)).parameters
    there = inspect.signature(of_core(holder, name)).parameters
    assert [each for each in map(str.lower, here) if each not in OVER_HTTP | IN_PROCESS] == [
        each for each in map(str.lower, there) if each not in OVER_HTTP | IN_PROCESS
    ]
    given = [each.kind for each in here.values()][
        len([n for n in here if n.lower() in ("self", "net", "x", "y", "sizes", "layers")]) :
    ]
    assert set(given) <= {inspect.Parameter.KEYWORD_ONLY}


def test_layers_have_the_cores_fields() -> None:
    assert list(Layer.__dataclass_fields__) == list(backproof_core.Layer.__dataclass_fields__)


def test_the_names_are_the_cores() -> None:
    """What the client names exists; a name that only a newer core knows may be given as a string."""
    assert {each.value for each in Activation} <= set(ACTIVATIONS)
    assert {each.value for each in Loss} <= set(LOSSES)
    inits = {name for name, made in vars(Init).items() if isinstance(made, classmethod)}
    assert inits == set(INITS)
    for name, kind in INITS.items():
        fields = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
        assert list(inspect.signature(getattr(Init, name)).parameters) == [each for each in fields if each != "name"]


NETS = [
    {"sizes": [2, 3, 1], "activation": "sigmoid", "seed": 4},
    {"sizes": [2, 2, 2, 1], "activation": ["tanh", "softplus", "sigmoid"], "bias": False, "seed": 5},
]


def pair(given: dict[str, Any]) -> tuple[Network, backproof_core.Network]:
    arguments = {name: value for name, value in given.items() if name != "sizes"}
    return Network.create(given["sizes"], **arguments), backproof_core.Network.create(given["sizes"], **arguments)


@pytest.mark.parametrize("given", NETS)
def test_it_computes_what_the_core_computes(client: Client, given: dict[str, Any]) -> None:
    here, there = pair(given)
    passed, run = here.forward(X, client=client), there.forward(X)
    assert_same(passed.Z, run.Z)
    assert_same(passed.A, run.A)
    assert passed.A[-1] == passed.H
    assert_same([here.predict(X, client=client)], [there.predict(X)])
    for form in ("matched", "vectorized"):
        found = Backprop.gradient(here, X, Y, loss=Loss.half_sse, form=form, client=client)
        expected = backproof_core.backprop.gradient(there, X, Y, loss="half_sse", form=form)
        assert [name for name, _ in found.blocks()] == [name for name, _ in expected.blocks()]
        assert_same([block for _, block in found.blocks()], [block for _, block in expected.blocks()])
        deltas = Backprop.deltas(here, X, Y, loss=Loss.mse, form=form, client=client)
        assert_same(deltas, backproof_core.backprop.deltas(there, X, Y, loss="mse", form=form))
    jacobian = Backprop.jacobian(here, X, Y, loss=Loss.sse, client=client)
    expected_jacobian = backproof_core.backprop.jacobian(there, X, Y, loss="sse")
    assert_same([layer.W for layer in jacobian], [layer.W for layer in expected_jacobian])
    witness = Backprop.numeric(here, X, Y, loss=Loss.half_sse, client=client)
    assert_same([block for _, block in witness.blocks()], [block for _, block in found.blocks()])


def assert_same(here: Any, there: Any) -> None:
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("given", NETS)
def test_it_trains_as_the_core_trains(client: Client, given: dict[str, Any]) -> None:
    here, there = pair(given)
    stepped = Train.step(here, X, Y, loss=Loss.half_sse, rate=0.5, client=client)
    expected_step = backproof_core.train.step(there, X, Y, loss="half_sse", rate=0.5)
    assert_same([layer.W for layer in stepped.layers], [layer.W for layer in expected_step.layers])
    fitted = Train.fit(here, X, Y, loss=Loss.half_sse, epochs=50, form="both", client=client)
    expected = backproof_core.train.fit(there, X, Y, loss="half_sse", epochs=50, form="both")
    assert_same([layer.W for layer in fitted.network.layers], [layer.W for layer in expected.network.layers])
    assert fitted.final_loss == pytest.approx(expected.final_loss, rel=1e-12)
    assert fitted.twin is not None
    assert len(fitted.comparisons) == len(expected.comparisons)
    assert fitted.network.sizes == here.sizes
    assert fitted.job.state == "succeeded"
    assert set(Train.Fitted.__dataclass_fields__) - {"metrics", "job"} == set(expected.__dataclass_fields__) - {"rows"}


def test_fitting_with_options(client: Client) -> None:
    net = Network.create([2, 4, 1], activation=[Activation.tanh, Activation.sigmoid], init=Init.uniform(-1, 1), seed=2)
    adam = {"type": "adam", "learning_rate": 0.05}
    fitted = Train.fit(
        net, X, Y, loss=Loss.binary_cross_entropy, optimizer=adam, epochs=400, batch_size=2, seed=3,
        validation=(X, Y), patience=50, client=client,
    )  # fmt: skip
    errors = np.abs(fitted.network.predict(X, client=client).numpy() - np.array(Y))
    assert errors.max() < 0.2
    assert any(value is not None for value in fitted.metrics["validation_loss"])
    with pytest.raises(InvalidValue, match="not both"):
        Train.fit(net, X, Y, loss="mse", rate=1.0, optimizer=adam, epochs=1, client=client)


def test_a_network_that_was_sent_comes_back_the_same(client: Client) -> None:
    net = Network.make(
        [Layer.make([[0.1, 1 / 3], [-2e-5, 4]], [0.5, -1], "tanh"), Layer.make([[1.5], [2]], None, "identity")]
    )
    job = client.train(net, loss="mse", optimizer={"type": "sgd", "learning_rate": 0.1}, data=(X, Y), epochs=1)
    assert job.wait(progress=False).weights(at=0).network() == net


def test_layers_of_a_network_that_only_the_service_can_draw() -> None:
    with pytest.raises(NotDrawn, match="drawn by the service"):
        _ = Network.create([2, 1]).layers


def test_without_a_client_the_environment_chooses(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROOF_URL", url)
    assert Network.create([2, 1]).predict(X).shape == (4, 1)
    monkeypatch.delenv("BACKPROOF_URL")
    with Client() as client:
        assert client.url == "http://127.0.0.1:8000"
