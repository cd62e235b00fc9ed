"""The `backproof` command as people run it: in a process of its own, judged by its exit code and its words."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof import Client
from serving import environment

from .conftest import NET, SGD, XOR, saved
from .tiny import JOB, Answer, tiny

TRAIN: dict[str, Any] = {
    "network": NET,
    "loss": "half_sse",
    "optimizer": SGD,
    "data": XOR,
    "epochs": 200,
    "form": "both",
}
LONG = TRAIN | {"epochs": 5_000_000, "form": "matched"}
GRADIENTS = {"network": NET, "loss": "half_sse", "data": XOR, "witnesses": ["complex_step"]}
COMMAND = [sys.executable, "-m", "backproof"]

Ran = subprocess.CompletedProcess[str]


def backproof(*arguments: str, stdin: str = "", **variables: str) -> Ran:
    ran = subprocess.run(
        [*COMMAND, *arguments], input=stdin, capture_output=True, text=True, env=environment(**variables), timeout=120
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran


def sentences(ran: Ran) -> list[str]:
    return ran.stderr.strip().splitlines()


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    return saved(tmp_path, "train.json", json.dumps(TRAIN))


def test_train_without_any_server(request_file: str, tmp_path: Path) -> None:
    ran = backproof("train", request_file, "--weights", str(tmp_path / "w.json"))
    assert ran.returncode == 0, ran.stderr
    assert "Nothing was kept" not in ran.stderr
    assert "succeeded" in ran.stdout
    assert "final loss" in ran.stdout
    assert "epoch 200/200" in ran.stderr
    layers = json.loads((tmp_path / "w.json").read_text())["layers"]
    assert np.shape(layers[0]["weights"]) == (2, 2)

    rows = saved(tmp_path, "rows.json", json.dumps({"x": XOR["x"]}))
    told = backproof("predict", rows, "--network", str(tmp_path / "w.json"), "--json")
    assert (told.returncode, np.shape(json.loads(told.stdout)["outputs"])) == (0, (4, 1))


def test_what_is_not_kept_has_no_id_and_is_said(request_file: str) -> None:
    ran = backproof("train", request_file)
    assert ran.returncode == 0, ran.stderr
    assert "job_" not in ran.stdout + ran.stderr
    assert sentences(ran)[-1] == "Nothing was kept: --data DIR keeps the job, --weights FILE its weights."
    assert re.search(r"last epoch's loss +\S+ \(each batch before its update\)", ran.stdout)
    assert re.search(r"final loss +\S+ \(after the last update, on all training rows\)", ran.stdout)


def test_a_folder_keeps_what_was_trained(request_file: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "kept")
    kept = backproof("train", "-", "--data", folder, "--json", stdin=json.dumps(TRAIN))
    assert "Nothing was kept" not in kept.stderr
    job = json.loads(kept.stdout)
    assert (job["state"], job["result"]["twin_distance"] <= 1e-9) == ("succeeded", True)
    assert job["id"] in backproof("jobs", "--data", folder).stdout
    assert backproof("weights", job["id"], "--data", folder, "--output", str(tmp_path / "w.npz")).returncode == 0
    with np.load(tmp_path / "w.npz") as held:
        assert (2, 2) in [held[name].shape for name in held.files]


def test_gradients_without_any_server(tmp_path: Path) -> None:
    file = saved(tmp_path, "g.json", json.dumps(GRADIENTS))
    ran = backproof("gradients", file)
    assert (ran.returncode, ran.stderr) == (0, "")
    for words in ("loss 0.5", "all agree", "matched – vectorized", "complex_step (witness)", "layers.1.weights"):
        assert words in ran.stdout


APART = {
    "object": "gradients",
    "loss_value": 0.5,
    "agree": False,
    "forms": {},
    "comparison": [
        {
            "parameter": "layers.0.weights",
            "between": ["matched", "vectorized"],
            "max_abs": 1,
            "max_rel": 1,
            "agree": False,
        }
    ],
}


@pytest.mark.parametrize(("agree", "code"), [(True, 0), (False, 1), (None, 0)])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_gradients_that_do_not_agree_are_1(agree: bool | None, code: int, as_json: list[str]) -> None:
    found = APART | {"agree": agree}
    ended = JOB | {"kind": "gradients", "state": "succeeded", "result": found}
    with tiny(Answer(body=found), Answer(202, JOB | {"kind": "gradients"}), Answer(body=ended)) as service:
        for _ in ("at once", "as a job"):
            ran = backproof("gradients", "-", "--url", service.url, *as_json, stdin=json.dumps(GRADIENTS))
            assert (ran.returncode, ran.stderr) == (code, "")
            assert "layers.0.weights" in ran.stdout


@pytest.mark.parametrize(("agree", "code", "words"), [(True, 0, "all agree"), (False, 1, "they do not agree")])
def test_watching_gradients_ends_with_whether_they_agree(agree: bool, code: int, words: str) -> None:
    ended = JOB | {"kind": "gradients", "state": "succeeded", "result": APART | {"agree": agree}}
    with tiny(Answer(body=ended)) as service:
        ran = backproof("watch", "job_1", "--url", service.url)
    assert ran.returncode == code
    assert words in ran.stdout
    assert "matched – vectorized" in ran.stdout


@pytest.mark.parametrize("stopped", [True, False])
def test_early_stopping_is_told(stopped: bool) -> None:
    result = {"final_loss": 0.5, "weights_sha256": "00", "stopped_early": stopped}
    ended = JOB | {"state": "succeeded", "progress": {"epoch": 12, "epochs": 500}, "result": result}
    with tiny(Answer(body=ended)) as service:
        ran = backproof("watch", "job_1", "--url", service.url)
    assert ran.returncode == 0
    assert ("stopped early after epoch 12 of 500" in ran.stdout) is stopped


@pytest.mark.parametrize("command", ["train", "gradients", "predict"])
def test_the_help_shows_a_request_that_works(url: str, command: str) -> None:
    told = backproof(command, "--help").stdout
    assert f"JSON object of POST /{command} (/docs of a running service" in " ".join(told.split())
    example = json.loads(told.split("A minimal FILE:")[1])
    ran = backproof(command, "-", "--url", url, stdin=json.dumps(example))
    assert ran.returncode == 0, ran.stderr


def test_the_help_says_how_commands_end() -> None:
    assert "exit code is 1 where they do not agree" in " ".join(backproof("gradients", "--help").stdout.split())
    assert "the .json that --weights saved" in " ".join(backproof("predict", "--help").stdout.split())


def test_everything_against_a_server(url: str, request_file: str, tmp_path: Path) -> None:
    detached = backproof("train", request_file, "--detach", BACKPROOF_URL=url)
    job = detached.stdout.strip()
    assert (detached.returncode, job.startswith("job_")) == (0, True)
    assert f"backproof watch {job} --url {url}" in detached.stderr
    watched = backproof("watch", job, "--url", url, "--json")
    assert (watched.returncode, json.loads(watched.stdout)["state"]) == (0, "succeeded")
    listed = json.loads(backproof("jobs", "--limit", "1", "--json", "--url", url).stdout)
    assert [each["id"] for each in listed] == [job]
    assert backproof("jobs", "--state", "failed", "--url", url).returncode == 0
    early = json.loads(backproof("weights", job, "--at", "0", "--form", "vectorized", "--json", "--url", url).stdout)
    assert early["epoch"] == 0
    assert "W₁ (layers.0.weights)" in backproof("weights", job, "--url", url).stdout
    told = json.loads(backproof("gradients", "-", "--json", "--url", url, stdin=json.dumps(GRADIENTS)).stdout)
    assert (told["object"], told["agree"]) == ("gradients", True)
    x = {"network": {"layers": early["layers"]}, "x": [[0, 1]] * 30}
    shown = backproof("predict", "-", "--url", url, stdin=json.dumps(x))
    assert "10 rows more" in shown.stdout


@pytest.mark.parametrize(
    ("request_made", "said"),
    [
        (TRAIN | {"loss": "half_see"}, "half_sse"),
        (TRAIN | {"epocs": 3}, "epochs"),
        (TRAIN | {"data": {"dataset": "sha256:" + "0" * 64}}, "sha256:000"),
        (
            TRAIN | {"loss": "sse", "network": {"sizes": [2, 1], "activation": "identity"},
                     "optimizer": SGD | {"learning_rate": 1e9}},
            "epoch",
        ),
    ],
)  # fmt: skip
def test_what_the_service_refuses_and_what_fails_is_1(url: str, request_made: dict[str, Any], said: str) -> None:
    ran = backproof("train", "-", "--url", url, stdin=json.dumps(request_made))
    assert ran.returncode == 1
    assert said in sentences(ran)[-1]


def test_unknown_jobs_are_1(url: str) -> None:
    for command in ("watch", "weights"):
        ran = backproof(command, "job_nobody", "--url", url)
        assert (ran.returncode, len(sentences(ran)), ran.stdout) == (1, 1, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "nothing.json"], "nothing.json cannot be read: No such file"),
        (["train", "{folder}"], "cannot be read: Is a directory"),
        (["train", "{bad}"], "not JSON"),
        (["gradients", "{deep}"], "not JSON"),
        (["predict", "{list}"], "a JSON object was expected"),
        (["predict", "{good}", "--network", "w.npz"], "w.npz is an npz, which holds no activations; --network needs"),
        (["predict", "{good}", "--network", "{good}"], "(it has no list of layers); --network needs the .json that"),
        (["predict", "{good}", "--network", "{bad}"], "holds no network (not JSON"),
        (["predict", "{good}", "--network", "gone.json"], "gone.json cannot be read: No such file"),
        (["train", "{good}", "--url", "nonsense"], "nonsense is no address; give one such as http://127.0.0.1:8000."),
        (["train", "{good}", "--detach"], "--detach leaves"),
        (["train", "{good}", "--weights", "w.txt"], ".json or .npz"),
        (["train", "{good}", "--weights", "no/where/w.npz"], "there is no folder"),
        (["train", "{good}", "--weights", "2-2-1.ml"], "2-2-1.ml names no OCaml module: the file's name has to be a"),
        (["weights", "job_1", "--data", "d", "--output", "Net.ML"], "names no OCaml module"),
        (
            ["train", "{good}", "--detach", "--weights", "w.npz", "--url", "http://127.0.0.1:9"],
            "--weights needs the end",
        ),
        (["train", "{good}", "--url", "http://127.0.0.1:9", "--data", "d"], "not both"),
        (["jobs"], "BACKPROOF_URL"),
        (["watch", "job_1"], "--data"),
        (["weights", "job_1"], "--url"),
        (["train"], "Missing argument"),
        (["jobs", "--limit", "none"], "--limit"),
        (["tarin"], "No such command"),
    ],
)
def test_wrong_usage_is_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    files = {
        "folder": str(tmp_path),
        "bad": saved(tmp_path, "bad.json", "{"),
        "deep": saved(tmp_path, "deep.json", "[" * 100_000),
        "list": saved(tmp_path, "list.json", "[1, 2]"),
        "good": saved(tmp_path, "good.json", json.dumps(TRAIN)),
    }
    ran = backproof(*[argument.format(**files) for argument in arguments])
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr.replace("\n", " ")
    assert len(sentences(ran)) == 1 or ran.stderr.startswith("Usage")


def test_a_number_that_is_not_finite_is_not_sent(tmp_path: Path) -> None:
    file = saved(tmp_path, "nan.json", json.dumps(TRAIN | {"data": {"x": [[float("nan"), 0]], "y": [[1]]}}))
    ran = backproof("train", file)
    assert (ran.returncode, len(sentences(ran))) == (1, 1)


@pytest.mark.parametrize("command", ["train", "gradients", "predict", "jobs", "watch", "weights"])
def test_a_service_that_cannot_be_reached_is_3(tmp_path: Path, command: str) -> None:
    argument = {"jobs": [], "watch": ["job_1"], "weights": ["job_1"]}
    file = saved(tmp_path, "r.json", json.dumps(TRAIN))
    with socket.socket() as held:  # bound and not listening: whoever connects is refused
        held.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{held.getsockname()[1]}"
        ran = backproof(command, *argument.get(command, [file]), "--url", nobody)
    assert (ran.returncode, ran.stdout, len(sentences(ran))) == (3, "", 1)
    assert nobody in ran.stderr


def test_a_folder_that_another_service_holds_is_3(request_file: str, tmp_path: Path) -> None:
    held = str(tmp_path / "held")
    with subprocess.Popen(
        [*COMMAND, "train", "-", "--data", held],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as first:
        assert first.stdin is not None
        assert first.stderr is not None
        first.stdin.write(json.dumps(LONG))
        first.stdin.close()
        first.stderr.readline()
        ran = backproof("train", request_file, "--data", held)
        first.send_signal(signal.SIGINT)
        said = first.stderr.read()
    assert (ran.returncode, len(sentences(ran))) == (3, 1)
    assert held in ran.stderr
    assert first.returncode == 130
    assert f"is kept in {held}" in said
    assert "Traceback" not in said


def test_ctrl_c_leaves_the_job_to_the_service(url: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "train", "-", "--url", url],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(LONG))
        process.stdin.close()
        job = process.stderr.readline().split()[0]
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert f"backproof watch {job} --url {url}" in said
    assert "Traceback" not in said
    with Client(url) as client:
        assert client.job(job).state in ("queued", "running")
        client.job(job).cancel()
        cancelled = backproof("watch", job, "--url", url)
    assert (cancelled.returncode, "was cancelled" in cancelled.stderr) == (1, True)


def test_ctrl_c_in_a_program_that_waits(url: str) -> None:
    program = (
        "from backproof import Client\n"
        f"job = Client().train({NET!r}, loss='half_sse', optimizer={SGD!r}, data={XOR!r}, epochs=5_000_000)\n"
        "job.wait()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, env=environment(BACKPROOF_URL=url)
    ) as process:
        assert process.stderr is not None
        job = process.stderr.readline().split()[0]
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode != 0
    assert f"job {job} goes on" in said
    assert f"backproof watch {job} --url {url}" in said
    with Client(url) as client:
        assert client.job(job).cancel().id == job


def test_a_terminal_sees_a_bar(url: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "train", "-", "--url", url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=theirs,
        env=environment(TERM="xterm", COLUMNS="100"),
    ) as process:  # fmt: skip
        os.close(theirs)
        process.communicate(json.dumps(TRAIN).encode())
        drawn = b""
        try:
            while piece := os.read(ours, 4096):
                drawn += piece
        except OSError:  # the terminal's other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    assert "━" in drawn.decode()
    assert "100 %" in drawn.decode()


def test_the_help_lists_every_command() -> None:
    ran = backproof("--help")
    assert ran.returncode == 0
    for name in ("serve", "train", "jobs", "watch", "weights", "gradients", "check", "point", "vectors", "predict"):
        assert f"  {name} " in ran.stdout
    assert "--port" in backproof("serve", "--help").stdout


WITHOUT_SERVICE = """
import importlib.metadata, sys
found = importlib.metadata.entry_points
importlib.metadata.entry_points = lambda **asked: [e for e in found(**asked) if "backproof_service" not in e.value]
sys.modules["backproof_service"] = None
from backproof.command import main
sys.argv = ["backproof", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("arguments", [["serve", "--port", "1"], ["gradients", "-"]])
def test_without_the_service_it_says_what_to_install(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_SERVICE, *arguments],
        input=json.dumps(GRADIENTS), capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert (ran.returncode, len(sentences(ran))) == (2, 1)
    assert "pip install ./core ./service" in ran.stderr


def test_without_typer_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['typer'] = None; from backproof.command import main; main()"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert ran.returncode == 2
    assert "clients/python[cli]" in ran.stderr
