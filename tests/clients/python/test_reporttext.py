"""A report in words: it fits a screen whatever it says, and says nothing that is not so."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backproof import Client, GradientReport, reporttext, reportwords
from backproof.inprocess import URL
from backproof.network import Network
from backproof.report import BetterPoint, Block, Explanation, FirstWrong, Hidden, Mend, Mistake, Witness, Worst
from specimens import counted, numbers

from .own import case

MISTAKES = ("sum", "sign", "at activation", "not transposed", "transposed", "shape", "nan", "nobody knows")


@pytest.fixture(scope="module")
def client(transport: httpx.BaseTransport) -> Iterator[Client]:
    with Client(URL, transport=transport) as found:
        yield found


def fits(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) <= 30 and max(map(cell_len, lines)) <= 80 and not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("seed", numbers(60))
@pytest.mark.parametrize("first", MISTAKES)
def test_random_wrong_reports_fit_a_screen(client: Client, first: str, seed: int) -> None:
    made = {first, *(MISTAKES[(seed * 3 + k) % len(MISTAKES)] for k in range(seed % 3))}
    report = client.judge(case(*made, seed=seed, rows=2 + seed % 4, hidden=3))
    assert report.verdict == "wrong"
    assert fits(str(report)), str(report)
    assert fits(reporttext.hint(report))
    assert str(report).startswith("✗ Wrong")


RIGHT = Block("layers.0.weights", "right", 1e-16, 1e-15, layer=0)
WRONG = replace(
    RIGHT, verdict="wrong", relative_error=0.5, worst=Worst((0, 1), 1.0, 2.0), pattern="its first row is off"
)


# ---------------------------------------------------------------- reports of any kind

words = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=300)
lines = st.lists(st.text(st.sampled_from("ab (.=@\t"), max_size=120), max_size=6).map("\n".join)
sizes = st.floats(0, 1e300) | st.just(float("nan"))
layers = st.integers(0, 120)
mistakes = st.builds(
    Mistake, st.sampled_from(["sign_flipped", "bias_averaged", "x" * 90]), st.none() | layers,
    st.lists(layers, max_size=20).map(tuple), words, words, st.builds(Mend, lines, lines), words, st.none(),
)  # fmt: skip
worsts = st.builds(Worst, st.lists(layers, max_size=2).map(tuple), st.floats(), st.floats())


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    layer, name = draw(layers), draw(st.sampled_from(["weights", "bias"]))
    verdict = draw(st.sampled_from(["right", "wrong", "cannot_judge", "perhaps"]))
    return Block(
        f"layers.{layer}.{name}", verdict, draw(st.none() | sizes), draw(sizes), "gradients", layer,
        draw(st.none() | worsts), None, None, draw(st.none() | words), draw(st.none() | st.just("gradients.0.bias")),
    )  # fmt: skip


reports = st.builds(
    GradientReport,
    verdict=st.sampled_from(["right", "wrong", "cannot_judge", "perhaps"]),
    summary=words,
    parameters=st.lists(blocks(), max_size=40).map(tuple),
    first_wrong=st.none() | st.builds(FirstWrong, st.just("gradients"), layers, st.just("layers.0.bias")),
    diagnosis=st.lists(
        st.builds(Explanation, st.lists(mistakes, min_size=1, max_size=3).map(tuple), sizes), max_size=5
    ).map(tuple),
    blindness=st.lists(st.builds(Hidden, words, st.none() | layers, words), max_size=30).map(tuple),
    better_point=st.none() | st.just(BetterPoint(Network.create([1, 1]), {})),
    witnesses=st.lists(st.builds(Witness, st.just("jacobian"), sizes, st.booleans()), max_size=5).map(tuple),
    notes=st.lists(words, max_size=9).map(tuple),
    dtype_inferred=st.booleans(),
)


@given(reports)
@counted(400)
def test_every_report_fits_a_screen(report: GradientReport) -> None:
    assert fits(reporttext.text(report)), reporttext.text(report)
    assert fits(reporttext.hint(report))


def test_what_is_shortened_keeps_every_mistake_and_says_so() -> None:
    mend = Mend("\n".join(f"numpy {k}" for k in range(5)), "\n".join(f"ocaml {k}" for k in range(5)))
    names = ("sign_flipped", "bias_missing", "wrong_loss")
    found = Explanation(tuple(Mistake(name, 1, (1,), f"why {name}", f"ask {name}", mend) for name in names))
    report = GradientReport("wrong", "Wrong.", (WRONG,) * 9, diagnosis=(found,), notes=("one", "two"))
    text, full = reporttext.text(report), reporttext.full(report)
    assert text.splitlines()[-1] == "Shortened to fit a screen; the report's attributes hold all of it."
    assert all(name in text for name in names)
    assert text.count("numpy 4") == 3
    assert "ocaml" not in text
    assert "Shortened" not in full
    assert all(f"{word} {name}" in full for name in names for word in ("why", "ask"))
    assert full.count("ocaml 4") == 3
    assert "Shortened" not in str(replace(report, diagnosis=()))


# ---------------------------------------------------------------- its words


def test_wrong_blocks_are_shown_before_right_ones() -> None:
    many = tuple(replace(RIGHT, parameter=f"layers.{l}.weights", layer=l) for l in range(40))
    text = str(GradientReport("wrong", "Wrong.", parameters=(*many, replace(WRONG, parameter="layers.40.bias"))))
    assert "✗ ∇b₄₁" in text
    assert "  … and 25 more, all of them right" in text


def test_without_a_diagnosis_no_mistake_is_named() -> None:
    first = FirstWrong("gradients", 0, "layers.0.weights")
    text = str(GradientReport("wrong", "Wrong.", parameters=(WRONG,), first_wrong=first))
    assert "Starts at ∇W₁ (layers.0.weights): its first row is off" in text
    assert "Worst     ∇W₁[0][1]: yours is 1, ours 2" in text
    assert "Mistake   none that is known" in text
    assert "Mistake" not in str(GradientReport("right", "Right.", parameters=(RIGHT,)))


def test_where_others_explain_it_too_the_first_is_the_likeliest_and_no_more() -> None:
    one = Explanation((Mistake("factor_extra", 1, (1,), detail="2"),))
    other = Explanation((Mistake("wrong_loss"), Mistake("bias_missing", 2, (2, 0))))
    alone, both = (
        str(GradientReport("wrong", "Wrong.", (WRONG,), diagnosis=found)) for found in ((one,), (one, other))
    )
    assert "Mistake   factor_extra (2) in layer 2 (W₂, layers.1.weights)" in alone
    assert "Likeliest factor_extra (2) in layer 2" in both
    assert "Or        the same numbers at this point: wrong_loss and bias_missing in layers" in both
    assert "Mistake " not in both


def test_witnesses_take_a_line_and_one_that_disagrees_comes_first() -> None:
    found = (Witness("matched", 0.0), Witness("jacobian", 3e-16), Witness("complex_step", 1e-16))
    text = str(GradientReport("right", "Right.", witnesses=found))
    assert "Witnesses 3 agree to 3.0e-16 (jacobian)" in text
    apart = (*found[:2], replace(found[2], relative_error=0.25, agrees=False))
    text = str(GradientReport("cannot_judge", "Cannot judge.", witnesses=apart))
    assert "Witnesses complex_step DISAGREES by 2.5e-01; matched and jacobian agree" in text


@pytest.mark.parametrize(
    ("yours", "ours", "told"),
    [
        (1.0, 2.0, ("1", "2")),
        (0.1, 0.1 + 1e-8, ("0.1", "0.10000001")),
        (0.1, 0.1 + 2e-16, (repr(0.1), repr(0.1 + 2e-16))),
        (float("nan"), 1.0, ("NaN", "1")),
        (float("-inf"), 1.0, ("-Infinity", "1")),
        (1.0, float("inf"), ("1", "Infinity")),
    ],
)
def test_two_numbers_are_told_apart(yours: float, ours: float, told: tuple[str, str]) -> None:
    assert reportwords.apart(yours, ours) == told


@pytest.mark.parametrize(
    ("place", "name"),
    [("gradients.1.weights", "∇W₂"), ("deltas.0", "δ₁"), ("loss_value", "loss"), ("pre_activations.11", "Z₁₂"),
     ("updated_weights.0.bias", "new b₁"), ("things.to.come", "things.to.come")],
)  # fmt: skip
def test_places_have_the_blackboards_names(place: str, name: str) -> None:
    assert reportwords.placed(place) == name


def test_what_is_no_parameter_has_the_place_of_its_list() -> None:
    delta = replace(WRONG, quantity="deltas", parameter="layers.1", layer=1)
    text = str(GradientReport("wrong", "Wrong.", blocks=(delta,), first_wrong=FirstWrong("deltas", 1, "layers.1")))
    assert "Starts at δ₂ (deltas[1]): its first row is off" in text
    assert "✗ δ₂ deltas[1] " in text
    loss = Block("", "wrong", 0.5, quantity="loss_value")
    text = str(GradientReport("wrong", "Wrong.", blocks=(loss,), first_wrong=FirstWrong("loss_value")))
    assert "Starts at loss (loss_value)\n" in text


def test_a_verdict_is_said_once() -> None:
    assert str(GradientReport("right", "Right: all of it.")).startswith("✓ Right: all of it.\n")
    assert str(GradientReport("right", "All of it.")).startswith("✓ Right: All of it.\n")
