"""docs/mistakes.md and its pictures are what the table says today, and the pictures show what the words say."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from backproof_core.judgement import Claim, LayerClaim, judge
from backproof_core.judgement.mistakes import MISTAKES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "mistakes.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"
EACH = pytest.mark.parametrize("name", MISTAKES)
WITH_PREVIOUS = ("stale_batch", "accumulated", "momentum_as_gradient")


@pytest.fixture(scope="module")
def generator():
    """The modules that write the page."""
    sys.path.insert(0, str(DOCS / "generate"))
    try:
        import heatmaps
        import mistakes_page
        import planted_points

        yield mistakes_page, planted_points, heatmaps
    finally:
        sys.path.remove(str(DOCS / "generate"))


@pytest.fixture(scope="module")
def points(generator: tuple[ModuleType, ...]) -> ModuleType:
    return generator[1]


@pytest.fixture(scope="module")
def heatmaps(generator: tuple[ModuleType, ...]) -> ModuleType:
    return generator[2]


# ---- the page


def test_the_page_and_its_pictures_are_what_the_generator_writes(generator, tmp_path: Path) -> None:
    """Where they are not: .venv/bin/python docs/generate/mistakes_page.py"""
    generator[0].write(tmp_path)
    assert (tmp_path / "mistakes.md").read_text(encoding="utf-8") == PAGE
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "mistakes").iterdir()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "mistakes").iterdir()}
    assert made == kept


def test_a_picture_without_a_mistake_is_removed(generator, tmp_path: Path) -> None:
    (tmp_path / "mistakes").mkdir()
    (tmp_path / "mistakes" / "forgotten.svg").write_text("")
    generator[0].write(tmp_path)
    assert {path.stem for path in (tmp_path / "mistakes").iterdir()} == set(MISTAKES)


def test_every_mistake_has_its_anchor_once_and_in_order() -> None:
    assert re.findall(r"^## (\w+)$", PAGE, re.MULTILINE) == list(MISTAKES)
    assert re.findall(r"\]\(#(\w+)\)", PAGE) == list(MISTAKES)


def test_only_addresses_and_pictures_are_long_lines() -> None:
    long = [line for line in PAGE.splitlines() if len(line) > 120]
    assert [line for line in long if not line.startswith("![")] == []


# ---- the pictures


@EACH
def test_a_picture_is_plain_and_says_what_it_shows(name: str) -> None:
    root = ElementTree.fromstring((DOCS / "mistakes" / f"{name}.svg").read_text(encoding="utf-8"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and name in (title.text or "")
    assert description is not None and f"![{description.text}](mistakes/{name}.svg)" in PAGE
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "text", "rect", "path")
    }


@EACH
def test_the_judge_names_the_mistake_that_the_picture_shows(points: ModuleType, name: str) -> None:
    picture, layers = points.wrong_gradient(name)
    at = points.setting(picture)
    sent = claim(at.claim if name in WITH_PREVIOUS else replace(at.claim, previous=None), layers)
    report = judge(at.net, at.run.A[0], at.Y, loss=at.loss, claim=sent)
    assert report.verdict == "wrong"
    alone = [one.mistakes[0] for one in report.diagnosis if len(one.mistakes) == 1]
    assert name in [mistake.id for mistake in alone]


def claim(told: Claim, layers: list[Any]) -> Claim:
    """What the caller of that picture would send."""
    if layers[0][0].name.startswith("δ"):
        return replace(told, deltas=tuple(delta.yours for (delta,) in layers))
    return replace(told, gradients=tuple(LayerClaim(W.yours, b.yours[0]) for W, b in layers))


def blocks(points: ModuleType, name: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Right and yours of each block of a picture, by its name."""
    return {block.name: (block.right, block.yours) for layer in points.wrong_gradient(name)[1] for block in layer}


def wrong(points: ModuleType, name: str) -> set[str]:
    return {block for block, (R, M) in blocks(points, name).items() if not np.array_equal(R, M)}


def test_pictures_show_where_a_mistake_reaches(points: ModuleType) -> None:
    """What is said of the blocks around: right above, wrong from there down; or one block alone."""
    for name in ("missing_derivative", "derivative_at_activation", "wrong_activation", "leaky_slope_missing"):
        assert wrong(points, name) == {"∇W₁", "∇b₁", "∇W₂", "∇b₂"}
    assert wrong(points, "weights_not_transposed") == {"∇W₁", "∇b₁"}
    for name in ("bias_missing", "bias_averaged", "bias_one_row"):
        assert wrong(points, name) == {"∇b₂"}
    for name in ("transposed_gradient", "input_for_activation", "activation_for_input", "weight_decay_included"):
        assert wrong(points, name) == {"∇W₂"}


def test_pictures_show_what_the_words_say(points: ModuleType) -> None:
    for R, M in blocks(points, "sign_flipped").values():
        assert np.array_equal(M, -R)
    R, M = blocks(points, "transposed_gradient")["∇W₂"]
    assert np.array_equal(M.diagonal(), R.diagonal()) and np.array_equal(M, R.T)
    for name, found in blocks(points, "last_instance_only").items():
        assert np.linalg.matrix_rank(found[1]) == 1, name
    R, M = blocks(points, "row_major_unvec")["∇W₁"]
    assert not np.array_equal(M, R) and np.array_equal(np.sort(M, axis=None), np.sort(R, axis=None))
    reversed_ = blocks(points, "layers_reversed")
    assert np.array_equal(reversed_["∇W₂"][1], reversed_["∇W₂"][0])
    assert np.array_equal(reversed_["∇W₃"][1], reversed_["∇W₁"][0])
    for name, c in (("rate_multiplied_in", 0.25), ("summed_not_averaged", points.ROWS), ("factor_missing", 0.5)):
        for R, M in blocks(points, name).values():
            np.testing.assert_allclose(M, c * R, rtol=1e-12)
    for name in ("softmax_diagonal", "softmax_sign"):
        R, M = blocks(points, name)["∇b₃"]
        assert abs(R.sum()) < 1e-12 < 1e-3 < abs(M.sum())


