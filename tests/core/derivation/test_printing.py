"""Lines that are printed with what the line before left in memory read as those that are printed afresh."""

import pytest

from backproof_core.algebra.show import Memory, latex, mathml, notation, text
from backproof_core.derivation import prove
from derivations import cases

SIZES = {"N": 4} | {f"d{'₀₁₂₃₄₅₆'[l]}": l + 2 for l in range(7)} | {"d": 2, "h": 3, "o": 5}


def lines(one):
    found = prove(one.form, one.layer, one.block)
    yield found.start, ()
    for line in found.lines:
        yield line.trace.line, line.trace.after


@pytest.mark.parametrize("style", [text, latex, mathml], ids=lambda style: style.__name__)
@pytest.mark.parametrize("sizes", [None, SIZES], ids=["symbols", "numbers"])
def test_memory_changes_nothing(style, sizes):
    for one in cases(1):
        memory = Memory()
        for line, marked in lines(one):
            memory.next_line()
            assert style(line, sizes=sizes, memory=memory) == style(line, sizes=sizes)
            assert style(line, sizes=sizes, marked=marked, memory=memory) == style(line, sizes=sizes, marked=marked)


def test_memory_is_used(monkeypatch):
    """Most of a line is not written again: its parts are looked up."""
    asked = {"afresh": 0, "remembered": 0}
    right = notation._notation

    def counted(*arguments):
        asked[kind] += 1
        return right(*arguments)

    monkeypatch.setattr(notation, "_notation", counted)
    (one, *_) = [one for one in cases(3) if one.form.depth > 3]
    memory = Memory()
    for line, marked in lines(one):
        memory.next_line()
        kind = "afresh"
        text(line), text(line, marked=marked)
        kind = "remembered"
        text(line, memory=memory), text(line, marked=marked, memory=memory)
    assert asked["remembered"] < 0.6 * asked["afresh"], asked
