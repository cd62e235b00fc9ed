"""The programs in examples/ run, and print what the documents say of them."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_article_s_program_learns_xor_by_both_forms() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / "article.py"], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines if re.match(r" +[01] [01] ", line)]
    assert len(rows) == 4
    for x1, x2, y, matched, vectorized, error in rows:
        assert int(y) == int(x1) ^ int(x2)
        assert abs(float(matched) - int(y)) < 0.1 and float(error) < 0.1
        assert abs(float(matched) - float(vectorized)) < 1e-9
    apart = re.search(r"further apart than (\S+)", done.stdout)
    assert apart and float(apart[1]) <= 1e-9
