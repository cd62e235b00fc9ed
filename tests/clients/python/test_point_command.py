"""`backproof point` and `backproof vectors`: what they print and write is what a test of one's own backprop needs."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof.cli.points import told

from .conftest import Command
from .test_command import backproof, sentences

ARCHITECTURE = ("--sizes", "2,3,3", "--activation", "tanh,softmax", "--loss", "cross_entropy")
LAYOUTS = [(), ("--layout", "out_in,columns")]


def right(case: Any) -> dict[str, Any]:
    """The gradients at a NumPy case of ARCHITECTURE in rows, by one's own backprop."""
    X, Y, (W1, W2), (b1, b2) = (case[name] for name in "XYWb")
    A1 = np.tanh(X @ W1 + b1)
    E = np.exp(A1 @ W2 + b2)
    d2 = (E / E.sum(axis=1, keepdims=True) - Y) / len(X)
    d1 = (d2 @ W2.T) * (1 - A1**2)
    return {"dW": [X.T @ d1, A1.T @ d2], "db": [d1.sum(axis=0), d2.sum(axis=0)], "delta": [d1, d2]}


def python(source: str) -> dict[str, Any]:
    """What the names of a Python source stand for."""
    names: dict[str, Any] = {}
    exec(compile(source, "vectors.py", "exec"), names)
    return names


