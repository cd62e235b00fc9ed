"""The client against the real service, in process and over a socket."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from backproof import (
    Client,
    Conflict,
    Dataset,
    Init,
    Invalid,
    InvalidValue,
    JobCancelled,
    JobFailed,
    Network,
    NotFound,
    TimedOut,
    TooLargeForForm,
)

from .conftest import NET, SGD, XOR

PAIR = (XOR["x"], XOR["y"])


def test_a_training_job_from_submission_to_weights(client: Client) -> None:
    job = client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=300, form="both", labels={"exp": "a"})
    assert job.id.startswith("job_")
    assert job.wait(progress=False) is job
    assert (job.state, job.info.kind, job.info.labels) == ("succeeded", "train", {"exp": "a"})
    assert job.progress is not None
    assert (job.progress.epoch, job.progress.fraction) == (300, 1.0)

    result, weights, metrics = job.result(), job.weights(), job.metrics(max_points=50)
    assert result.twin_distance is not None
    assert result.twin_distance <= 1e-9
    assert weights.epoch == 300
    assert [layer.W.shape for layer in weights.layers] == [(2, 2), (2, 1)]
    assert weights.layers[0].b is None
    assert metrics.columns[:3] == ("epoch", "step", "loss")
    assert metrics["epoch"][-1] == 300
    assert metrics.numpy().shape == (len(metrics.rows), 7)
    assert all(row.agree for row in job.gradients())
    assert job.predict(XOR["x"]).outputs == weights.network().predict(XOR["x"], client=client)
    assert job.weights(form="vectorized").layers[0].W.numpy() == pytest.approx(weights.layers[0].W.numpy(), rel=1e-9)
    assert job.weights(at=0).epoch == 0
    assert client.job(job.id).result() == result


def test_weights_come_as_npz_too(client: Client) -> None:
    job = client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=5).wait(progress=False)
    with np.load(io.BytesIO(job.weights_npz())) as held:
        arrays = [held[name] for name in held.files if held[name].shape == (2, 2)]
    assert any(np.array_equal(array, job.weights().layers[0].W.numpy()) for array in arrays)


def test_every_float64_comes_back_bit_for_bit(client: Client) -> None:
    awkward = [math.pi, 1 / 3, -0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e300, 0.1 + 0.2]
    net = {"layers": [{"weights": [[1.0]], "activation": "identity"}]}
    sent = np.array(awkward).reshape(-1, 1)
    outputs = client.predict(net, sent).outputs
    assert outputs.numpy()[1:2].tobytes() == sent[1:2].tobytes()
    assert np.array_equal(
        outputs.numpy().view(np.int64)[[0, 1, 3, 4, 5, 6, 7]], sent.view(np.int64)[[0, 1, 3, 4, 5, 6, 7]]
    )
    stored = client.upload(sent, sent)
    kept = client.dataset(stored.id, include="data")
    assert kept.x is not None
    assert kept.x.numpy().tobytes() == sent.tobytes()


def test_numbers_that_are_not_finite_come_as_floats(client: Client) -> None:
    net = {
        "layers": [{"weights": [[1e200]], "activation": "identity"}, {"weights": [[1e200]], "activation": "identity"}]
    }
    outputs = client.predict(net, [[1.0], [-1.0]]).outputs
    assert outputs == [[math.inf], [-math.inf]]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_not_sent(client: Client, value: float) -> None:
    with pytest.raises(InvalidValue, match=r"data\.x\[1\]\[0\] is -?(nan|inf)"):
        client.gradients(NET, loss="half_sse", data=([[0, 0], [value, 1]], [[0], [1]]))


def test_gradients_of_both_forms_witnessed_and_compared(client: Client) -> None:
    found = client.gradients(
        Network.create([2, 3, 2], activation=["tanh", "softmax"], init=Init.normal(0, 1), seed=3),
        loss="cross_entropy",
        data={"x": XOR["x"], "labels": np.array([0, 1, 1, 0])},
        witnesses=["complex_step", "central_difference"],
        include=["gradients", "deltas", "activations", "pre_activations", "jacobian"],
    )
    assert found.agree
    assert set(found.forms) == {"matched", "vectorized"}
    assert set(found.witnesses) == {"complex_step", "central_difference"}
    matched, vectorized = found.forms["matched"], found.forms["vectorized"]
    assert matched.route is None
    assert vectorized.route in ("dense", "row")
    assert [block.shape for block in matched.deltas] == [(4, 3), (4, 2)]
    assert [block.shape for block in matched.activations] == [(4, 3), (4, 2)]
    assert vectorized.jacobian[0].W.shape == (8, 6)
    assert vectorized.peak_bytes
    assert {one.parameter for one in found.comparison} == {
        f"layers.{l}.{part}" for l in (0, 1) for part in ("weights", "bias")
    }
    summed = vectorized.jacobian[0].W.numpy().sum(axis=0).reshape(2, 3, order="F")
    assert summed == pytest.approx(matched.gradients[0].W.numpy(), rel=1e-9, abs=1e-15)


def test_a_form_that_does_not_fit_is_refused_with_its_bytes(client: Client) -> None:
    net = Network.create([1, 128, 1])
    with pytest.raises(TooLargeForForm) as refused:
        client.gradients(net, loss="mse", data=([[0.5]] * 200, [[1]] * 200), route="dense")
    error = refused.value
    assert error.code == "too_large_for_form"
    assert error.predicted_bytes
    assert error.budget_bytes
    assert error.predicted_bytes > error.budget_bytes
    assert error.detail in str(error)


def test_a_refusal_says_the_services_own_words(client: Client) -> None:
    with pytest.raises(Invalid) as refused:
        client.gradients({**NET, "activation": "sigmod"}, loss="half_sse", data=PAIR)
    error = refused.value
    assert error.status == 422
    assert error.request_id
    assert error.errors[0].where == "#/network/activation"
    assert "sigmoid" in str(error)


def test_raw_requests_keep_fields_that_the_client_does_not_know(client: Client) -> None:
    with pytest.raises(Invalid, match="epocs"):
        client.submit({"network": NET, "loss": "half_sse", "optimizer": SGD, "data": XOR, "epocs": 3})
    with pytest.raises(Invalid, match="los"):
        client.compare({"network": NET, "los": "half_sse", "data": XOR})


def test_a_run_that_diverges_fails_with_a_hint(client: Client) -> None:
    net = Network.create([1, 1], activation="identity", seed=1)
    job = client.train(
        net, loss="sse", optimizer={"type": "sgd", "learning_rate": 1e6}, data=([[1e3]], [[1]]), epochs=500
    )
    with pytest.raises(JobFailed) as failed:
        job.wait(progress=False)
    assert failed.value.problem is not None
    assert "epoch" in str(failed.value)
    assert job.error == failed.value.problem
    with pytest.raises(JobFailed):
        job.result()


def test_cancel_wait_and_delete(client: Client) -> None:
    job = client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=5_000_000)
    with pytest.raises(TimedOut, match=job.id):
        job.wait(progress=False, timeout=0.3)
    job.cancel()
    assert job.state in ("cancelling", "cancelled")
    with pytest.raises(JobCancelled, match=job.id):
        job.wait(progress=False)
    assert job.cancel().state == "cancelled"
    job.delete()
    with pytest.raises(NotFound):
        job.refresh()


def test_cancel_of_a_finished_job_is_a_conflict(client: Client) -> None:
    job = client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=2).wait(progress=False)
    with pytest.raises(Conflict, match="succeeded"):
        job.cancel()
    with pytest.raises(Conflict):
        job.gradients()


def test_lists_are_paged_without_a_word(client: Client) -> None:
    sent = [
        client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=2, labels={"page": "yes"}).wait(
            progress=False
        )
        for _ in range(5)
    ]
    found = list(client.jobs(labels={"page": "yes"}, state="succeeded", limit=2))
    ids = [job.id for job in found]
    assert ids[:5] == [job.id for job in reversed(sent)]
    assert found[0].weights().epoch == 2
    for job in found:
        job.delete()
    assert not list(client.jobs(labels={"page": "yes"}))


def test_data_sets_from_lists_arrays_and_files(client: Client, tmp_path: Path) -> None:
    x, y = np.arange(12.0).reshape(6, 2) / 7, np.arange(6.0).reshape(6, 1)
    listed, arrays = client.upload(x.tolist(), y.tolist()), client.upload(x, y)
    assert listed.id == arrays.id
    assert (arrays.rows, arrays.features, arrays.targets) == (6, 2, 1)

    np.savez(tmp_path / "a.npz", x=x, y=y)
    np.save(tmp_path / "a.npy", np.hstack([x, y]))
    lines = [",".join(map(repr, row)) for row in np.hstack([x, y]).tolist()]
    (tmp_path / "a.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    (tmp_path / "a.json").write_text(json.dumps({"x": x.tolist(), "y": y.tolist()}))
    files = [
        client.upload(tmp_path / "a.npz"),
        client.upload(str(tmp_path / "a.npy"), targets=1),
        client.upload(tmp_path / "a.csv"),
        client.upload(tmp_path / "a.json"),
    ]
    for each in files:
        held = client.dataset(each.id, include=["data"])
        assert held.x is not None
        assert held.y is not None
        assert np.array_equal(held.x.numpy(), x)
        assert np.array_equal(held.y.numpy(), y)
    assert {each.id for each in [arrays, *files]} <= {each.id for each in client.datasets(limit=2)}

    net = Network.create([2, 1], activation="identity")
    whole = client.gradients(net, loss="mse", data=files[0]).loss_value
    assert whole == client.gradients(net, loss="mse", data=(x, y)).loss_value
    part = client.gradients(net, loss="mse", data=files[0].part(1, 3)).loss_value
    assert part == client.gradients(net, loss="mse", data=(x[1:3], y[1:3])).loss_value
    for each in {each.id: each for each in [arrays, *files]}.values():
        client.delete_dataset(each.id)
    with pytest.raises(NotFound):
        client.dataset(arrays.id)


def test_labelled_rows_are_a_data_set_and_predict_takes_one(client: Client) -> None:
    stored = client.upload(XOR["x"], labels=[0, 1, 1, 0])
    assert (stored.classes, stored.to_wire()) == (2, {"dataset": stored.id})
    net = Network.create([2, 2], activation="softmax")
    job = client.train(net, loss="cross_entropy", optimizer=SGD, data=stored, epochs=3, validation={"share": 0.5})
    job.wait(progress=False)
    assert job.predict(stored).outputs == job.predict(XOR["x"]).outputs
    assert job.predict(stored.part(0, 2), at="best").outputs.shape == (2, 2)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.txt", "1", "has to end in"), ("none.csv", None, "cannot be read")],
)
def test_a_file_that_is_no_data_set_is_not_sent(
    client: Client, tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InvalidValue, match=said):
        client.upload(tmp_path / name)


def test_what_the_service_can_do(client: Client) -> None:
    found = client.capabilities()
    assert "sigmoid" in found.activations
    assert ("half_sse", "tanh") in found.admissible_pairs
    assert found.limits["max_layers"]
    assert client.ready() is None


def test_an_empty_id_addresses_nothing(client: Client) -> None:
    with pytest.raises(InvalidValue, match="empty"):
        client.job("")
    with pytest.raises(NotFound):
        client.job("job_../../nobody?x")


def test_a_data_set_is_a_value() -> None:
    assert Dataset("sha256:1", 2, 3) == Dataset("sha256:1", 2, 3)
