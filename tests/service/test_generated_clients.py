"""Clients generated from /openapi.json, in TypeScript and Python, each compiled or imported and then really used."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

GENERATOR = [str(Path(sys.executable).parent / "openapi-generator-cli"), "generate"]
TYPESCRIPT = "typescript@5.9.3"

USE_TS = """
import { Configuration, GradientsApi, TrainingApi, JobsApi, ResponseError } from './index';
const configuration = new Configuration({ basePath: process.argv[2] });
const data = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [[0], [1], [1], [0]] };
async function main() {
    const init = { type: 'uniform', low: 0, high: 1 };
    const network = { sizes: [2, 2, 1], activation: 'sigmoid', init, seed: 7 };
    const asked = { network, loss: 'half_sse', data, witnesses: ['complex_step'] };
    const found = await new GradientsApi(configuration).gradients({ gradientsRequest: asked as any });
    const run = { network, loss: 'half_sse', data, optimizer: { type: 'sgd', learningRate: 1 }, epochs: 20 };
    const job = await new TrainingApi(configuration).train({ trainRequest: run as any });
    const ended = await new JobsApi(configuration).job({ jobId: job.id, prefer: 'wait=30' });
    let refused = '';
    try {
        await new GradientsApi(configuration).gradients({ gradientsRequest: { ...asked, loss: 'rmse' } as any });
    } catch (error) {
        refused = (await (error as ResponseError).response.json()).code;
    }
    console.log(JSON.stringify({
        agree: found.agree, loss: found.lossValue, weights: found.forms.matched?.gradients?.[0].weights,
        state: ended.state, refused,
    }));
}
main();
"""
USE_PYTHON = """
import json, sys
import generated as g
network = g.Network(g.NetworkSizes(
    sizes=[2, 2, 1], activation=g.Activations("sigmoid"), seed=7,
    init=g.Init(g.Uniform(type="uniform", low=0.0, high=1.0)),
))
data = g.Data(g.DataTargets(x=[[0, 0], [0, 1], [1, 0], [1, 1]], y=[[0], [1], [1], [0]]))
with g.ApiClient(g.Configuration(host=sys.argv[1])) as client:
    asked = g.GradientsRequest(network=network, loss="half_sse", data=data, witnesses=["complex_step"])
    found = g.GradientsApi(client).gradients(asked)
    optimizer = g.Optimizer(g.Sgd(type="sgd", learning_rate=1.0))
    job = g.TrainingApi(client).train(
        g.TrainRequest(network=network, loss="half_sse", data=data, optimizer=optimizer, epochs=20)
    )
    ended = g.JobsApi(client).job(job.id, prefer="wait=30")
    refused = ""
    try:
        g.GradientsApi(client).gradients(g.GradientsRequest(network=network, loss="cross_entropy", data=data))
    except g.ApiException as error:
        refused = json.loads(error.body)["code"]
weights = [[n.actual_instance for n in row] for row in found.forms.matched.gradients[0].weights]
print(json.dumps({
    "agree": found.agree, "loss": found.loss_value.actual_instance, "weights": weights,
    "state": ended.state, "refused": refused,
}))
"""


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def document(served: str, tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_text(httpx.get(f"{served}/openapi.json").text)
    return path


@pytest.fixture
def expected(served: str, xor: dict[str, object]) -> dict[str, object]:
    found = httpx.post(f"{served}/gradients", json=xor).json()
    weights = found["forms"]["matched"]["gradients"][0]["weights"]
    return {"agree": True, "loss": found["loss_value"], "weights": weights, "state": "succeeded"}


def test_typescript(served: str, document: Path, expected: dict[str, object], tmp_path: Path) -> None:
    client = tmp_path / "client"
    run(*GENERATOR, "-i", str(document), "-g", "typescript-fetch", "-o", str(client), cwd=tmp_path)
    (client / "use.ts").write_text(USE_TS)
    options = {"target": "es2020", "module": "commonjs", "strict": True, "lib": ["es2020", "dom"], "outDir": "out"}
    globals_of_node = "declare const process: { argv: string[] };\n"
    (client / "node.d.ts").write_text(globals_of_node)
    (client / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["use.ts", "node.d.ts"]}))
    npm = shutil.which("npm")
    assert npm, "this test compiles TypeScript: install Node.js with npm"
    run(npm, "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path / "tools"), TYPESCRIPT, cwd=tmp_path)
    run(str(tmp_path / "tools" / "node_modules" / ".bin" / "tsc"), "-p", ".", cwd=client)
    found = json.loads(run("node", "out/use.js", served, cwd=client))
    assert found == expected | {"refused": "unknown_name"}


def test_python(served: str, document: Path, expected: dict[str, object], tmp_path: Path) -> None:
    client = tmp_path / "client"
    named = ("--additional-properties", "packageName=generated")
    run(*GENERATOR, "-i", str(document), "-g", "python", "-o", str(client), *named, cwd=tmp_path)
    (client / "use.py").write_text(USE_PYTHON)
    found = json.loads(run(sys.executable, "use.py", served, cwd=client))
    assert found == expected | {"refused": "invalid_value"}
