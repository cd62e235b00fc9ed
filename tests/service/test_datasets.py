# ruff: noqa: E501 — the table has one case to a line
"""/datasets: every type, the same numbers; and everything that is not what it says it is."""

import hashlib
import io
import json
import struct
import zipfile
from typing import Any

import numpy as np
import pytest

X = [[0.5, -1.0], [2.0, 3e-7], [4.0, 5.0]]
Y = [[1.0], [0.0], [0.25]]
LABELS = [2, 0, 1]
JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def packed(**contents: bytes) -> bytes:
    """An npz with these bytes as its arrays."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def header(text: str, data: bytes = b"") -> bytes:
    """An npy with that header."""
    padded = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + data


CSV_Y = "a,b,y\n0.5,-1,1\n2,3e-7,0\n4,5,0.25\n"
GOOD = {
    "json": (json.dumps({"x": X, "y": Y}).encode(), JSON, ""),
    "json with labels": (json.dumps({"x": X, "labels": LABELS}).encode(), JSON, ""),
    "csv": (CSV_Y.encode(), CSV, ""),
    "csv of Excel": (b"\xef\xbb\xbf" + CSV_Y.replace("\n", "\r\n").encode(), "text/csv; charset=utf-8", ""),
    "csv with targets in front": (b'y_1,"a",b\n1,0.5,-1\n0,2,3e-7\n0.25,4,5\n\n', CSV, ""),
    "csv with labels": (b"a,label,b\n0.5,2,-1\n2,0,3e-7\n4,1.0,5\n", CSV, ""),
    "npz": (npz(x=X, y=Y), NPZ, ""),
    "npz with labels": (npz(x=X, labels=LABELS), NPZ, ""),
    "npz with bytes as labels": (npz(x=X, labels=np.array(LABELS, dtype=np.uint8)), NPZ, ""),
    "npz big-endian": (npz(x=np.array(X, dtype=">f8"), y=np.array(Y, dtype=">f8")), NPZ, ""),
    "npz by columns": (npz(x=np.asfortranarray(X), y=np.asfortranarray(Y)), NPZ, ""),
    "npy": (npy(np.hstack([X, Y])), NPY, "?targets=1"),
    "npy by columns": (npy(np.asfortranarray(np.hstack([X, Y]))), NPY, "?targets=1"),
}


@pytest.mark.parametrize("name", GOOD)
def test_every_type_gives_the_same_numbers(api: Any, name: str) -> None:
    body, kind, query = GOOD[name]
    answer = api.send(f"/datasets{query}", body, kind)
    assert answer.status_code in (200, 201), answer.text
    found = answer.json()
    assert found["id"] == "sha256:" + hashlib.sha256(body).hexdigest()
    assert answer.headers["Location"] == f"/datasets/{found['id']}"
    assert (found["rows"], found["features"], found["bytes"]) == (3, 2, len(body))
    stored = api.get(f"/datasets/{found['id']}?include=data").json()
    assert stored["x"] == X
    if "labels" in name:
        assert (found["targets"], found["classes"], stored["labels"]) == (None, 3, LABELS)
    else:
        assert (found["targets"], found["classes"], stored["y"]) == (1, None, Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.uint64, np.bool_])
def test_other_types_of_numbers_are_widened(api: Any, dtype: Any) -> None:
    x = np.array([[0, 1], [1, 0]], dtype=dtype)
    found = api.send("/datasets", npz(x=x, y=x), NPZ).json()
    assert api.get(f"/datasets/{found['id']}?include=data").json()["x"] == [[0.0, 1.0], [1.0, 0.0]]


def test_the_same_bytes_are_stored_once(api: Any) -> None:
    body = json.dumps({"x": [[41]], "y": [[42]]}).encode()
    first, second = api.send("/datasets", body), api.send("/datasets", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_put_verifies_the_hash(api: Any) -> None:
    body = json.dumps({"x": [[43]], "y": [[44]]}).encode()
    dataset = "sha256:" + hashlib.sha256(body).hexdigest()
    headers = {"Content-Type": JSON}
    assert api.request("PUT", f"/datasets/{dataset}", content=body, headers=headers).status_code == 201
    assert api.request("PUT", f"/datasets/{dataset}", content=body, headers=headers).status_code == 200
    changed = api.request("PUT", f"/datasets/{dataset}", content=body + b" ", headers=headers)
    assert changed.status_code == 422
    assert changed.json()["code"] == "hash_mismatch"
    assert changed.json()["errors"][0]["parameter"] == "dataset_id"


@pytest.mark.parametrize("wrong", ["sha256:{0:X}", "{0:x}", "SHA256:{0:x}"], ids=["capitals", "bare", "shouted"])
def test_put_says_when_the_form_of_the_id_is_wrong(api: Any, wrong: str) -> None:
    body = json.dumps({"x": [[43]], "y": [[44]]}).encode()
    dataset = wrong.format(int(hashlib.sha256(body).hexdigest(), 16))
    answer = api.request("PUT", f"/datasets/{dataset}", content=body, headers={"Content-Type": JSON})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
    assert answer.json()["errors"][0]["parameter"] == "dataset_id"
    assert '"sha256:" and 64 lower-case' in answer.json()["detail"]


LARGE_LABEL = {
    "json": (json.dumps({"x": X, "labels": [0, 65_536, 1]}).encode(), JSON),
    "csv": (b"a,label\n1,0\n2,65536\n", CSV),
    "npz": (npz(x=X, labels=[0, 2**52, 1]), NPZ),
}


@pytest.mark.parametrize(("body", "kind"), LARGE_LABEL.values(), ids=LARGE_LABEL)
def test_a_label_of_more_classes_than_any_network_has_is_refused(api: Any, body: bytes, kind: str) -> None:
    answer = api.send("/datasets", body, kind)
    assert (answer.status_code, answer.json()["code"]) == (422, "limit_exceeded")
    assert answer.json()["errors"][0]["pointer"] == "#/labels/1"
    assert "max_layer_width is 65,536" in answer.json()["detail"]


def test_the_most_classes_that_a_network_can_have_are_taken(api: Any) -> None:
    assert api.post("/datasets", json={"x": X, "labels": [0, 65_535, 1]}).json()["classes"] == 65_536


def test_rows_choose_a_range(api: Any) -> None:
    found = api.send("/datasets", json.dumps({"x": X, "y": Y}).encode()).json()
    assert api.get(f"/datasets/{found['id']}?include=data&rows=1,3").json()["y"] == Y[1:3]
    for wrong in ("rows=2,2", "rows=0,4", "rows=-1,2", "rows=1"):
        answer = api.get(f"/datasets/{found['id']}?include=data&{wrong}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "rows"
    assert api.get(f"/datasets/{found['id']}?rows=0,1").status_code == 422


def test_a_list_is_paged_newest_first(small_api: Any) -> None:
    sent = [small_api.post("/datasets", json={"x": [[i]], "y": [[i]]}).json()["id"] for i in range(5)]
    found, after = [], ""
    while True:
        page = small_api.get(f"/datasets?limit=2{after}").json()
        assert page["object"] == "list"
        assert len(page["data"]) <= 2
        found += [one["id"] for one in page["data"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [one for one in found if one in sent] == sent[::-1]


def test_head_get_and_delete(api: Any) -> None:
    dataset = api.post("/datasets", json={"x": [[45]], "y": [[46]]}).json()["id"]
    assert api.request("HEAD", f"/datasets/{dataset}").status_code == 200
    assert api.request("DELETE", f"/datasets/{dataset}").status_code == 204
    for method in ("HEAD", "GET", "DELETE"):
        assert api.request(method, f"/datasets/{dataset}").status_code == 404
    assert api.get("/datasets/digits").json()["code"] == "not_found"


def test_a_data_set_in_use_is_kept(api: Any, xor: dict[str, Any]) -> None:
    dataset = api.post("/datasets", json={"x": [[0.125, 1]], "y": [[1]]}).json()["id"]
    run = xor | {"optimizer": {"type": "sgd", "learning_rate": 0.1}, "epochs": 10_000_000, "data": {"dataset": dataset}}
    job = api.post("/train", json=run).json()["id"]
    refused = api.request("DELETE", f"/datasets/{dataset}")
    assert refused.status_code == 409
    assert refused.json()["code"] == "dataset_in_use"
    assert job in refused.json()["detail"]
    api.post(f"/jobs/{job}/cancel")
    assert api.get(f"/jobs/{job}", headers={"Prefer": "wait=30"}).json()["state"] == "cancelled"
    assert api.request("DELETE", f"/datasets/{dataset}").status_code == 204


def test_the_same_bytes_with_other_targets_are_a_conflict(api: Any) -> None:
    body = npy(np.arange(12.0).reshape(3, 4))
    assert api.send("/datasets?targets=1", body, NPY).status_code == 201
    assert api.send("/datasets?targets=1", body, NPY).status_code == 200
    assert api.send("/datasets?targets=2", body, NPY).status_code == 409


SHAPE = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"
BAD = [
    # ---- CSV
    ("an empty csv", b"", CSV, 422, ["first line is empty"]),
    ("a csv without a header", b"1,2,3\n4,5,6\n", CSV, 422, ["holds numbers", "header is required"]),
    ("a csv without targets", b"a,b\n1,2\n", CSV, 422, ["a and b", "no targets"]),
    ("a csv with both", b"a,y,label\n1,2,3\n", CSV, 422, ["at once"]),
    ("a csv without features", b"y,y_2\n1,2\n", CSV, 422, ["no feature"]),
    ("a csv with semicolons", b"a;b;y\n1;2;3\n", CSV, 422, ["a;b;y"]),
    ("a csv with a name twice", b"a,a,y\n1,2,3\n", CSV, 422, ['"a"', "Two columns"]),
    ("a csv without rows", b"a,y\n", CSV, 422, ["no row"]),
    ("a short line", b"a,b,y\n1,2,3\n4,5\n", CSV, 422, ["Line 3 has 2 cells", "3"]),
    ("a word in a cell", b"a,b,y\n1,2,3\n4,five,6\n", CSV, 422, ['Line 3, column "b"', '"five"']),
    ("an empty cell", b"a,b,y\n1,,3\n", CSV, 422, ['Line 2, column "b"', "empty"]),
    ("nan in a cell", b"a,b,y\n1,nan,3\n", CSV, 422, ['Line 2, column "b"', '"nan"']),
    ("an infinite cell", b"a,b,y\n1,2,1e999\n", CSV, 422, ['Line 2, column "y"', '"1e999"']),
    ("a digit separator", b"a,y\n1_000,2\n", CSV, 422, ['"1_000"']),
    ("foreign digits", "a,y\n١,2\n".encode(), CSV, 422, ["Line 2"]),
    ("a label that is a fraction", b"a,label\n1,0.5\n", CSV, 422, ["Line 2", '"label"', "integer"]),
    ("a negative label", b"a,label\n1,-1\n", CSV, 422, ["-1", "integer from 0"]),
    ("an open quote", b'a,y\n"1,2\n', CSV, 400, ["Line 2", "CSV"]),
    ("latin-1", "größe,y\n1,2\n".encode("latin-1"), CSV, 400, ["UTF-8"]),
    ("a huge cell", b"a,y\n" + b"1" * 200_000 + b",2\n", CSV, 400, ["Line 2"]),
    # ---- JSON
    ("json without targets", b'{"x": [[1]]}', JSON, 422, ["y or labels"]),
    ("json that is ragged", b'{"x": [[1], [2, 3]], "y": [[1], [2]]}', JSON, 422, ["Row 1 has 2"]),
    ("json with other fields", b'{"x": [[1]], "y": [[1]], "z": 1}', JSON, 422, ['"z"']),
    # ---- npz
    ("an npz with a pickle", npz(x=np.array([[object()]], dtype=object), y=Y), NPZ, 422, ["object", "never read"]),
    ("an npz of strings", npz(x=np.array([["a"]]), y=Y), NPZ, 422, ["<U1", "numbers"]),
    ("an npz of complex numbers", npz(x=np.array([[1j]]), y=Y), NPZ, 422, ["complex"]),
    ("an npz of dates", npz(x=np.array([["2026-01-01"]], dtype="M8[D]"), y=Y), NPZ, 422, ["numbers"]),
    ("an npz of structures", npz(x=np.zeros((1, 1), dtype=[("a", "f8")]), y=Y), NPZ, 422, ["numbers"]),
    ("an npz without x", npz(y=Y), NPZ, 422, ["must hold x"]),
    ("an npz with both", npz(x=X, y=Y, labels=LABELS), NPZ, 422, ["either y or labels"]),
    ("an npz with another array", npz(x=X, y=Y, z=X), NPZ, 422, ['"z"']),
    ("an npz of other lengths", npz(x=X, y=Y[:2]), NPZ, 422, ["x has 3 rows and y has 2"]),
    ("an npz with a flat y", npz(x=X, y=[1, 2, 3]), NPZ, 422, ["y has the shape [3]", "matrix"]),
    ("an npz with three dimensions", npz(x=np.zeros((1, 1, 1)), y=Y), NPZ, 422, ["[1, 1, 1]"]),
    ("an npz with a NaN", npz(x=[[1.0, np.nan]], y=[[1.0]]), NPZ, 422, ["Row 0, column 1", "nan", "finite"]),
    ("an npz with an infinity", npz(x=[[1.0]], y=[[np.inf]]), NPZ, 422, ["Row 0, column 0", "inf"]),
    ("an npz of nothing", npz(x=np.zeros((0, 2)), y=np.zeros((0, 1))), NPZ, 422, ["no numbers"]),
    ("an npz without columns", npz(x=np.zeros((2, 0)), y=np.zeros((2, 1))), NPZ, 422, ["no numbers"]),
    ("an npz of negative labels", npz(x=X, labels=[0, -1, 1]), NPZ, 422, ["Label 1 is -1"]),
    ("an npz of fractions as labels", npz(x=X, labels=[0, 0.5, 1]), NPZ, 422, ["Label 1 is 0.5"]),
    ("an npz of labels in a column", npz(x=X, labels=[[0], [1], [2]]), NPZ, 422, ["labels has the shape [3, 1]"]),
    ("no npz", b"hello", NPZ, 400, ["no npz archive"]),
    ("half an npz", npz(x=X, y=Y)[:-30], NPZ, 400, ["no npz archive"]),
    ("an npz that is empty", b"", NPZ, 400, ["no npz archive"]),
    ("an npz with broken bytes", npz(x=X, y=Y).replace(struct.pack("<d", 3e-7), b"12345678"), NPZ, 400, ["CRC"]),
    ("an npz with no npy in it", packed(x=b"hello", y=b"hello"), NPZ, 400, ["npy header"]),
    ("an npz with a false header", packed(x=header(SHAPE % "(1000, 1000)", b"12345678"), y=npy(Y)), NPZ, 400, ["[1000, 1000]", "8,000,000 bytes", "8 bytes follow"]),
    ("a header of petabytes", packed(x=header(SHAPE % "(10**9,)"), y=npy(Y)), NPZ, 400, ["npy header"]),
    ("a header of more petabytes", packed(x=header(SHAPE % "(100000000, 100000000)"), y=npy(Y)), NPZ, 400, ["0 bytes follow"]),
    ("a header of less than nothing", packed(x=header(SHAPE % "(-1, 2)"), y=npy(Y)), NPZ, 422, ["-1"]),
    ("a header of code", packed(x=header("__import__('os').getcwd()"), y=npy(Y)), NPZ, 400, ["npy header"]),
    ("a header of brackets", packed(x=header("(" * 9000), y=npy(Y)), NPZ, 400, ["npy header"]),
    ("a header of a pickle", packed(x=header("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", b"cos\nsystem\n"), y=npy(Y)), NPZ, 422, ["never read"]),
    # ---- npy
    ("an npy of another length", npy(np.zeros((2, 2)))[:-8], f"{NPY}?targets=1", 400, ["32 bytes", "24 bytes follow"]),
    ("an npy with something behind", npy(np.zeros((2, 2))) + b"x", f"{NPY}?targets=1", 400, ["33 bytes follow"]),
    ("an npy that is flat", npy(np.zeros(4)), f"{NPY}?targets=1", 422, ["[4]"]),
    ("an npy of targets only", npy(np.zeros((2, 2))), f"{NPY}?targets=2", 422, ["2 columns", "one column more"]),
    ("an npy without targets", npy(np.zeros((2, 2))), NPY, 422, ["missing", "last columns"]),
    ("an npy with no targets", npy(np.zeros((2, 2))), f"{NPY}?targets=0", 422, ["at least 1"]),
    ("targets of a csv", CSV_Y.encode(), f"{CSV}?targets=1", 422, ["Only application/x-npy"]),
    # ---- types
    ("a type that is not read", b"1,2", "text/plain", 415, ["text/csv", "application/x-npz"]),
    ("safetensors", b"1,2", "application/vnd.safetensors", 415, ["application/x-npy"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "status", "words"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_not_what_it_says(api: Any, body: bytes, kind: str, status: int, words: list[str]) -> None:
    kind, _, query = kind.partition("?")
    answer = api.send(f"/datasets?{query}" if query else "/datasets", body, kind)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    for word in words:
        assert word in answer.json()["detail"], answer.text


def test_an_archive_that_unpacks_to_too_much_is_refused(small_api: Any) -> None:
    bomb = packed(x=npy(np.zeros((100_000, 10))), y=npy(np.zeros((100_000, 1))))
    assert len(bomb) < 50_000
    found = small_api.send("/datasets", bomb, NPZ)
    assert found.status_code == 413
    assert found.json()["limit_bytes"] == 50_000
    assert found.json()["actual_bytes"] > 8_000_000


def test_an_archive_that_lies_about_its_size_is_refused(api: Any) -> None:
    body = bytearray(packed(x=npy(np.zeros((2000, 100))), y=npy(np.zeros((2000, 1)))))
    entry = body.index(b"PK\x01\x02")  # the central directory's entry of x: its unpacked size stands 24 bytes on
    body[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    answer = api.send("/datasets", bytes(body), NPZ)
    assert answer.status_code == 400


def test_small_floats_that_unpack_to_too_many_bytes_are_refused(small_api: Any) -> None:
    answer = small_api.send("/datasets?targets=1", npy(np.zeros((200, 100), dtype=np.int8)), NPY)
    assert answer.status_code == 413
    assert answer.json()["actual_bytes"] == 160_000


def test_a_data_set_that_was_changed_on_disk_is_a_problem_in_words(api):
    sent = {"x": [[0.125, 7.0], [3.0, 9.0]], "y": [[1.0], [0.0]]}
    before = {path for path in api.folder.rglob("*") if path.is_file()}
    stored = api.post("/datasets", json=sent).json()["id"]
    (blob,) = {p for p in api.folder.rglob("*") if p.is_file()} - before - set(api.folder.glob("*.sqlite*"))
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    request = {"network": {"sizes": [2, 1], "activation": "tanh"}, "loss": "sse", "data": {"dataset": stored}}
    answer = api.post("/gradients", json=request)
    assert answer.status_code == 422
    assert answer.json()["code"] == "data_damaged"
    assert "upload it again" in answer.json()["detail"]
    assert api.request("DELETE", f"/datasets/{stored}").status_code == 204
