"""Trained networks as OCaml modules: by the clients' methods, and by the command, compiled and run."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from backproof import AsyncClient, Client

from .conftest import NET, SGD, XOR, saved
from .test_command import TRAIN, backproof

MAIN = """\
let () =
  Net.predict [| [| 0.; 0. |]; [| 0.; 1. |]; [| 1.; 0. |]; [| 1.; 1. |] |]
  |> Array.iter (fun h -> Printf.printf "%.17g\\n" h.(0))
"""


def outputs(folder: Path) -> list[float]:
    """What the module in net.ml predicts for the rows of XOR."""
    (folder / "main.ml").write_text(MAIN)
    command = ["ocamlfind", "ocamlopt", "net.ml", "main.ml", "-o", "main"]
    subprocess.run(command, cwd=folder, check=True)
    done = subprocess.run([folder / "main"], capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def test_the_module_predicts_what_the_job_predicts(client: Client, tmp_path: Path) -> None:
    job = client.train(NET, loss="half_sse", optimizer=SGD, data=XOR, epochs=50).wait(progress=False)
    for at in ("latest", 0):
        (tmp_path / "net.ml").write_text(job.weights_ocaml(at))
        wanted = [row[0] for row in job.predict(XOR["x"], at=at).outputs]
        assert outputs(tmp_path) == pytest.approx(wanted, rel=1e-14)


def test_the_client_for_asyncio_gets_the_same(url: str) -> None:
    async def texts() -> tuple[str, str]:
        async with AsyncClient(url) as client:
            job = await client.train(NET, loss="half_sse", optimizer=SGD, data=XOR, epochs=50, form="both")
            await job.wait(progress=False)
            with Client(url) as other:
                return await job.weights_ocaml("best", "vectorized"), other.job(job.id).weights_ocaml(
                    "best", "vectorized"
                )

    one, other = asyncio.run(texts())
    assert one == other
    assert "let predict x =" in one


def test_the_command_saves_a_module(tmp_path: Path) -> None:
    request, folder = saved(tmp_path, "train.json", json.dumps(TRAIN)), str(tmp_path / "kept")
    net, layers = str(tmp_path / "net.ml"), str(tmp_path / "net.json")
    trained = backproof("train", request, "--data", folder, "--weights", net, "--json")
    assert trained.returncode == 0, trained.stderr
    first, job = (tmp_path / "net.ml").read_text(), json.loads(trained.stdout)["id"]
    for file in (net, layers):
        shown = backproof("weights", job, "--data", folder, "--output", file)
        assert (shown.returncode, shown.stderr) == (0, f"Saved to {file}\n")
    assert (tmp_path / "net.ml").read_text() == first
    rows = saved(tmp_path, "rows.json", json.dumps({"x": XOR["x"]}))
    told = json.loads(backproof("predict", rows, "--network", layers, "--json").stdout)
    assert outputs(tmp_path) == pytest.approx([row[0] for row in told["outputs"]], rel=1e-14)
