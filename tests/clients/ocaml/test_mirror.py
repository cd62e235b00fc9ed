"""The OCaml library has the names of the core, and under each the core's arguments."""

import inspect
import re
from pathlib import Path

import pytest

import backproof_core
from backproof_core.activation import ACTIVATIONS
from backproof_core.init import INITS
from backproof_core.loss import LOSSES

LIB = Path(__file__).resolve().parents[3] / "clients" / "ocaml" / "lib"
MIRRORED = {
    "Network": ["create", "make", "forward", "predict"],
    "Backprop": ["deltas", "gradient", "jacobian", "numeric"],
    "Train": ["step", "fit"],
}
CASES = [(holder, name) for holder, names in MIRRORED.items() for name in names]
OF_THE_CORE = {"route", "dtype", "budget", "witness", "validation", "patience", "optimizer", "on_progress", "self"}
OF_OCAML = {"on_epoch", "epoch", "activations"}


def interface(module: str) -> str:
    """The text of the module's interface, without its comments."""
    text = (LIB / f"{module.lower()}.mli").read_text("utf-8").split("(**/**)")[0]
    return re.sub(r"\(\*.*?\*\)", "", text, flags=re.DOTALL)


def labels(module: str, value: str) -> set[str]:
    """The labels of a value's arguments."""
    found = re.search(rf"val {value} :(.*?)(?=\n *(?:val|type|module|end|include)\b|\Z)", interface(module), re.DOTALL)
    assert found, f"{module}.{value} does not exist"
    return set(re.findall(r"\b([a-z_]+):", found.group(1)))


@pytest.mark.parametrize(("module", "name"), CASES)
def test_its_labels_are_the_core_s_arguments(module: str, name: str) -> None:
    holder = getattr(backproof_core, module if module == "Network" else module.lower())
    core = {argument.lower() for argument in inspect.signature(getattr(holder, name)).parameters}
    ocaml = labels(module, name) - OF_OCAML
    assert ocaml <= core
    assert core - OF_THE_CORE - ocaml <= {"net", "sizes", "layers", "x"}  # what stands without a label


@pytest.mark.parametrize(
    ("module", "registry"),
    [("Activation", ACTIVATIONS), ("Loss", LOSSES), ("Init", INITS)],
    ids=lambda value: str(value)[:10],
)
def test_every_name_of_the_core_is_there(module: str, registry: dict[str, object]) -> None:
    there = set(re.findall(r"^val ([a-z_]+) :", interface(module), re.MULTILINE))
    assert set(registry) <= there


def test_layers_have_the_core_s_fields() -> None:
    found = re.search(r"type t = private \{(.*?)\}", interface("Layer"), re.DOTALL)
    assert found
    assert re.findall(r"([a-z_]+) :", found.group(1)) == [
        name.lower() for name in backproof_core.Layer.__dataclass_fields__
    ]
