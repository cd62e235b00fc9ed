"""/capabilities, /healthz, /readyz and /docs."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, INITS, LOSSES
from backproof_core.loss import admissible_pairs
from backproof_core.train import OPTIMIZERS, SCHEDULES
from backproof_service.settings import Settings

DEFAULTS = {
    "max_body_bytes": 64 << 20,
    "max_dataset_bytes": 1 << 30,
    "max_layers": 64,
    "max_layer_width": 65_536,
    "max_parameters": 50_000_000,
    "max_epochs": 10_000_000,
    "max_unfinished_jobs": 20_000,
    "memory_budget_bytes": 2 << 30,
}


def test_capabilities_are_those_of_the_core_and_the_settings(api: Any) -> None:
    found = api.get("/capabilities").json()
    tables = {
        "activations": ACTIVATIONS,
        "losses": LOSSES,
        "optimizers": OPTIMIZERS,
        "schedules": SCHEDULES,
        "inits": INITS,
    }
    for name, table in tables.items():
        assert found[name] == list(table)
    assert [(pair["loss"], pair["activation"]) for pair in found["admissible_pairs"]] == admissible_pairs()
    assert found["forms"] == ["matched", "vectorized"]
    assert found["routes"] == ["auto", "dense", "row", "jacobian"]
    assert DEFAULTS.items() <= found["limits"].items()
    assert found["versions"]["numpy"] == np.__version__


def test_every_name_of_the_core_is_accepted(api: Any) -> None:
    for loss, last in admissible_pairs():
        body = {
            "network": {"sizes": [2, 3, 2], "activation": ["tanh", last]},
            "loss": loss,
            "data": {"x": [[0.5, -0.25]], "y": [[0.25, 0.75]]},
        }
        answer = api.post("/gradients", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["agree"] is True


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_optimizer_and_schedule_of_the_core_is_accepted(
    api: Any, xor: dict[str, Any], optimizer: str, schedule: str
) -> None:
    fields = {"constant": {}, "step": {"every": 2, "factor": 0.5}, "cosine": {"floor": 0.01}}
    how = {"type": optimizer, "learning_rate": 0.1, "schedule": {"type": schedule, **fields[schedule]}}
    answer = api.post("/train", json=xor | {"optimizer": how, "epochs": 3})
    assert answer.status_code == 202, answer.text
    job = api.get(answer.headers["Location"], headers={"Prefer": "wait=30"}).json()
    assert job["state"] == "succeeded", job["error"]
    assert job["config"]["optimizer"]["schedule"]["type"] == schedule


@pytest.mark.parametrize("init", INITS)
def test_every_init_of_the_core_is_accepted(api: Any, xor: dict[str, Any], init: str) -> None:
    fields = {"uniform": {"low": -1, "high": 1}, "normal": {"mean": 0, "std": 1}}
    body = xor | {"network": xor["network"] | {"init": {"type": init, **fields.get(init, {})}}}
    assert api.post("/gradients", json=body).status_code == 200


def test_it_is_alive_and_becomes_ready(api: Any) -> None:
    assert api.get("/healthz").json() == {"status": "ok"}
    for _ in range(600):
        answer = api.get("/readyz")
        if answer.status_code == 200:
            break
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["Retry-After"]) > 0
        api.portal.call(api.pause)
    assert answer.json() == {"status": "ready"}


def test_docs_fetch_nothing_from_elsewhere(api: Any) -> None:
    page = api.get("/docs")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.text) == []
    for path in api.get("/openapi.json").json()["paths"]:
        assert path in page.text
    assert "W ← W - r·g." in page.text


def test_docs_name_the_address_that_they_were_asked_at(api: Any) -> None:
    page = api.get("/docs", headers={"Host": "lab.example:9000"}).text
    assert "http://lab.example:9000/gradients</pre>" in page
    assert "127.0.0.1" not in page
    assert 'href="openapi.json"' in page
    assert "<script>" not in api.get("/docs", headers={"Host": "<script>"}).text


def test_docs_show_code_as_code(api: Any) -> None:
    page = api.get("/docs").text
    assert "`" not in page
    assert "<code>Prefer: wait=10</code>" in page


@pytest.mark.parametrize("url", ["/", "/?"])
def test_the_root_leads_to_the_docs(api: Any, url: str) -> None:
    answer = api.get(url)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")


def test_the_longest_wait_is_stated_and_kept(api: Any, xor: dict[str, Any]) -> None:
    assert api.get("/capabilities").json()["limits"]["max_wait_seconds"] == 60
    wait = {"Prefer": "wait=1000"}
    answer = api.post(
        "/train", json=xor | {"optimizer": {"type": "sgd", "learning_rate": 1}, "epochs": 1}, headers=wait
    )
    assert answer.headers["Preference-Applied"] == "wait=60"


def test_settings_come_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROOF_MAX_LAYERS", "3")
    monkeypatch.setenv("BACKPROOF_DATA", "elsewhere")
    assert Settings().limits["max_layers"] == 3
    assert Settings().data == Path("elsewhere")
