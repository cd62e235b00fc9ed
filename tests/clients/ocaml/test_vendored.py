"""A new user's first five minutes: a project that vendors the library, by the README's own words."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serving import Served, environment

OCAML = Path(__file__).resolve().parents[3] / "clients" / "ocaml"
README = (OCAML / "README.md").read_text(encoding="utf-8")
MENDED = "Mat.hadamard (Mat.mul delta2 (Mat.transpose w2)) (Mat.map (fun a -> 1. -. (a *. a)) a1)"


def blocks(language: str) -> list[str]:
    """The fenced blocks in that language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def dune(folder: Path, *arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    """Dune in that folder, which is a project of its own; with a service at most, and without Python in reach."""
    found = {name: value for name, value in environment(BACKPROOF_URL=url).items() if name != "PATH"}
    tools = ("dune", "ocamlc", "as", "gcc", "curl")
    path = os.pathsep.join({str(Path(shutil.which(tool) or "").parent) for tool in tools})
    command = ["dune", *arguments, "--root", "."]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, env=found | {"PATH": path}, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that the README's commands make, in a checkout without what was built there."""
    checkout = tmp_path_factory.mktemp("checkout")
    shutil.copytree(OCAML, checkout / "clients" / "ocaml", ignore=shutil.ignore_patterns("_build*"))
    subprocess.run(["bash", "-euo", "pipefail", "-c", blocks("sh")[0]], cwd=checkout, check=True)
    return checkout / "my_nn"


def test_a_wrong_gradient_is_red_and_says_why(project: Path, tmp_path: Path) -> None:
    test = project / "test" / "test_nn.ml"
    test.write_text(blocks("ocaml")[0], encoding="utf-8")
    red = dune(project, "build", "@runtest")
    said = red.stdout + red.stderr
    assert red.returncode == 1, said
    assert blocks("text")[0] in said
    assert "The oracle says" not in said
    assert said.count("missing_derivative") == 1
    assert "Raised at" not in said
    case = project / "_build" / "default" / "test" / "tanh-softmax-cross_entropy.case.json"
    options = ["--format", "json", "--data", str(tmp_path / "data")]
    command = [sys.executable, "-m", "backproof", "check", str(case), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert {block["parameter"]: block["verdict"] for block in report["parameters"]} == {
        "layers.0.weights": "wrong",
        "layers.0.bias": "wrong",
        "layers.1.weights": "right",
        "layers.1.bias": "right",
    }
    explained = [[mistake["id"] for mistake in each["mistakes"]] for each in report["diagnosis"]]
    assert ["missing_derivative"] in explained


def test_the_oracle_adds_to_a_red_test_where_there_is_one(project: Path, serving: Callable[..., Served]) -> None:
    """Two mistakes at once, of which the library names the upper one and the service both."""
    test = project / "test" / "test_nn.ml"
    wrong, above = blocks("ocaml")[0], "Mat.column_sums delta2"
    assert above in wrong
    twice = wrong.replace(above, f"Array.map (fun v -> -. v) ({above})")
    test.write_text(twice, encoding="utf-8")
    alone = dune(project, "build", "@runtest")
    assert "sign_flipped" in alone.stderr + alone.stdout
    assert "The oracle says" not in alone.stderr + alone.stdout
    asked = dune(project, "build", "@runtest", url=serving().url)
    added = (asked.stderr + asked.stdout).split("The oracle says: ")[1]
    assert "(missing_derivative)" in added


def test_a_right_one_is_green(project: Path) -> None:
    test = project / "test" / "test_nn.ml"
    wrong = blocks("ocaml")[0]
    right = wrong.replace("let delta1 = Mat.mul delta2 (Mat.transpose w2) in", f"let delta1 = {MENDED} in")
    assert right != wrong
    test.write_text(right, encoding="utf-8")
    green = dune(project, "build", "@runtest")
    assert green.returncode == 0, green.stdout + green.stderr
    said = re.search(r"right at 5 points that can show all \d+ mistakes", README)
    assert said
    assert said.group() in green.stdout + green.stderr


def test_the_library_s_lines_compile(project: Path) -> None:
    folder = project / "lines"
    folder.mkdir()
    (folder / "dune").write_text("(executable (name lines) (libraries backproof))")
    options, library = blocks("ocaml")[1:3]
    given = "open Backproof\nlet loss = Loss.cross_entropy\nlet activations = Activation.[ tanh; softmax ]\n"
    mine = "let mine net ~x ~y = Backprop.gradient net ~loss ~x ~y\n"
    (folder / "lines.ml").write_text(library + given + mine + options, encoding="utf-8")
    built = dune(project, "build", "./lines/lines.exe")
    assert built.returncode == 0, built.stderr
    run = subprocess.run([project / "_build" / "default" / "lines" / "lines.exe"], cwd=folder, check=True)
    assert run.returncode == 0
    assert json.loads((folder / "xor.json").read_text())["layers"][1]["activation"] == "sigmoid"


def test_the_report_of_a_service_is_printed(project: Path, serving: Callable[..., Served]) -> None:
    folder = project / "judged"
    folder.mkdir()
    (folder / "dune").write_text("(executable (name judged) (libraries backproof-client))")
    (folder / "judged.ml").write_text(blocks("ocaml")[5], encoding="utf-8")
    built = dune(project, "build", "./judged/judged.exe")
    assert built.returncode == 0, built.stderr
    program = project / "_build" / "default" / "judged" / "judged.exe"
    settings = environment(BACKPROOF_URL=serving().url)
    done = subprocess.run([program], capture_output=True, text=True, check=False, env=settings, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Wrong")
    assert "(sign_flipped" in done.stdout
    assert len(done.stdout.splitlines()) <= 25


def test_the_client_s_lines_run(project: Path, serving: Callable[..., Served]) -> None:
    folder = project / "asking"
    folder.mkdir()
    (folder / "dune").write_text("(executables (names client remote) (libraries backproof-client))")
    client, remote = blocks("ocaml")[3:5]
    use = """
let () =
  let x = [| [| 0.; 1. |]; [| 1.; 1. |] |] and y = [| [| 1. |]; [| 0. |] |] in
  let start = Network.create ~seed:1 [ 2; 2; 1 ] in
  let here, _ = Here.run start ~x ~y and there, _ = Elsewhere.run start ~x ~y in
  assert (Mat.max_abs (Mat.sub (Network.predict here x) (Network.predict there x)) < 1e-9)
"""
    (folder / "client.ml").write_text(client, encoding="utf-8")
    (folder / "remote.ml").write_text(remote + use, encoding="utf-8")
    built = dune(project, "build", "./asking/client.exe", "./asking/remote.exe")
    assert built.returncode == 0, built.stderr
    url = serving().url
    for name in ("client", "remote"):
        program = project / "_build" / "default" / "asking" / f"{name}.exe"
        done = subprocess.run(
            [program], capture_output=True, text=True, check=False, env=environment(BACKPROOF_URL=url), timeout=60
        )
        assert done.returncode == 0, done.stderr
        if name == "client":
            assert len(done.stdout.splitlines()) == 4
            assert "succeeded" in done.stderr
