"""The words of the table: complete, short, not telling too early; its NumPy mends compute what is right."""

import dataclasses
import inspect
import itertools
import re
from typing import Any

import numpy as np
import pytest

from backproof_core import ACTIVATIONS
from backproof_core.judgement.mistakes import MISTAKES, Mistake, in_delta, in_gradients, in_loss, in_step, told

ALL = pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
DETAILS = ["2", "½", "N", "N·d", "the rate", "tanh", "sse", "λ = 0.01", "rate 0.1", "z", "x", "the first row"]
WIDTH = 72

# Words of ids that say where, not what: a question may have them.
PLACES = "activation as at leaky batch bias decay derivative gradient in input layers loss one output residual row rows"
PLACES += " softmax vec weight weights weights not already for only included"


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", text.lower())


def gives_away(mistake: Mistake) -> set[str]:
    """What the question shares with the answer: telling words of the id, or three words of the cause in a row."""
    asked = words(mistake.question)
    telling = {word for word in mistake.id.split("_") if word not in PLACES.split()}
    cause = words(told(mistake.cause))
    runs = {tuple(asked[i : i + 3]) for i in range(len(asked) - 2)}
    told_runs = {tuple(cause[i : i + 3]) for i in range(len(cause) - 2)}
    found = {word for word in asked for stem in telling if word.startswith(stem[:6])}
    return found | {" ".join(run) for run in runs & told_runs}


def test_every_value_of_the_modules_is_in_the_table() -> None:
    written = [value for module in (in_delta, in_loss, in_gradients, in_step) for value in vars(module).values()]
    assert sorted(m.id for m in written if isinstance(m, Mistake)) == sorted(MISTAKES)
    assert len(MISTAKES) == 35
    assert [m.id for m in MISTAKES.values() if m.convention] == ["layout_weights", "layout_samples"]


@ALL
def test_every_field_is_filled_and_reads_as_a_sentence(mistake: Mistake) -> None:
    for field in dataclasses.fields(mistake):
        if field.type == "str" or field.type is str:
            assert getattr(mistake, field.name).strip(), field.name
    assert mistake.title[-1] not in ".?!"
    assert mistake.question.endswith("?")
    for text in (mistake.cause, mistake.looks, mistake.hides):
        assert text.endswith(".")
        assert "  " not in text
    assert len(told(mistake.title, "the first row")) <= WIDTH
    assert ". " not in mistake.cause, "one sentence"


@ALL
def test_titles_and_causes_read_well_with_and_without_a_detail(mistake: Mistake) -> None:
    for text, detail in itertools.product((mistake.title, mistake.cause), ["", *DETAILS]):
        read = told(text, detail)
        assert not re.search(r"[\[\]{}|]|  | [,.:]|,,|,\.|^[a-z].*\.$", read.replace(detail, "D", 1)), read
        assert detail in read or "{detail}" not in text


def test_a_text_has_two_readings() -> None:
    assert told("a factor[| of {detail}] is missing") == "a factor is missing"
    assert told("a factor[| of {detail}] is missing", "N·d") == "a factor of N·d is missing"
    assert told("only [one row|{detail}] counts", "the last row") == "only the last row counts"


@ALL
def test_the_question_does_not_give_the_answer_away(mistake: Mistake) -> None:
    assert not gives_away(mistake)


def test_a_question_that_does_is_noticed() -> None:
    transposed = MISTAKES["transposed_gradient"]
    assert gives_away(dataclasses.replace(transposed, question="Did you transpose it?")) == {"transpose"}
    assert gives_away(dataclasses.replace(transposed, question="What went into the layer?"))


@ALL
def test_mends_are_short_and_say_what_differs(mistake: Mistake) -> None:
    for code, comment in ((mistake.mend.numpy, "#"), (mistake.mend.ocaml, "(*")):
        lines = code.splitlines()
        assert 1 <= len(lines) <= 4
        assert max(map(len, lines)) <= WIDTH, max(lines, key=len)
        assert comment in code
        assert code == inspect.cleandoc(code)


# ---- NumPy mends are run, and what they make is right

