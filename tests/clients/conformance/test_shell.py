"""What the shell client does beyond the kit's calls: its exit codes, its words, and bytes that pass untouched."""

import json
import os
import signal
import subprocess

import pytest

from serving import environment

from .drivers import ROOT

CLIENT = ROOT / "clients/shell/backproof"
REQUEST = {
    "network": {"sizes": [2, 1], "activation": "identity", "seed": 1},
    "loss": "sse",
    "data": {"x": [[1, 2]], "y": [[0.5]]},
}


def ran(*arguments: str, text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(CLIENT), *arguments], input=text, capture_output=True, text=True, check=False, env=environment(**more)
    )


def test_help_is_asked_for_or_needed() -> None:
    assert ran().stdout == ran("help").stdout != ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dance"], "no command dance"),
        (["job"], "needs an ID"),
        (["job", "a", "b"], "b is one argument too many"),
        (["jobs", "--colour", "red"], "no option --colour"),
        (["jobs", "--state"], "--state needs a value"),
        (["capabilities", "--timeout", "soon"], "number of seconds, not soon"),
        (["capabilities", "--attempts", "0"], "above 0"),
    ],
    ids=str,
)
def test_wrong_usage_is_2(arguments: list[str], words: str) -> None:
    told = ran(*arguments)
    assert told.returncode == 2
    assert words in told.stderr
    assert told.stdout == ""


def test_no_service_is_3() -> None:
    told = ran("capabilities", "--url", "http://127.0.0.1:1", "--attempts", "1")
    assert (told.returncode, told.stdout) == (3, "")
    assert told.stderr.startswith("The service at http://127.0.0.1:1 cannot be reached")


def test_a_refusal_is_1_in_the_service_s_words(url: str) -> None:
    told = ran("gradients", "--url", url, text=json.dumps(REQUEST | {"loss": "half_see"}))
    assert (told.returncode, told.stdout) == (1, "")
    assert 'did you mean "half_sse"?' in told.stderr


def test_a_failed_job_is_1_and_printed(url: str) -> None:
    request = REQUEST | {"epochs": 20, "optimizer": {"type": "sgd", "learning_rate": 1e300}}
    job = json.loads(ran("train", BACKPROOF_URL=url, text=json.dumps(request)).stdout)
    told = ran("wait", job["id"], BACKPROOF_URL=url)
    assert (told.returncode, json.loads(told.stdout)["state"]) == (1, "failed")


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "{} {}", '{"x": [[NaN]]}', '{"x": [[-Infinity]]}', '{"x": [["NaN"]]}']
)
def test_what_no_service_would_accept_is_not_sent(text: str) -> None:
    told = ran("predict", "--url", "http://127.0.0.1:1", text=text)
    assert (told.returncode, told.stdout) == (1, "")
    assert "request" in told.stderr or "finite" in told.stderr


def test_numbers_are_printed_as_they_came(url: str) -> None:
    request = {
        "network": {"layers": [{"weights": [[1]], "bias": None, "activation": "identity"}]},
        "x": [[0.30000000000000004], [5e-324], [-1.5]],
    }
    told = ran("predict", "--url", url, text=json.dumps(request))
    assert '"outputs":[[0.30000000000000004],[5e-324],[-1.5]]' in told.stdout


def test_gradients_that_do_not_agree_are_1_and_printed(url: str) -> None:
    network = {"layers": [{"weights": [[1]], "bias": [0], "activation": "identity"}]}
    request = REQUEST | {"network": network, "data": {"x": [[1e200], [1e308]], "y": [[1], [-1e308]]}}
    told = ran("gradients", "--url", url, text=json.dumps(request))
    assert (told.returncode, json.loads(told.stdout)["agree"]) == (1, False)


def test_ctrl_c_is_130_and_leaves_the_job_running(url: str) -> None:
    request = REQUEST | {"epochs": 10_000_000, "optimizer": {"type": "sgd", "learning_rate": 1e-9}}
    job = json.loads(ran("train", "--url", url, text=json.dumps(request)).stdout)["id"]
    with subprocess.Popen(
        [str(CLIENT), "wait", job, "--url", url], start_new_session=True, env=environment()
    ) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1.5)
        os.killpg(waiting.pid, signal.SIGINT)  # as a terminal does: the client and what it started
        assert waiting.wait(10) == 130
    assert json.loads(ran("job", job, "--url", url).stdout)["state"] in ("queued", "running")
    assert ran("cancel", job, "--url", url).returncode == 0