def changes(points: ModuleType, name: str, at: Any, layer: int | None = None) -> float:
    """How far, at most, any way to make that mistake moves a gradient from the right one."""
    right = dict(points.gradient(at.net, at.run.A[0], at.Y, loss=at.loss).blocks())
    ways = [blocks for _, blocks in points.planted(at, name, layer)]
    assert ways, f"{name} cannot be made there"
    return max(float(np.abs(blocks[path] - right[path]).max()) for blocks in ways for path in right)


def hiding(points: ModuleType, name: str, where: str) -> tuple[Any, int | None]:
    """The point of the picture, moved to where the words say that the mistake shows nothing; and the layer."""
    picture = points.PICTURES[name]
    if where in ("relu", "leaky_relu", "identity"):
        picture = replace(picture, activations=(*picture.activations[:1], where, *picture.activations[2:]))
    if where == "identity at the end":
        picture = replace(picture, activations=(*picture.activations[:2], "identity"))
    if where == "rate 1":
        picture = replace(picture, claim=Claim(learning_rate=1.0))
    at = points.setting(picture)
    if where == "one row and one output":
        *below, top = at.net.layers
        top = replace(top, W=top.W[:, :1], b=None if top.b is None else top.b[:1])
        at = replace(at, net=replace(at.net, layers=(*below, top)), Y=at.Y[:, :1])
    if where.startswith("one row"):
        at = at.at_rows(at.run.A[0][:1], at.Y[:1])
    if where == "no residual":
        at = replace(at, Y=at.run.H)
    if where == "symmetric weights":
        W = at.net.layers[1].W
        layers = list(at.net.layers)
        layers[1] = replace(layers[1], W=W + W.T)
        at = replace(at, net=replace(at.net, layers=tuple(layers))).at_rows(at.run.A[0], at.Y)
    return at, picture.layer


HIDING = [
    *(("derivative_at_activation", where) for where in ("relu", "leaky_relu", "identity")),
    *(("derivative_at_preactivation", where) for where in ("relu", "leaky_relu")),
    ("output_derivative_missing", "identity at the end"),
    ("residual_reversed", "no residual"),
    ("sign_flipped", "no residual"),
    ("weights_already_updated", "no residual"),
    ("weights_not_transposed", "symmetric weights"),
    ("rate_multiplied_in", "rate 1"),
    ("averaged_not_summed", "one row and one output"),
    *((name, "one row") for name in ("bias_averaged", "bias_one_row", "last_instance_only")),
]


@pytest.mark.parametrize(("name", "where"), HIDING)
def test_a_mistake_shows_nothing_where_the_words_say_so(points: ModuleType, name: str, where: str) -> None:
    at, layer = hiding(points, name, where)
    assert changes(points, name, at, layer) <= 1e-14
    there = points.PICTURES[name]
    assert changes(points, name, points.setting(there), there.layer) > 1e-3


# ---- heat maps


def drawn(heatmaps: ModuleType, right: np.ndarray, yours: np.ndarray) -> ElementTree.Element:
    layer = (heatmaps.Block("∇W", right, yours),)
    return ElementTree.fromstring(heatmaps.figure([layer], title="a < b", description="d", caption="c"))


def cells(svg: ElementTree.Element) -> list[tuple[str, str, str]]:
    """Sign, opacity and title of each cell that has a number."""
    return [
        (rect.get("class", ""), rect.get("fill-opacity", ""), rect[0].text or "")
        for rect in svg.iter(f"{SVG}rect")
        if len(rect)
    ]


R = np.array([[1.0, -2.0, 0.0]])


def test_a_cell_has_its_sign_its_strength_and_its_number(heatmaps: ModuleType) -> None:
    found = cells(drawn(heatmaps, R, -R))
    assert found[:3] == [
        ("plus", "0.62", "∇W[0, 0] = 1"),
        ("minus", "1.00", "∇W[0, 1] = −2"),
        ("plus", "0.00", "∇W[0, 2] = 0"),
    ]
    assert [title for *_, title in found[6:]] == [
        "∇W, difference[0, 0] = −2",
        "∇W, difference[0, 1] = 4",
        "∇W, difference[0, 2] = 0",
    ]


def test_what_only_rounding_tells_apart_gets_a_tick(heatmaps: ModuleType) -> None:
    assert len(drawn(heatmaps, R, R * (1 + 1e-15)).findall(f"{SVG}path")) == 1
    assert len(drawn(heatmaps, R, R * (1 + 1e-9)).findall(f"{SVG}path")) == 0


def test_other_shapes_have_no_difference(heatmaps: ModuleType) -> None:
    (sign,) = [text for text in drawn(heatmaps, R, R.T).iter(f"{SVG}text") if text.text == "≠"]
    assert sign[0].text == "∇W is 3×1, not 1×3"


def test_a_small_difference_is_magnified_and_says_so(heatmaps: ModuleType) -> None:
    small = drawn(heatmaps, R, R + [[0.0, 0.003, 0.0]])
    heads = [text.text for text in small.iter(f"{SVG}text") if text.get("class") == "head"]
    assert heads == ["right", "yours", "yours − right, × 500"]
    assert ("plus", f"{0.75**0.7:.2f}", "∇W, difference[0, 1] = 0.003") in cells(small)