ACTIVATION = {"softmax_diagonal": "softmax", "softmax_sign": "softmax", "leaky_slope_missing": "leaky_relu"}


def scope(activation: str) -> dict[str, Any]:
    """The names that the mends use, of a hidden layer or of the last one: N rows, p inputs, q units."""
    N, p, q, above = 5, 3, 4, 2
    rng = np.random.default_rng(7)
    f = ACTIVATIONS[activation]
    A_in, W, b, Y = (rng.normal(size=size) for size in ((N, p), (p, q), q, (N, q)))
    W_above, delta_above, velocity = (rng.normal(size=size) for size in ((q, above), (N, above), (p, q)))
    Z = A_in @ W + b
    A = f(Z)
    M = delta_above @ W_above.T
    delta = f.pullback(Z, A, M)
    layer = {"A_in": A_in, "W": W, "b": b, "Z": Z, "A": A, "M": M, "delta": delta}
    last = {"N": N, "d": q, "Y": Y, "H": A}
    neighbours = {"W_above": W_above, "delta_above": delta_above, "dW_above": np.ones_like(W_above), "Z_below": A_in}
    functions = {"np": np, "f": f, "df": lambda Z: f.pullback(Z, f(Z), np.ones_like(Z)), "f_below": lambda Z: Z}
    found = {"dW": A_in.T @ delta, "db": delta.sum(axis=0), "grads": ["above", "below"]}
    return layer | last | neighbours | functions | found | {"rate": 0.1, "decay": 0.01, "mu": 0.9, "velocity": velocity}


def right(mistake: Mistake, names: dict[str, Any]) -> dict[str, list[Any]]:
    """What each name may be after the mend."""
    df, V, step = names["df"](names["Z"]), names["H"] - names["Y"], names["dW"]
    if mistake.id.startswith("weight_decay"):
        step = step + names["decay"] * names["W"]
    if mistake.id == "momentum_as_gradient":
        step = step + names["mu"] * names["velocity"]
    return {
        "dW": [names["dW"]] + ([names["dW"].T] if mistake.convention else []),
        "db": [names["db"]],
        "Z": [names["Z"]],
        "A": [names["A"]],
        "M": [names["M"], V],
        "delta": [names["delta"], V * df, V / names["N"], names["delta"] / names["N"]]
        + ([names["delta"].T] if mistake.convention else []),
        "W": [names["W"], names["W"] - names["rate"] * step],
        "W_above": [names["W_above"], names["W_above"] - names["rate"] * names["dW_above"]],
        "grads": [names["grads"], ["below", "above"]],
    }


def same(mine: Any, value: Any) -> bool:
    if isinstance(value, list):
        return bool(mine == value)
    return np.shape(mine) == np.shape(value) and np.allclose(mine, value, rtol=1e-12)


@ALL
def test_the_numpy_mend_computes_what_is_right(mistake: Mistake) -> None:
    names = scope(ACTIVATION.get(mistake.id, "tanh"))
    allowed = right(mistake, names)
    made = dict(names)
    exec(mistake.mend.numpy, made)
    for name, values in allowed.items():
        assert any(same(made[name], value) for value in values), name


SOFTMAX_TOO = ("missing_derivative", "derivative_at_activation", "derivative_at_preactivation", "wrong_activation")


@pytest.mark.parametrize("name", [*SOFTMAX_TOO, "output_derivative_missing"])
def test_mends_with_slopes_say_what_a_softmax_needs(name: str) -> None:
    """A softmax has no slope for each entry; who makes one of these mistakes in such a layer reads the comment."""
    (instead,) = re.findall(r"# softmax: (.*)", MISTAKES[name].mend.numpy)
    names = scope("softmax")
    assert np.allclose(eval(instead, names), names["delta"], rtol=1e-12)


def test_a_mend_that_is_wrong_is_noticed() -> None:
    mistake = MISTAKES["transposed_gradient"]
    wrong = dataclasses.replace(mistake, mend=dataclasses.replace(mistake.mend, numpy="dW = delta.T @ A_in"))
    with pytest.raises(AssertionError, match="dW"):
        test_the_numpy_mend_computes_what_is_right(wrong)
