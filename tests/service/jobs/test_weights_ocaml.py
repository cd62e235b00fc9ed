"""GET /jobs/{id}/weights as OCaml source, compiled by the real compiler and compared with POST /jobs/{id}/predict."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof_core import ACTIVATIONS, Layer, Network
from backproof_core.activation import named
from backproof_service import ocamlsource
from backproof_service.http.problems import Problem

STRICT = ["-w", "+a-4-9-40-41-42-44-45-70", "-warn-error", "+a"]
WITHIN = {"float64": 1e-14, "float32": 4e-6}  # of the block's largest entry; the file computes in float64
BITS = np.random.default_rng(3)

# Rows on stdin and outputs on stdout, as the bits of their numbers, so that nothing is lost in between.
MAIN = """\
let number word = Int64.float_of_bits (Int64.of_string ("0x" ^ word))
let row line = Array.of_list (List.map number (String.split_on_char ' ' line))
let show h = print_endline (String.concat " " (List.map (fun v -> Printf.sprintf "%Lx" (Int64.bits_of_float v)) h))
let rec rows () = match input_line stdin with line -> row line :: rows () | exception End_of_file -> []

let () =
  match Net.predict (Array.of_list (rows ())) with
  | h -> Array.iter (fun h -> show (Array.to_list h)) h
  | exception Invalid_argument sentence -> print_string sentence
"""


def asked(service: Any, job: dict[str, Any], **query: str) -> Any:
    answer = service.client.get(f"/jobs/{job['id']}/weights", params=query, headers={"Accept": "text/x-ocaml"})
    assert answer.status_code == 200, answer.text
    return answer


def submitted(service: Any, network: dict[str, Any], dtype: str = "float64") -> dict[str, Any]:
    """A job of that network, whose initial weights are asked for: nothing has to be trained for them."""
    layers = network.get("layers")
    d_in = len(layers[0]["weights"]) if layers else network["sizes"][0]
    d_out = len(layers[-1]["weights"][0]) if layers else network["sizes"][-1]
    data = {"x": [[0] * d_in], "y": [[0] * d_out]}
    job: dict[str, Any] = service.submit(network=network, data=data, epochs=1, dtype=dtype)
    return job


def compiled(folder: Path, text: str, main: str = MAIN) -> Path:
    """The program of the module and a main one; any warning of the compiler is an error."""
    (folder / "net.ml").write_text(text)
    (folder / "main.ml").write_text(main)
    command = ["ocamlfind", "ocamlopt", *STRICT, "net.ml", "main.ml", "-o", "main"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder / "main"


def ran(program: Path, X: Any = ((),)) -> str:
    lines = "".join(" ".join(f"{bits:x}" for bits in row) + "\n" for row in np.array(X, dtype=float).view(np.uint64))
    done = subprocess.run([program], input=lines, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def numbers(text: str) -> Any:
    """The matrix that a program wrote as bits."""
    return np.array([[int(word, 16) for word in line.split()] for line in text.splitlines()], np.uint64).view(float)


def apart(found: Any, wanted: Any) -> float:
    """The largest difference over the block's largest entry."""
    difference, largest = np.abs(found - wanted).max(), np.abs(wanted).max()
    return float(difference / largest) if largest else float(difference)


def predicted(service: Any, job: dict[str, Any], X: Any, at: str = "0") -> Any:
    answer = service.client.post(f"/jobs/{job['id']}/predict", json={"x": np.array(X).tolist(), "at": at})
    assert answer.status_code == 200, answer.text
    return np.array(answer.json()["outputs"])


def exposed(text: str, *names: str) -> str:
    """The module with some of its weights in its signature."""
    kinds = {"w": "float array array", "b": "float array"}
    return text.replace("end : sig\n", "end : sig\n" + "".join(f"  val {n} : {kinds[n[0]]}\n" for n in names))


def bits(folder: Path, text: str, *names: str) -> list[Any]:
    """The blocks of the module with those names, as they are once they are compiled."""
    each = {"w": "Array.iter (Array.iter show)", "b": "Array.iter show"}
    main = 'let show v = Printf.printf "%Lx " (Int64.bits_of_float v)\n'
    main += "".join(f"let () = {each[name[0]]} Net.{name}; print_newline ()\n" for name in names)
    blocks = ran(compiled(folder, exposed(text, *names), main)).splitlines()
    return [numbers(block)[0].view(np.uint64) for block in blocks]


# What is computed


def test_every_activation_has_a_formula_in_ocaml() -> None:
    lacking = sorted(set(ACTIVATIONS) - set(ocamlsource.FORMULAS))
    assert not lacking, f"write how {', '.join(lacking)} is computed in FORMULAS of service/.../ocamlsource.py"
    assert set(ocamlsource.FORMULAS) == set(ACTIVATIONS)


