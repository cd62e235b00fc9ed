"""POST /derivations: what is proved, printed, measured on data, and refused before it is made."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import count, pairwise
from typing import Any

import numpy as np
import orjson
import pytest

from backproof_core import Network
from backproof_core import loss as losses
from backproof_core.algebra.labels import labelled
from backproof_core.backprop.architecture import architecture_of
from backproof_core.derivation.proof import matched_term
from backproof_core.loss import admissible_pairs
from backproof_service import derivations
from backproof_service.http import respond
from backproof_service.http.problems import Problem
from backproof_service.settings import Settings
from backproof_service.wire.derivations import DerivationAnswer

ARTICLE: dict[str, Any] = {
    "network": {"sizes": [2, 2, 1], "activation": "sigmoid", "bias": False},
    "loss": "half_sse",
    "parameter": "layers.0.weights",
}
ROWS = {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]}
CLASSES = {
    "network": {"sizes": [2, 3, 3], "activation": ["tanh", "softmax"], "seed": 3},
    "loss": "cross_entropy",
    "parameter": "layers.0.bias",
    "data": {"x": [[0.5, -1.0], [2.0, 0.25]], "labels": [2, 0]},
}


def asked(api: Any, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = api.post("/derivations", json=body | changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def refused(api: Any, body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = api.post("/derivations", json=body | changes)
    assert answer.status_code == 422, answer.text
    return dict(answer.json())


def printed(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [found["start"], *found["lines"], found["result"]]


def parts(term: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield term
    for arg in term["args"]:
        yield from parts(arg)


# ---------------------------------------------------------------- the answer


def test_the_articles_proof(api: Any) -> None:
    found = asked(api, ARTICLE)
    assert (found["object"], found["parameter"], found["equal"]) == ("derivation", "layers.0.weights", True)
    assert (found["rows_used"], found["sizes"], found["facts"]) == (None, None, [])
    assert "notes" not in found
    factors = "(½ I_{N·o}) (2 Diag(vec V)) I_{N·o} Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X)"
    assert found["start"]["text"] == f"unvec_{{d,h}}((1ᵀ {factors})ᵀ)"
    assert found["result"]["text"] == "Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)"
    assert len(found["lines"]) == 33
    assert found["lines"][-1]["term"] == found["result"]["term"]
    assert all(line["residual"] is None and line["mismatches_mod_p"] == 0 for line in found["lines"])


def test_the_steps_are_the_factors_of_the_start(api: Any) -> None:
    start = asked(api, ARTICLE)["start"]
    assert [step["step"] for step in start["steps"]] == [1, 2, 3, 4, 5, 6, 7]
    assert start["steps"][4] == {
        "step": 5,
        "differentiates": "Z₂ = A₁ W₂ by A₁",
        "formula": "∂vec(A B C)/∂(vec B)ᵀ = Cᵀ ⊗ A, with A = I_N",
        "factor": "W₂ᵀ ⊗ I_N",
        "latex": r"W_{2}^{\top} \otimes I_{N}",
        "shape": ["N·o", "N·h"],
        "id": start["steps"][4]["id"],
    }
    row = start["term"]["args"][0]["args"][0]
    assert [step["id"] for step in start["steps"]] == [factor["id"] for factor in row["args"][1:]]
    assert [step["shape"] for step in start["steps"]] == [factor["shape"] for factor in row["args"][1:]]
    assert {"name": "Z₂", "text": "A₁ W₂"} in start["definitions"]


def test_with_data_every_line_has_its_residual_and_sizes_are_numbers(api: Any) -> None:
    found = asked(api, ARTICLE, data=ROWS)
    assert (found["equal"], found["rows_used"]) == (True, 4)
    assert found["sizes"] == {"N": 4, "d": 2, "h": 2, "o": 1}
    assert all(0 <= line["residual"] <= 1e-12 for line in found["lines"])
    assert found["start"]["text"].startswith("unvec_{2,2}((1ᵀ (½ I₄) ")
    assert found["start"]["steps"][4]["shape"] == [4, 8]
    assert found["start"]["term"]["shape"] == [2, 2]
    assert {"name": "X", "text": "the rows, 4×2"} in found["start"]["definitions"]
    assert asked(api, CLASSES)["start"]["term"]["args"][0]["args"][0]["args"][1]["factor"] == "−1/2"


def test_a_stored_data_set_gives_the_same_numbers(api: Any) -> None:
    stored = api.post("/datasets", json=ROWS).json()["id"]
    whole = asked(api, ARTICLE, data=ROWS)
    assert asked(api, ARTICLE, data={"dataset": stored}) == whole
    some = {"x": ROWS["x"][1:3], "y": ROWS["y"][1:3]}
    assert asked(api, ARTICLE, data={"dataset": stored, "rows": [1, 3]}) == asked(api, ARTICLE, data=some)


def test_labels_are_one_hot_targets(api: Any) -> None:
    rows = {"x": CLASSES["data"]["x"], "y": [[0, 0, 1], [1, 0, 0]]}
    assert asked(api, CLASSES) == asked(api, CLASSES, data=rows)


def test_the_answer_is_what_the_document_says(api: Any) -> None:
    for body in (ARTICLE, CLASSES):
        found = asked(api, body)
        assert DerivationAnswer.model_validate(found).model_dump(exclude_unset=True) == found


def test_lines_are_grouped_by_use_of_a_lemma(api: Any) -> None:
    def groups(found: dict[str, Any]) -> list[tuple[str | None, int, str]]:
        last = {line["group"]: line for line in found["lines"]}
        assert [line["group"] for line in found["lines"]] == sorted(line["group"] for line in found["lines"])
        assert list(last) == list(range(len(last)))
        return [(line["lemma"], line["layer"], line["text"]) for line in last.values()]

    rows = [
        (None, 1, "unvec_{d,h}((1ᵀ Diag(vec V) Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)"),
        ("D", 1, "unvec_{d,h}((vec(V)ᵀ Diag(vec S₂) (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)"),
        ("D", 1, "unvec_{d,h}((vec(V∘S₂)ᵀ (W₂ᵀ ⊗ I_N) Diag(vec S₁) (I_h ⊗ X))ᵀ)"),
        ("K", 1, "unvec_{d,h}((vec((V∘S₂) W₂ᵀ)ᵀ Diag(vec S₁) (I_h ⊗ X))ᵀ)"),
        ("D", 0, "unvec_{d,h}((vec(((V∘S₂) W₂ᵀ)∘S₁)ᵀ (I_h ⊗ X))ᵀ)"),
        ("K", 0, "unvec_{d,h}((vec(Xᵀ (((V∘S₂) W₂ᵀ)∘S₁))ᵀ)ᵀ)"),
        (None, 0, "Xᵀ (((V∘S₂) W₂ᵀ)∘S₁)"),
    ]
    assert groups(asked(api, ARTICLE)) == rows
    lemmas = [lemma for lemma, _, _ in groups(asked(api, CLASSES))]
    assert lemmas == [None, None, "D", "K", "D", "D", None, "K", "D", "K", None]


# ---------------------------------------------------------------- ids


@pytest.mark.parametrize(("loss", "last"), admissible_pairs())
def test_one_numbering_goes_through_the_lines_and_their_mathml(api: Any, loss: str, last: str) -> None:
    network = {"sizes": [2, 3, 4, 2], "activation": ["softmax", "tanh", last]}
    for parameter in ("layers.0.weights", "layers.2.bias"):
        found = asked(api, {"network": network, "loss": loss, "parameter": parameter})
        assert found["equal"] is True
        for one in printed(found):
            written = [
                node.attrib["data-term"] for node in ET.fromstring(one["mathml"]).iter() if node.attrib.get("data-term")
            ]
            assert sorted(map(int, written)) == sorted(part["id"] for part in parts(one["term"]))
        for before, line in pairwise([found["start"], *found["lines"]]):
            old, new = ({part["id"] for part in parts(one["term"])} for one in (before, line))
            assert set(line["changed"]["before"]) <= old
            assert set(line["changed"]["after"]) <= new
            assert all(a in old and b in new for a, b in line["moved"])
            replaced = line["changed"]["text"]
            assert re.sub("[⟦⟧]", "", replaced) == line["text"]
            assert replaced.count("⟦") == replaced.count("⟧") == 1


def test_a_line_says_what_it_changed(api: Any) -> None:
    found = asked(api, ARTICLE)
    line = found["lines"][9]
    assert (line["rule"], line["reason"]) == ("diag-acts-on-vec", "Diag(vec A) vec B = vec(A∘B)")
    assert (line["phase"], line["stage"], line["lemma"], line["layer"]) == ("act", "chain", "D", 1)
    assert line["changed"]["text_before"] == "Diag(vec V) vec(1_N 1_oᵀ)"
    assert line["changed"]["text_after"] == "vec(V∘(1_N 1_oᵀ))"
    assert line["changed"]["latex_after"] == r"\operatorname{vec}(V \circ (1_{N} \, 1_{o}^{\top}))"
    assert line["changed"]["text"].startswith("unvec_{d,h}((⟦vec(V∘(1_N 1_oᵀ))⟧ᵀ Diag(vec S₂) ")
    assert line["changed"]["latex"].startswith(r"\operatorname{unvec}_{d,h}((\boxed{")
    moved = {pair[0]: pair[1] for pair in line["moved"]}
    before = {part["id"]: part for part in parts(found["lines"][8]["term"])}
    after = {part["id"]: part for part in parts(line["term"])}
    assert [(before[a]["name"], after[b]["name"]) for a, b in moved.items() if before[a]["name"]] == [("V", "V")]


# ---------------------------------------------------------------- what does not hold is visible


def test_a_fact_that_fails_is_told(api: Any) -> None:
    network = {"layers": [{"weights": [[800.0, 0.0]], "bias": None, "activation": "softmax"}]}
    body = {"network": network, "loss": "cross_entropy", "parameter": "layers.0.weights"}
    found = asked(api, body, data={"x": [[1.0], [0.5]], "y": [[1, 0], [0, 1]]})
    assert {"name": "H ≠ 0", "holds": False} in found["facts"]
    assert found["equal"] is False
    assert any("H ≠ 0 does not hold on these rows" in note for note in found["notes"])
    assert asked(api, body)["equal"] is True
    assert all(fact["holds"] is None for fact in asked(api, body)["facts"])


def test_what_is_not_finite_is_a_string_and_is_told(api: Any) -> None:
    network = {"layers": [{"weights": [[1e200]], "bias": None, "activation": "identity"}]}
    body = {"network": network, "loss": "half_sse", "parameter": "layers.0.weights"}
    found = asked(api, body, data={"x": [[1e200]], "y": [[0.0]]})
    assert found["equal"] is False
    assert "NaN" in {line["residual"] for line in found["lines"]}
    assert any("not finite" in note for note in found["notes"])


def test_rows_that_were_left_out_and_targets_that_were_mended_are_told(api: Any) -> None:
    x = np.random.default_rng(0).standard_normal((600, 3)).tolist()
    wide = {"network": {"sizes": [3, 40, 8], "activation": "tanh"}, "loss": "mse", "parameter": "layers.0.weights"}
    found = asked(api, wide, data={"x": x, "y": [[0.0] * 8] * 600})
    assert 1 < found["rows_used"] < 600
    assert found["sizes"]["N"] == found["rows_used"]
    assert any(f"of 600 rows the first {found['rows_used']} rows are used" in note for note in found["notes"])
    third = [[0.33333333, 0.33333333, 0.33333334 + 2e-8]] * 2
    mended = asked(api, CLASSES, data={"x": CLASSES["data"]["x"], "y": third})
    assert any("sum" in note for note in mended["notes"])


# ---------------------------------------------------------------- refusals


def test_an_unknown_parameter_is_answered_with_the_nearest_and_all(api: Any) -> None:
    problem = refused(api, ARTICLE, parameter="layers.0.weight")
    assert problem["code"] == "unknown_name"
    assert problem["valid"] == ["layers.0.weights", "layers.1.weights"]
    assert "did you mean 'layers.0.weights'?" in problem["detail"]
    assert problem["errors"][0]["pointer"] == "#/parameter"
    assert problem["detail"].endswith("?")
    assert refused(api, ARTICLE, parameter="layers.0.bias")["code"] == "unknown_name"
    assert refused(api, ARTICLE, parameter="")["code"] == "unknown_name"


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"parameter": 3}, "invalid_value", "#/parameter"),
        ({"dtype": "float64"}, "unknown_field", "#/dtype"),
        ({"data": {"x": [[0, 0, 0]], "y": [[0]]}}, "shape_mismatch", "#/data/x"),
        ({"data": {"x": [[0, 0]], "labels": [1]}}, "invalid_value", "#/data/labels/0"),
        ({"data": {"dataset": "sha256:" + "0" * 64}}, "unknown_dataset", "#/data/dataset"),
        ({"loss": "cross_entropy", "network": {"sizes": [2, 1], "activation": "tanh"}}, "inadmissible_pair", "#/loss"),
        ({"loss": "rmse"}, "unknown_name", "#/loss"),
    ],
)
def test_faults_are_named_at_their_place(api: Any, changes: dict[str, Any], code: str, pointer: str) -> None:
    problem = refused(api, ARTICLE, **changes)
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, pointer)


def test_a_parameter_is_required(api: Any) -> None:
    body = {"network": ARTICLE["network"], "loss": "half_sse"}
    assert refused(api, body)["code"] == "missing_field"


@pytest.mark.parametrize(("activation", "layers"), [("sigmoid", 64), ("softmax", 64)])
def test_what_nobody_would_read_is_refused_before_it_is_made(api: Any, activation: str, layers: int) -> None:
    body = ARTICLE | {"network": {"sizes": [2] * (layers + 1), "activation": activation, "bias": False}}
    problem = refused(api, body)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("limit_exceeded", "#/parameter")
    assert "the limit max_derivation_nodes is 250,000" in problem["detail"]
    nearer = re.search(r"such as layers\.(\d+)\.weights", problem["detail"])
    assert nearer is not None
    assert 0 < int(nearer.group(1)) < layers
    assert api.get("/capabilities").json()["limits"]["max_derivation_nodes"] == 250_000


def test_where_no_parameter_is_small_enough_the_network_is_too_large() -> None:
    wanted = Settings(max_derivation_nodes=200)
    net = Network.create([2, 2, 1], activation="sigmoid")
    with pytest.raises(Problem, match=r"about \d+ nodes.*Send a network of fewer layers"):
        derivations.check_extent(net, losses.named("half_sse"), "layers.0.weights", wanted)


def test_a_row_that_does_not_fit_is_refused_with_its_bytes(api: Any) -> None:
    body = ARTICLE | {"network": {"sizes": [2, 3000], "activation": "tanh"}}
    problem = refused(api, body, data={"x": [[0, 0]], "y": [[0] * 3000]})
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("too_large_for_form", "#/data")
    assert problem["predicted_bytes"] > problem["budget_bytes"] == 256 << 20
    assert "the derivation without data" in problem["fits"][0]
    assert asked(api, body)["equal"] is True


def test_weights_that_do_not_fit_are_never_drawn(small_api: Any) -> None:
    body = ARTICLE | {"network": {"sizes": [300, 300, 1], "activation": "tanh"}, "parameter": "layers.1.bias"}
    problem = refused(small_api, body, data={"x": [[0] * 300], "y": [[0]]})
    assert problem["code"] == "limit_exceeded"
    assert "memory_budget_bytes" in problem["detail"]
    assert asked(small_api, body)["equal"] is True


def test_terms_are_written_as_deep_as_they_are() -> None:
    form = architecture_of(Network.create([2] * 129, activation="tanh").layers, losses.named("half_sse"))
    term = labelled(matched_term(form, 1, "weights"), count(1))
    told = json.loads(respond.dumps({"term": orjson.Fragment(derivations.Trees(None).tree(term))}))
    assert sum(1 for _ in parts(told["term"])) > 3 * 128


def test_rows_past_the_end_of_a_data_set_are_refused(api: Any) -> None:
    stored = api.post("/datasets", json={"x": ROWS["x"], "y": ROWS["y"]}).json()
    problem = refused(api, ARTICLE, data={"dataset": stored["id"], "rows": [1, 9]})
    assert "rows is [1, 9], but the data set has 4 rows" in problem["detail"]


def test_residuals_that_only_rounding_explains_are_told(api: Any) -> None:
    """A saturated softmax: what is left of its gradient is rounding noise in one line, and 0 in another."""
    net = {"layers": [{"weights": [[40, 0, -40]], "bias": None, "activation": "softmax"}]}
    found = asked(api, ARTICLE | {"network": net}, data={"x": [[1]], "y": [[0, 1, 0]]})
    assert found["equal"] is True
    assert max(line["residual"] for line in found["lines"]) > 1e-12
    assert "rounding explains" in found["notes"][0]
