"""The store on its own: blobs, fences, references, histories."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproof_service.store import history, states
from backproof_service.store.blobs import BlobDamaged, encode
from backproof_service.store.datasets import DatasetInUse
from backproof_service.store.documents import arrays_in, omitted_in, restored
from backproof_service.store.folder import FolderInUse, Store, lock, open_store, prepare
from backproof_service.store.jobs import Filters, Submission, TooManyJobs, UnknownDataset, new_id
from backproof_service.store.runs import Fenced, Report

CONFIG = {"form": "matched"}
ENVIRONMENT = {"numpy": "2", "threads": 1}
META = {"rows": 2, "features": 2, "targets": 1, "classes": None, "bytes": 10}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path, 5)
    prepare(found)
    yield found
    found.close()


def add(store: Store, **fields: Any) -> str:
    return store.jobs.add(Submission("train", CONFIG, **fields)).id


def dataset(store: Store, name: str = "sha256:" + "0" * 64) -> str:
    arrays = {"x": np.arange(4.0).reshape(2, 2), "y": np.ones((2, 1))}
    found, _ = store.datasets.put(name, arrays, META)
    return found.id


def files(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "blobs").iterdir()}


def test_ids_are_distinct_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {len(i) for i in ids} == {30}
    assert [i[:14] for i in ids] == sorted(i[:14] for i in ids)


# Attempts


def test_a_run_reports_and_ends(store: Store) -> None:
    job = add(store)
    claimed = store.runs.claim(job, ENVIRONMENT)
    assert claimed is not None
    assert (claimed.attempt, claimed.state, claimed.environment) == (1, "running", ENVIRONMENT)
    assert store.runs.report(job, 1, Report(progress={"epoch": 1}, chunks={"metrics": b"x"})) == "running"
    store.runs.end(job, 1, states.SUCCEEDED, Report(), result={"final_loss": 0.5})
    found = store.jobs.get(job)
    assert found is not None
    assert (found.state, found.result, found.progress) == ("succeeded", {"final_loss": 0.5}, {"epoch": 1})
    assert store.runs.history(job, "metrics") == [b"x"]


def test_an_overtaken_attempt_can_write_nothing(store: Store) -> None:
    job = add(store)
    store.runs.claim(job, ENVIRONMENT)
    again = store.runs.claim(job, ENVIRONMENT)
    assert again is not None
    assert again.attempt == 2
    staged = store.blobs.stage(b"late")
    with pytest.raises(Fenced):
        store.runs.report(job, 1, Report(progress={"epoch": 99}, chunks={"metrics": b"x"}, blobs={"weights": staged}))
    with pytest.raises(Fenced):
        store.runs.end(job, 1, states.SUCCEEDED, Report())
    found = store.jobs.get(job)
    assert found is not None
    assert (found.state, found.progress) == ("running", None)
    assert store.runs.history(job, "metrics") == []
    assert store.jobs.blob(job, "weights") is None
    assert not staged.temporary.exists()


def test_a_requeued_attempt_can_write_nothing_though_nobody_claimed_the_job(store: Store) -> None:
    job = add(store)
    store.runs.claim(job, ENVIRONMENT)
    assert store.runs.recover() == 1
    with pytest.raises(Fenced):
        store.runs.report(job, 1, Report(progress={"epoch": 99}))
    assert store.runs.queued(5, besides=[]) == [job]


def test_stops_of_the_service_do_not_count_and_deaths_of_workers_do(store: Store) -> None:
    job = add(store)
    for _ in range(7):
        store.runs.claim(job, ENVIRONMENT)
        store.runs.recover()
    found = []
    for _ in range(3):
        store.runs.claim(job, ENVIRONMENT)
        found.append(store.runs.lost(job, 3, {"code": "too_many_attempts"}))
    assert found == ["queued", "queued", "interrupted"]
    given_up = store.jobs.get(job)
    assert given_up is not None
    assert given_up.attempt == 10
    assert given_up.error == {"code": "too_many_attempts"}
    assert store.runs.claim(job, ENVIRONMENT) is None


def test_a_worker_that_dies_before_or_after_its_run_changes_nothing(store: Store) -> None:
    job = add(store)
    assert store.runs.lost(job, 5, {}) is None
    store.runs.claim(job, ENVIRONMENT)
    store.runs.end(job, 1, states.SUCCEEDED, Report())
    assert store.runs.lost(job, 5, {}) is None
    assert store.runs.claim(job, ENVIRONMENT) is None


def test_a_cancelled_job_is_never_run(store: Store) -> None:
    job = add(store)
    cancelled = store.jobs.cancel(job)
    assert cancelled is not None
    assert cancelled.state == "cancelled"
    assert store.runs.claim(job, ENVIRONMENT) is None
    assert store.runs.queued(5, besides=[]) == []


def test_a_wish_to_cancel_is_seen_by_the_next_report_and_survives_the_worker(store: Store) -> None:
    job = add(store)
    store.runs.claim(job, ENVIRONMENT)
    store.jobs.cancel(job)
    assert store.runs.report(job, 1, Report()) == "cancelling"
    assert store.runs.lost(job, 5, {}) == "cancelled"


def test_one_claim_wins_among_many_threads(store: Store) -> None:
    job = add(store)
    attempts: list[int] = []

    def claim() -> None:
        found = store.runs.claim(job, ENVIRONMENT)
        attempts.append(0 if found is None else found.attempt)

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(attempts) == list(range(1, 9))  # each has a number of its own, and the highest alone may write
    for attempt in range(1, 8):
        with pytest.raises(Fenced):
            store.runs.report(job, attempt, Report())
    assert store.runs.report(job, 8, Report()) == "running"


def test_every_change_of_state_is_an_event(store: Store) -> None:
    from sqlalchemy import select

    from backproof_service.store.tables import events

    job = add(store)
    store.runs.claim(job, ENVIRONMENT)
    store.runs.recover()
    store.runs.claim(job, ENVIRONMENT)
    store.runs.end(job, 2, states.FAILED, Report(), error={"code": "x"})
    with store.database.read() as connection:
        found = list(connection.execute(select(events).order_by(events.c.id)))
    assert [row.data["state"] for row in found] == ["queued", "running", "queued", "running", "failed"]
    assert {row.type for row in found} == {"state"}


# Lists and limits


def test_lists_are_newest_first_by_pages_and_filters(store: Store) -> None:
    ids = [add(store, labels={"n": str(i), "parity": str(i % 2)}) for i in range(5)]
    page, cursor = store.jobs.list(2, None, Filters())
    assert [job.id for job in page] == [ids[4], ids[3]]
    page, cursor = store.jobs.list(2, cursor, Filters())
    assert [job.id for job in page] == [ids[2], ids[1]]
    page, cursor = store.jobs.list(2, cursor, Filters())
    assert ([job.id for job in page], cursor) == ([ids[0]], None)
    odd, _ = store.jobs.list(9, None, Filters(labels={"parity": "1"}))
    assert [job.id for job in odd] == [ids[3], ids[1]]
    store.jobs.cancel(ids[1])
    both = Filters(states=("cancelled",), labels={"parity": "1", "n": "1"})
    assert [job.id for job in store.jobs.list(9, None, both)[0]] == [ids[1]]
    assert store.jobs.list(9, None, Filters(kind="gradients")) == ([], None)


def test_unfinished_jobs_are_limited_and_finished_ones_are_not_counted(store: Store) -> None:
    ids = [add(store) for _ in range(5)]
    with pytest.raises(TooManyJobs, match=r"5 unfinished jobs"):
        add(store)
    store.jobs.cancel(ids[0])
    assert add(store)


# Blobs and data sets


def test_blobs_are_named_by_their_content_and_checked(store: Store, tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4).T[::2]  # neither contiguous nor in C order
    staged = store.blobs.stage(encode({"x": array}))
    with store.database.write() as connection:
        store.blobs.place(connection, "job_1", "input", staged)
    assert np.array_equal(store.blobs.arrays(staged.sha256)["x"], array)
    assert np.array_equal(store.blobs.rows(staged.sha256, 1, 2)["x"], array[1:2])
    path = tmp_path / "blobs" / staged.sha256
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(BlobDamaged, match="another hash"):
        store.blobs.arrays(staged.sha256)
    path.unlink()
    with pytest.raises(BlobDamaged, match="missing"):
        store.blobs.arrays(staged.sha256)


def test_a_blob_lives_as_long_as_somebody_refers_to_it(store: Store, tmp_path: Path) -> None:
    jobs = [add(store, input=store.blobs.stage(b"shared")) for _ in range(2)]
    assert len(files(tmp_path)) == 1
    store.jobs.delete(jobs[0])
    assert len(files(tmp_path)) == 1
    store.jobs.delete(jobs[1])
    assert files(tmp_path) == set()


def test_weights_replace_those_before_and_are_removed_with_the_job(store: Store, tmp_path: Path) -> None:
    job = add(store)
    store.runs.claim(job, ENVIRONMENT)
    for content in (b"first", b"second", b"second", b"third"):
        store.runs.report(job, 1, Report(blobs={"weights": store.blobs.stage(content)}))
        sha256 = store.jobs.blob(job, "weights")
        assert sha256 is not None
        assert store.blobs.content(sha256) == content
        assert files(tmp_path) == {sha256}
    running = store.jobs.delete(job)
    assert running is not None
    assert running.state == "running"
    assert store.jobs.get(job) is not None
    store.runs.end(job, 1, states.CANCELLED, Report())
    store.jobs.delete(job)
    assert store.jobs.get(job) is None
    assert files(tmp_path) == set()


def test_placing_and_sweeping_the_same_content_at_once_loses_nothing(store: Store) -> None:
    store.jobs._max_unfinished = 10_000

    def come_and_go() -> None:
        for _ in range(30):
            store.jobs.delete(add(store, input=store.blobs.stage(b"same")))

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    kept = [add(store, input=store.blobs.stage(b"same")) for _ in range(30)]
    for thread in threads:
        thread.join()
    assert {store.blobs.content(str(store.jobs.blob(job, "input"))) for job in kept} == {b"same"}


def test_what_a_crash_left_half_written_is_removed(store: Store, tmp_path: Path) -> None:
    store.blobs.stage(b"never placed")
    prepare(store)
    assert files(tmp_path) == set()


def test_data_sets_are_stored_once_and_read_by_rows(store: Store) -> None:
    name = dataset(store)
    again, new = store.datasets.put(name, {"x": np.zeros((2, 2))}, META)
    assert (again.id, new) == (name, False)
    x, y, labels = store.datasets.load(name)
    assert (x.tolist(), labels) == ([[0, 1], [2, 3]], None)
    assert y is not None
    assert store.datasets.load(name, (1, 2))[0].tolist() == [[2, 3]]
    with pytest.raises(UnknownDataset):
        store.datasets.load("sha256:unknown")


def test_a_data_set_in_use_stays(store: Store, tmp_path: Path) -> None:
    name = dataset(store)
    job = add(store, datasets=[name, name])
    with pytest.raises(DatasetInUse, match=job):
        store.datasets.delete(name)
    store.jobs.cancel(job)
    assert store.datasets.delete(name) is True
    assert store.datasets.delete(name) is False
    assert files(tmp_path) == set()
    with pytest.raises(UnknownDataset):
        add(store, datasets=[name])


def test_a_folder_belongs_to_one_service(tmp_path: Path) -> None:
    held = lock(tmp_path)
    with pytest.raises(FolderInUse, match="in use by another"):
        lock(tmp_path)
    held.release()
    lock(tmp_path).release()


# Histories and documents


def test_histories_are_exact_and_know_absent_columns_from_nan() -> None:
    rows = [(1, 3, 0.1, None, float("nan"), None, 1e-300), (2, 6, 0.2, None, 1.0, None, 5e-324)]
    table, present = history.unpack([history.pack(rows[:1]), history.pack(rows[1:])], 7)
    found = history.cells(table, present, whole=(0, 1))
    assert repr(found) == repr([list(row) for row in rows])
    assert history.unpack([], 7)[0].shape == (0, 7)


@pytest.mark.parametrize("best", [0, 1, 357, 998, 999])
@pytest.mark.parametrize("most", [3, 4, 10, 999])
def test_a_thinned_history_keeps_first_last_and_best(most: int, best: int) -> None:
    table = np.arange(2000.0).reshape(1000, 2)
    thin = history.thinned(table, most, best)
    kept = (thin[:, 0] / 2).astype(int).tolist()
    assert {0, best, 999} <= set(kept)
    assert kept == sorted(set(kept))
    assert most - 1 <= len(thin) <= most


def test_large_arrays_leave_the_document_and_come_back() -> None:
    big, small = np.zeros((70, 70)), [[1.0, 2.0]]
    document = {"network": {"layers": [{"weights": big}, {"weights": np.array(small)}]}, "data": {"x": big + 1}}
    gone = {"rows": 70, "columns": 70, "omitted": "…"}
    config = {"network": {"layers": [{"weights": gone}, {"weights": small}]}, "data": {"x": gone}, "labels": {}}
    assert set(omitted_in(config)) == {"network/layers/0/weights", "data/x"}
    arrays = dict(arrays_in(document))
    back = restored(config, arrays)
    assert back["network"]["layers"][0]["weights"] is big
    assert np.array_equal(back["data"]["x"], big + 1)
    assert back["network"]["layers"][1]["weights"] == small