CASES = {
    "one layer": ([3, 2], True, "float64"),
    "one number": ([1, 1], False, "float64"),
    "two layers": ([2, 5, 3], True, "float64"),
    "deep, without bias": ([3, 4, 1, 2, 6, 2], False, "float64"),
    "float32": ([4, 3, 5, 2], True, "float32"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_outputs_are_those_of_the_service(service: Any, tmp_path: Path, activation: str, case: str) -> None:
    sizes, bias, dtype = CASES[case]
    rng = np.random.default_rng(len(activation) + len(sizes))
    layers = [
        {"weights": rng.normal(size=(m, n)), "bias": rng.normal(size=n) if bias else None}
        for m, n in zip(sizes, sizes[1:])
    ]
    told = [
        {name: block.tolist() for name, block in layer.items() if block is not None} | {"activation": activation}
        for layer in layers
    ]
    job = submitted(service, {"layers": told}, dtype)
    X = rng.normal(size=(7, sizes[0])).astype(dtype).astype(float)
    found = numbers(ran(compiled(tmp_path, asked(service, job, at="0").text), X))
    wanted = predicted(service, job, X)
    assert found.shape == wanted.shape
    assert apart(found, wanted) <= WITHIN[dtype]


EXTREMES = [[800, -800, 0], [-800, -800, -800], [800, 800, 800], [-0.0, 5e-324, -5e-324], [1e-310, -2e-310, -0.0]]


@pytest.mark.parametrize("dtype", WITHIN)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nothing_overflows_where_an_activation_saturates(
    service: Any, tmp_path: Path, activation: str, dtype: str
) -> None:
    layer = {"weights": np.eye(3).tolist(), "bias": None, "activation": activation}
    job = submitted(service, {"layers": [layer]}, dtype)
    program = compiled(tmp_path, asked(service, job, at="0").text)
    for row in EXTREMES if dtype == "float64" else EXTREMES[:3]:  # float32 holds no smaller numbers
        found, wanted = numbers(ran(program, [row])), predicted(service, job, [row])
        assert np.isfinite(found).all()
        assert apart(found, wanted) <= WITHIN[dtype]


def test_a_wrong_formula_would_be_seen(service: Any, tmp_path: Path) -> None:
    job = submitted(service, {"sizes": [3, 2], "activation": "sigmoid", "seed": 1})
    text = asked(service, job, at="0").text
    X = [[0.5, -1.0, 2.0]]
    wrong = text.replace("1. +. exp", "1.0000001 +. exp")
    assert wrong != text
    assert apart(numbers(ran(compiled(tmp_path, wrong), X)), predicted(service, job, X)) > 1e-9


@pytest.mark.parametrize("dtype", WITHIN)
def test_a_trained_network_at_each_of_its_times(service: Any, tmp_path: Path, dtype: str) -> None:
    network = {"sizes": [2, 3, 1], "activation": ["tanh", "sigmoid"], "seed": 4}
    job = service.done(network=network, form="both", dtype=dtype)
    X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    for at in ("latest", "best", "0"):
        found = numbers(ran(compiled(tmp_path, asked(service, job, at=at).text), X))
        assert apart(found, predicted(service, job, X, at)) <= WITHIN[dtype]
    assert asked(service, job, form="vectorized").text.startswith("(* The network of job ")


# The numbers


@pytest.mark.parametrize("count", [40, 6000], ids=["readable", "packed"])
def test_every_number_has_the_bits_of_the_service(service: Any, tmp_path: Path, count: int) -> None:
    drawn = BITS.integers(0, 2**64, size=2 * count, dtype=np.uint64).view(float)
    W = [-0.0, 5e-324, -5e-324, 2.2250738585072009e-308, 1.7976931348623157e308, 0.1, -1.5, 1e16, 1e-5, 3.0]
    W = [*W, *drawn[np.isfinite(drawn)][: count - len(W)].tolist()]
    b = W[::-1]
    # The job's only input is 0, so that even such weights can be trained.
    job = submitted(service, {"layers": [{"weights": [W], "bias": b, "activation": "sigmoid"}]})
    found = bits(tmp_path, asked(service, job, at="0").text, "w1", "b1")
    assert [block.tolist() for block in found] == [np.array(block).view(np.uint64).tolist() for block in (W, b)]


def test_float32_weights_are_the_same_numbers(service: Any, tmp_path: Path) -> None:
    job = submitted(service, {"sizes": [3, 2], "activation": "tanh", "seed": 2}, "float32")
    (found,) = bits(tmp_path, asked(service, job, at="0").text, "w1")
    layers = service.client.get(f"/jobs/{job['id']}/weights", params={"at": "0"}).json()["layers"]
    W = found.view(float)
    assert W.reshape(3, 2).tolist() == layers[0]["weights"]
    assert W.tolist() == W.astype(np.float32).astype(float).tolist()


@pytest.mark.parametrize("columns", [4, 2000], ids=["readable", "packed"])
def test_what_a_run_that_diverged_left_behind_is_given_too(tmp_path: Path, columns: int) -> None:
    W = np.zeros((3, columns))
    W[0, :4] = np.nan, np.inf, -np.inf, -0.0
    net = Network((Layer(W, None, named("identity")),))
    (found,) = bits(tmp_path, ocamlsource.source(net, "A network."), "w1")
    np.testing.assert_array_equal(found.view(float).reshape(3, columns), W)


@pytest.mark.parametrize("sizes", [[784, 128, 10], [65_536, 1], [1, 65_536]], ids=str)
def test_large_networks_compile(service: Any, tmp_path: Path, sizes: list[int]) -> None:
    job = submitted(service, {"sizes": sizes, "activation": "tanh", "seed": 3})
    X = np.random.default_rng(5).normal(size=(2, sizes[0]))
    found = numbers(ran(compiled(tmp_path, asked(service, job, at="0").text), X))
    assert apart(found, predicted(service, job, X)) <= WITHIN["float64"]


def test_a_network_that_no_compiler_would_take_is_refused() -> None:
    wide = Network((Layer(np.zeros((1, ocamlsource.MOST + 1)), None, named("tanh")),))
    with pytest.raises(Problem, match=r"5,000,001 weights and biases.*at most 5,000,000.*application/x-npz") as found:
        ocamlsource.source(wide, "A network.")
    assert (found.value.status, found.value.code) == (422, "limit_exceeded")
    assert found.value.errors[0]["header"] == "Accept"


# The file


@pytest.fixture(scope="module")
def xor_job(service: Any) -> dict[str, Any]:
    job: dict[str, Any] = service.done()
    return job


def test_the_file_is_an_ocaml_module_that_says_what_it_is(
    service: Any, xor_job: dict[str, Any], tmp_path: Path
) -> None:
    answer = asked(service, xor_job)
    assert answer.headers["Content-Type"] == "text/x-ocaml; charset=utf-8"
    name = re.fullmatch(r'attachment; filename="([A-Za-z][A-Za-z0-9_]*\.ml)"', answer.headers["Content-Disposition"])
    assert name
    head = " ".join(answer.text.split("*)")[0].split())
    assert head.startswith(
        f"(* The network of job {xor_job['id']} at latest, 200 epochs finished, trained on the loss "
    )
    assert "the loss half_sse in float64. Sizes" in head
    assert "Sizes: 2, 2, 1. Activations: sigmoid, sigmoid." in head
    (tmp_path / name[1]).write_text(answer.text)
    command = ["ocamlfind", "ocamlopt", *STRICT, "-i", name[1]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "val sizes : int list\nval predict : float array array -> float array array\n"
    assert done.stderr == ""


def test_the_usage_in_its_head_works(service: Any, xor_job: dict[str, Any], tmp_path: Path) -> None:
    text = asked(service, xor_job).text
    head = text.split("*)\n")[0]
    (tmp_path / "net.ml").write_text(text)
    (tmp_path / "main.ml").write_text(head.split("module Net:\n")[1].split("With these lines")[0])
    subprocess.run(shlex.split(head.split("main.ml: ")[1]), cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    assert apart(float(done.stdout), predicted(service, xor_job, [[0, 0]], "latest")) <= 1e-14


def test_rows_of_another_length_are_refused_in_words(service: Any, xor_job: dict[str, Any], tmp_path: Path) -> None:
    text = asked(service, xor_job).text
    rows = "let () = try ignore (Net.predict [| [| 0.; 1. |]; [| 1. |] |]) with Invalid_argument s -> print_string s\n"
    none = "let () = assert (Net.predict [||] = [||] && Net.sizes = [ 2; 2; 1 ])\n"
    said = ran(compiled(tmp_path, text, rows + none))
    assert said == "predict: x.(1) has 1 entries; it needs 2, one for each input of the network"


def test_dune_finds_nothing_to_warn_of(tmp_path: Path) -> None:
    """Of networks with one activation each, with and without bias, small and large: what is not used is not there."""
    (tmp_path / "dune-project").write_text("(lang dune 2.9)\n")
    (tmp_path / "dune").write_text("(executable (name main))\n")
    uses = ""
    for activation in ACTIVATIONS:
        for bias, width in ((True, 3), (False, 3), (True, 3000), (False, 3000)):
            name = f"net_{activation}_{width}_{bias}".lower()
            net = Network.create([2, width, 1], activation=activation, bias=bias)
            (tmp_path / f"{name}.ml").write_text(ocamlsource.source(net, "A network."))
            uses += f"let () = ignore ({name.capitalize()}.predict [||])\n"
    (tmp_path / "main.ml").write_text(uses)
    command = ["dune", "build", "--root", ".", "./main.exe"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr.replace("Entering directory '.'\n", "")) == (0, "", "")
