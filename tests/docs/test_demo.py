"""The demo, run as a newcomer runs it: it must show what it promises."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_shows_xor_digits_and_the_refusal():
    ended = subprocess.run(
        [sys.executable, ROOT / "examples" / "demo.py"], capture_output=True, text=True, timeout=300, check=False
    )
    shown = ended.stdout
    assert ended.returncode == 0, ended.stderr
    errors = [float(found) for found in re.findall(r"xor \d │ \d +│ [\d.]+ │ ([\d.]+) │", shown)]
    assert len(errors) == 4
    assert max(errors) < 0.1
    distance = re.search(r"in 10,000 epochs: (\S+)", shown)
    assert distance is not None
    assert float(distance[1].rstrip(":")) <= 1e-9
    accuracy = re.search(r"never seen it is right for ([\d.]+)%", shown)
    assert accuracy is not None
    assert float(accuracy[1]) >= 95
    assert shown.count("│ yes ") == 6
    assert "│ NO" not in shown
    assert re.search(r"would need \d+ bytes \(40 GiB\).*What fits", shown, re.DOTALL)
    assert "make serve" in shown
