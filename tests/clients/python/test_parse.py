"""Answers of services that are newer than this client, and problems in full."""

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from backproof import (
    Client,
    Conflict,
    Invalid,
    JobFailed,
    JobInfo,
    JobUnfinished,
    Problem,
    ProblemError,
    TooLarge,
    TooLargeForForm,
    UnexpectedAnswer,
)
from backproof import errors as tree
from backproof.errors import STATUS, FieldError, refusal
from backproof.progress import fraction, lines, words

from .tiny import JOB, Answer, tiny

NEW: dict[str, Any] = JOB | {
    "kind": "derivation",
    "state": "dreaming",
    "created_at": "2030-01-02T03:04:05.678Z",
    "progress": {"epoch": 3, "epochs": 9, "fraction": 0.5, "mood": "fine"},
    "metrics": {"loss": "NaN", "accuracy": None, "new": 1},
    "result": {"text": "∎"},
    "tags": [1],
}


def test_unknown_fields_states_and_kinds_are_accepted() -> None:
    with tiny(Answer(body=NEW)) as service, Client(service.url) as client:
        info = client.job("job_1").info
    assert (info.state, info.kind, info.result) == ("dreaming", "derivation", None)
    assert not info.ended
    assert not info.resting
    assert info.created_at == datetime(2030, 1, 2, 3, 4, 5, 678000, UTC)
    assert info.progress is not None
    assert (info.progress.epoch, info.progress.step) == (3, None)
    assert info.metrics["loss"] != info.metrics["loss"]
    assert "dreaming" in words(info)


@pytest.mark.parametrize("state", ["paused", "interrupted"])
def test_a_job_that_rests_ends_the_wait_without_a_result(state: str) -> None:
    with tiny(Answer(body=JOB | {"state": state})) as service, Client(service.url) as client:
        with pytest.raises(JobUnfinished, match=state) as raised:
            client.job("job_1").result()
        assert raised.value.job.id == "job_1"


def test_a_job_of_another_kind_has_another_result() -> None:
    answer = JOB | {"state": "succeeded", "kind": "gradients", "result": {"loss_value": 1, "comparison": []}}
    with tiny(Answer(body=answer)) as service, Client(service.url) as client:
        job = client.job("job_1")
        with pytest.raises(UnexpectedAnswer, match="of kind gradients"):
            job.result()
        assert job.info.result is not None


def test_a_run_that_stopped_early_says_so() -> None:
    result: dict[str, Any] = {"final_loss": 0.5, "weights_sha256": "00"}
    for more, expected in (({}, None), ({"stopped_early": False}, False), ({"stopped_early": True}, True)):
        ended = JOB | {"state": "succeeded", "result": result | more}
        with tiny(Answer(body=ended)) as service, Client(service.url) as client:
            assert client.job("job_1").result().stopped_early is expected


def test_gradients_that_became_a_job_are_awaited() -> None:
    queued = JOB | {"kind": "gradients"}
    ended = queued | {"state": "succeeded", "result": {"loss_value": 0.5, "agree": True, "forms": {}}}
    script = (Answer(202, queued), Answer(body=queued | {"state": "running"}), Answer(body=ended))
    with tiny(*script) as service, Client(service.url) as client:
        found = client.gradients({"sizes": [1, 1]}, loss="mse", data=([[1]], [[1]]))
    assert (found.loss_value, found.agree) == (0.5, True)
    assert service.paths[0] == "POST /gradients"
    assert service.paths[1:] == ["GET /jobs/job_1"] * 2


def test_gradients_that_failed_as_a_job_say_why() -> None:
    failed = JOB | {"kind": "gradients", "state": "failed", "error": {"detail": "Out of luck.", "code": "luck"}}
    with tiny(Answer(202, JOB), Answer(body=failed)) as service, Client(service.url) as client:
        with pytest.raises(JobFailed, match=r"Out of luck\.") as raised:
            client.gradients({"sizes": [1, 1]}, loss="mse", data=([[1]], [[1]]))
        assert raised.value.problem is not None
        assert raised.value.problem.code == "luck"


PROBLEM = {
    "type": "about:blank",
    "title": "Bad input",
    "status": 422,
    "detail": "Two inputs are wrong.",
    "code": "invalid",
    "request_id": "r1",
    "errors": [{"pointer": "#/data/x", "detail": "Row 1 is short."}, {"parameter": "at", "detail": "No such epoch."}],
    "predicted_bytes": 10,
}


def test_a_problem_is_told_in_full() -> None:
    with tiny(Answer(422, PROBLEM)) as service, Client(service.url) as client, pytest.raises(Invalid) as refused:
        client.capabilities()
    error = refused.value
    assert (error.status, error.code, error.request_id, error.title) == (422, "invalid", "r1", "Bad input")
    assert error.errors == (FieldError("#/data/x", "Row 1 is short."), FieldError("at", "No such epoch."))
    assert error.problem.extra == {"predicted_bytes": 10}
    assert str(error) == "Two inputs are wrong. (#/data/x: Row 1 is short.) (at: No such epoch.)"


def test_each_status_has_its_error_and_unknown_ones_the_common() -> None:
    for status, kind in STATUS.items():
        assert type(refusal(Problem(status))) is kind
    assert type(refusal(Problem(418))) is ProblemError
    large = refusal(Problem(422, code="too_large_for_form", extra={"predicted_bytes": 9, "budget_bytes": 3}))
    assert isinstance(large, TooLargeForForm)
    assert (large.predicted_bytes, large.budget_bytes) == (9, 3)
    assert refusal(Problem(413, extra={"limit_bytes": 1})).problem.extra["limit_bytes"] == 1
    assert issubclass(TooLarge, ProblemError)


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    drawn = tree.__doc__ or ""
    for name, found in vars(tree).items():
        if isinstance(found, type) and issubclass(found, tree.BackproofError):
            assert f" {name} " in drawn.replace("\n", " ")


def test_errors_can_be_sent_between_processes() -> None:
    error = pickle.loads(pickle.dumps(Conflict(Problem(409, detail="No."), 2.0)))
    assert (str(error), error.status, error.retry_after) == ("No.", 409, 2.0)
    failed = pickle.loads(pickle.dumps(JobFailed(JobInfo("job_1", "train", "failed"))))
    assert (failed.job.id, "does not say why" in str(failed)) == ("job_1", True)


def test_lines_are_written_when_something_changes(capsys: pytest.CaptureFixture[str]) -> None:
    with lines("job_1") as show:
        show(JobInfo("job_1", "train", "queued"))
        show(JobInfo("job_1", "train", "queued"))
        show(JobInfo("job_1", "train", "succeeded", metrics={"loss": 0.25, "accuracy": 0.5}))
    said = capsys.readouterr().err.splitlines()
    assert said == ["job_1   0% queued", "job_1 100% succeeded  loss 0.25  accuracy 50.0%"]
    assert fraction(JobInfo("job_1", "train", "failed")) == 0.0
