"""The OpenAPI document: complete, consistent, and true of the service, as a fuzzer finds."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

METHODS = {"get", "head", "post", "put", "delete"}


@pytest.fixture(scope="module")
def document(api: Any) -> dict[str, Any]:
    answer = api.get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(value, dict):
        yield value
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(entry)


def test_every_operation_of_the_wire_is_there(document: dict[str, Any]) -> None:
    found = {name for name, _ in operations(document)}
    assert found == {
        "POST /train",
        "POST /gradients",
        "POST /gradients/check",
        "POST /points",
        "GET /mistakes",
        "POST /derivations",
        "POST /predict",
        "GET /jobs",
        "GET /jobs/{job_id}",
        "DELETE /jobs/{job_id}",
        "POST /jobs/{job_id}/cancel",
        "GET /jobs/{job_id}/metrics",
        "GET /jobs/{job_id}/weights",
        "GET /jobs/{job_id}/gradients",
        "POST /jobs/{job_id}/predict",
        "POST /datasets",
        "GET /datasets",
        "GET /datasets/{dataset_id}",
        "PUT /datasets/{dataset_id}",
        "HEAD /datasets/{dataset_id}",
        "DELETE /datasets/{dataset_id}",
        "GET /capabilities",
        "GET /healthz",
        "GET /readyz",
    }


def test_every_reference_resolves_and_every_component_is_used(document: dict[str, Any]) -> None:
    prefix = "#/components/schemas/"
    used = {part["$ref"] for part in parts(document) if isinstance(part.get("$ref"), str)}
    there = {prefix + name for name in document["components"]["schemas"]}
    assert used == there


def test_every_operation_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        assert operation["tags"], name
        statuses = operation["responses"]
        assert {"422", "503"} <= set(statuses), name
        assert "{" not in name or "404" in statuses or name.startswith("PUT"), name
        assert "requestBody" not in operation or {"400", "413", "415"} <= set(statuses), name
        for status, answer in statuses.items():
            assert answer["description"], (name, status)
            assert int(status) < 400 or list(answer["content"]) == ["application/problem+json"], (name, status)
            assert "X-Request-ID" in answer["headers"], (name, status)
        assert all(parameter["description"] for parameter in operation.get("parameters", ())), name


def test_every_field_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        assert schema.get("description") or "enum" in schema, name
        for field, value in schema.get("properties", {}).items():
            meant = schemas[value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else value  # a reference brings its own
            assert value.get("description") or meant.get("description"), (name, field)


def test_every_loss_is_defined(document: dict[str, Any]) -> None:
    loss = document["components"]["schemas"]["LossName"]
    lines = loss["description"].splitlines()
    assert all(any(line.startswith(f"- `{name}`: ") for line in lines) for name in loss["enum"])


def test_every_request_has_examples_that_are_answered(api: Any, document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        assert content["examples"], name
        method, path = name.split()
        for example in content["examples"].values():
            if "{" not in path:
                answer = api.request(method, path, json=example["value"])
                assert answer.status_code < 300, (name, answer.text)


def test_the_copies_at_v1_answer_the_same(api: Any, document: dict[str, Any]) -> None:
    assert not any(path.startswith("/v1") for path in document["paths"])
    for path in ("/capabilities", "/healthz", "/jobs?limit=1", "/datasets?limit=1"):
        assert api.get(f"/v1{path}").status_code == api.get(path).status_code == 200


def test_a_fuzzer_finds_nothing_outside_the_document(served: str, tmp_path: Path) -> None:
    """All checks but that a schema's data is accepted: no schema says that rows are equally long."""
    fuzzer = str(Path(sys.executable).parent / "schemathesis")
    options = [
        "--max-examples",
        "6",
        "--seed",
        "7",
        "--generation-deterministic",
        "--no-color",
        "--request-timeout",
        "60",
    ]
    checks = ["--exclude-checks", "positive_data_acceptance", "--phases", "examples,coverage,fuzzing"]
    command = [fuzzer, "run", f"{served}/openapi.json", "--url", served, *options, *checks]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "24 selected / 24 total" in done.stdout
