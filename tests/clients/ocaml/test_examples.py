"""The OCaml examples: two need nothing, two ask a real service on a real socket."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from serving import Served, environment


def run(program: Path, *arguments: str | Path, url: str = "") -> subprocess.CompletedProcess[str]:
    more = {"BACKPROOF_URL": url} if url else {}
    command = [program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(**more), check=False)


def test_the_wrong_softmax_is_caught_and_named(dune: Path) -> None:
    done = run(dune / "examples" / "check_my_backprop.exe")
    assert done.returncode == 0, done.stderr
    wrong, right = done.stdout.split("Mended:")
    assert "(softmax_sign)" in wrong
    assert "mend" in wrong
    assert re.search(r"right at 5 points that can show all \d+ mistakes", right)


def test_bigarrays_as_owl_has_them(dune: Path) -> None:
    done = run(dune / "examples" / "owl_bigarray.exe")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("right at 5 points")


def test_xor_here_and_there(dune: Path, serving: Callable[..., Served]) -> None:
    done = run(dune / "examples" / "xor.exe", url=serving().url)
    assert done.returncode == 0, done.stderr
    table = [line.split() for line in done.stdout.splitlines()]
    assert table[0] == ["epoch", "matched", "here", "vectorised", "here", "matched", "there", "vectorised", "there"]
    assert [row[0] for row in table[1:8]] == ["1", "10", "100", "1000", "2000", "4000", "8000"]
    assert all(float(apart) <= 1e-8 for apart in table[8][1:])


def test_digits_are_trained_there_and_predicted_here(dune: Path, serving: Callable[..., Served]) -> None:
    csv = Path(__file__).resolve().parents[3] / "clients" / "ocaml" / "examples" / "digits.csv"
    done = run(dune / "examples" / "digits.exe", csv, url=serving().url)
    assert done.returncode == 0, done.stderr
    found = re.search(
        r"198 digits never seen: ([\d.]+) % right; outputs here and there at most (\S+) apart", done.stdout
    )
    assert found, done.stdout
    assert float(found[1]) >= 85
    assert float(found[2]) <= 1e-12


def test_without_a_service_digits_says_so(dune: Path) -> None:
    csv = Path(__file__).resolve().parents[3] / "clients" / "ocaml" / "examples" / "digits.csv"
    done = run(dune / "examples" / "digits.exe", csv, url="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "cannot be reached" in done.stderr
    assert "Fatal error" not in done.stderr