def ocaml(folder: Path, *sources: str, main: str) -> str:
    """What main prints, compiled with these files under every warning."""
    (folder / "main.ml").write_text(main)
    command = ["ocamlfind", "ocamlopt", "-w", "+a-40-42-70", "-warn-error", "+a", *sources, "main.ml", "-o", "main"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout


# ---------------------------------------------------------------- point


def test_a_point_without_any_server(tmp_path: Path) -> None:
    file = tmp_path / "p.case.json"
    ran = backproof("point", *ARCHITECTURE, "--seed", "3", "--out", str(file))
    assert (ran.returncode, ran.stdout) == (0, "")
    assert sentences(ran) == [f"Saved to {file}. Compute your numbers there, add them to it, and check it."]
    assert list(json.loads(file.read_text())) == ["network", "loss", "data"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_point_is_the_same_in_every_format(command: Command, tmp_path: Path, layout: tuple[str, ...]) -> None:
    ran = {
        style: command("point", *ARCHITECTURE, *layout, "--format", style)
        for style in ("json", "numpy", "ocaml", "text")
    }
    assert {(each.returncode, each.stderr) for each in ran.values()} == {(0, "")}
    case, named = json.loads(ran["json"].stdout), python(ran["numpy"].stdout)
    assert ("layout" in case) == bool(layout)
    assert named["X"].tolist() == case["data"]["x"]
    assert [W.tolist() for W in named["W"]] == [layer["weights"] for layer in case["network"]["layers"]]
    assert [b.tolist() for b in named["b"]] == [layer["bias"] for layer in case["network"]["layers"]]
    assert (named["loss"], named["activation"]) == ("cross_entropy", ["tanh", "softmax"])
    assert "dW" not in named
    (tmp_path / "point.ml").write_text(ran["ocaml"].stdout)
    main = 'let () = List.iter (Array.iter (Array.iter (Printf.printf "%h "))) (Point.x :: Point.y :: Point.w)'
    numbers = [float.fromhex(each) for each in ocaml(tmp_path, "point.ml", main=main).split()]
    assert numbers == [v for M in (named["X"], named["Y"], *named["W"]) for v in M.ravel()]
    assert ran["text"].stdout.startswith("A point that shows mistakes: 2-3-3, tanh, softmax, cross_entropy\n")
    assert all(f"{value:.12g}" in ran["text"].stdout.split() for value in named["W"][1].ravel())


def test_a_right_backprop_at_a_point_hides_nothing(command: Command) -> None:
    told = command("vectors", "--sizes", "2,3,1", "--activation", "relu,identity", "--count", "1", "--format", "json")
    (point,) = json.loads(told.stdout)
    ran = command("check", "-", "--format", "json", stdin=json.dumps(point))
    assert (ran.returncode, json.loads(ran.stdout)["blindness"]) == (0, [])


def test_what_no_point_shows_is_listed_by_its_reason(command: Command) -> None:
    point = json.loads(command("point", "--sizes", "2,1", "--format", "json").stdout)
    assert "No point of this network" not in "\n".join(told(point, {}))
    reasons = [("softmax_sign", None, "there is no softmax"), ("bias_missing", 0, "no"), ("bias_averaged", 1, "no")]
    hidden = [dict(zip(("id", "layer", "reason"), each, strict=True)) for each in reasons]
    lines = list(told(point | {"unshowable": hidden}, {}))
    start = lines.index("No point of this network and loss shows:")
    assert lines[start + 1 : start + 3] == [
        "  softmax_sign: there is no softmax",
        "  bias_missing in layer 1, bias_averaged in layer 2: no",
    ]


def test_another_seed_is_another_point(command: Command) -> None:
    one, same, other = (
        command("point", *ARCHITECTURE, "--seed", seed, "--format", "json").stdout for seed in ("1", "1", "2")
    )
    assert one == same != other


def test_layers_that_are_made_narrow_are_said(command: Command) -> None:
    ran = command("point", "--sizes", "784,128,10", "--format", "json")
    assert ran.returncode == 0
    sizes = [len(layer["weights"]) for layer in json.loads(ran.stdout)["network"]["layers"]]
    assert max(sizes) <= 8
    assert f"Layers wider than 8 are made narrow: 784-128-10 became {sizes[0]}-{sizes[1]}-" in ran.stderr


# ---------------------------------------------------------------- vectors


def test_numpy_vectors_hold_what_a_right_backprop_finds(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    assert command("vectors", *ARCHITECTURE, "--out", str(file)).returncode == 0
    script = "import mine; assert len(mine.CASES) == 5; print(mine.CASES[4]['loss_value'])"
    subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=tmp_path, check=True, capture_output=True)
    cases = python(file.read_text())["CASES"]
    assert len({each["loss_value"] for each in cases}) == 5
    for case in cases:
        for name, found in right(case).items():
            for mine, theirs in zip(found, case[name], strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ocaml_and_json_vectors_hold_the_same_numbers(
    command: Command, tmp_path: Path, layout: tuple[str, ...]
) -> None:
    options = (*ARCHITECTURE, "--count", "2", *layout)
    for name in ("vectors.ml", "vectors.json", "vectors.py"):
        assert command("vectors", *options, "--out", str(tmp_path / name)).returncode == 0
    cases = python((tmp_path / "vectors.py").read_text())["CASES"]
    main = """\
let print_matrix = Array.iter (Array.iter (Printf.printf "%h "))
let print_vector = Option.iter (Array.iter (Printf.printf "%h "))
let print (c : Vectors.case) =
  List.iter print_matrix [ c.x; c.y ];
  List.iter (List.iter print_matrix) [ c.w; c.z; c.a; c.delta; c.dw ];
  List.iter (List.iter print_vector) [ c.b; c.db ];
  Printf.printf "%h " c.loss_value
let () = List.iter print Vectors.cases
"""
    printed = [float.fromhex(each) for each in ocaml(tmp_path, "vectors.ml", main=main).split()]
    names = ("X", "Y", "W", "Z", "A", "delta", "dW", "b", "db", "loss_value")
    blocks = [each[name] if isinstance(each[name], list) else [each[name]] for each in cases for name in names]
    assert printed == [entry for found in blocks for M in found for entry in np.ravel(M)]
    written = json.loads((tmp_path / "vectors.json").read_text())
    for case, named in zip(written, cases, strict=True):
        assert case["loss_value"] == named["loss_value"]
        assert [each["weights"] for each in case["gradients"]] == [dW.tolist() for dW in named["dW"]]
        assert [each["bias"] for each in case["gradients"]] == [db.tolist() for db in named["db"]]


def test_a_folder_gets_a_case_file_for_each_which_check_finds_right(command: Command, tmp_path: Path) -> None:
    ran = command("vectors", *ARCHITECTURE, "--count", "3", "--format", "json", "--out", str(tmp_path))
    assert ran.returncode == 0
    files = sorted(map(str, tmp_path.iterdir()))
    assert [Path(file).name for file in files] == [f"backproof_vectors_{n}.case.json" for n in range(3)]
    assert sentences(ran) == [f"Saved 3 points to {', '.join(files)}."]
    assert command("check", *files).returncode == 0
    for style, name in (("numpy", "backproof_vectors.py"), ("ocaml", "backproof_vectors.ml")):
        command("vectors", *ARCHITECTURE, "--count", "1", "--format", style, "--out", str(tmp_path))
        assert (tmp_path / name).exists()


@pytest.mark.parametrize("bias", ["--bias", "--no-bias"])
def test_a_file_says_how_it_was_made_and_the_command_makes_it_again(command: Command, bias: str) -> None:
    for style, sign in (("numpy", '"""'), ("ocaml", "(* ")):
        options = ("--sizes", "2,3,1", "--activation", "relu,identity", "--layout", "columns", bias, "--count", "1")
        first = command("vectors", *options, "--seed", "4", "--format", style).stdout
        assert first.startswith(sign)
        (made,) = re.findall(r"Made by: backproof (.*)", first)
        assert command(*made.split()).stdout == first
        assert "Instances are columns, weights in × out." in " ".join(first.split())
    assert ast.get_docstring(ast.parse(command("vectors", *options, "--format", "numpy").stdout)) is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("point",), "There is no network: give its sizes"),
        (("point", "--sizes", "2,1", "--layout", "out_in,in_out"), "--layout is out_in,in_out; it has to be in_out or"),
        (("point", "--sizes", "2,1", "--layout", "cols"), "rows or columns (samples), or both with a comma"),
        (("point", "--sizes", "2,1", "--out", "p.txt"), "Nothing says what to write: give --format, or a file whose"),
        (("point", "--sizes", "2,1", "--out", "none/p.py"), "none/p.py cannot be written: there is no folder none."),
        (("vectors", "--sizes", "2,1"), "Nothing says what to write: give --format, or a file whose name ends in"),
    ],
)
def test_wrong_usage_is_2_and_one_sentence(command: Command, arguments: tuple[str, ...], said: str) -> None:
    ran = command(*arguments)
    assert (ran.returncode, ran.stdout, len(sentences(ran))) == (2, "", 1)
    assert said in ran.stderr


def test_refusals_are_1_in_the_services_words(command: Command) -> None:
    ran = command("point", "--sizes", "2,2", "--activation", "identity", "--loss", "cross_entropy")
    assert ran.returncode == 1
    assert "cross_entropy" in ran.stderr
