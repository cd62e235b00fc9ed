"""The README's tour, run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

from serving import environment

README = Path(__file__).parents[3] / "clients" / "python" / "README.md"


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"the README has no {language}"
    return found


def test_the_python_of_the_tour(url: str, tmp_path: Path) -> None:
    program = "\n".join(blocks("python"))
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(BACKPROOF_URL=url),
    )
    assert ran.returncode == 0, ran.stderr
    assert "layers.0.weights" in ran.stdout
    assert "422" in ran.stdout


def test_the_commands_of_the_tour(tmp_path: Path) -> None:
    command = f'backproof() {{ "{sys.executable}" -m backproof "$@"; }}\n'
    script = "set -e\n" + command + "\n".join(blocks("sh"))
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=environment())
    assert ran.returncode == 0, ran.stderr
    assert "succeeded" in ran.stdout
    assert "output 0" in ran.stdout
