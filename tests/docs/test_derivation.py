"""docs/derivation.md is what the command prints, and what it says before that is true."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "derivation.md").read_text(encoding="utf-8")


def command() -> list[str]:
    """The words after `backproof` in the page's console block."""
    (line,) = re.findall(r"```console\n\$ \.venv/bin/backproof (.*)\n```", PAGE)
    assert isinstance(line, str)
    return shlex.split(line)


def printed(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "backproof", *words], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


def test_the_page_holds_what_its_command_prints() -> None:
    """Where it does not, run the command and put its output into the last text block of the page."""
    block = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)[-1]
    assert block == printed(*command())


def test_the_folded_print_is_shorter_and_ends_alike() -> None:
    full, folded = printed(*command()).splitlines(), printed(*command(), "--folded").splitlines()
    assert len(folded) < len(full) * 2 / 3
    assert full[-1] == folded[-1]


def test_the_product_that_one_would_like_to_write_does_not_conform() -> None:
    shapes = [tuple(map(int, pair)) for pair in re.findall(r"\((\d)×(\d)\)", PAGE)][:5]
    assert shapes == [(4, 1), (4, 1), (2, 1), (4, 2), (4, 2)]
    V, S2, *_ = (np.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match="mismatch"):
        V @ S2
