"""The OpenAPI document, and whether the server conforms to it."""

from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from components._problem.task import TASKS, TaskKind
from components.errors import find_nearest
from components.serve.openapi import build_document
from components.serve.request_handler import Request
from components.serve.served_model import ServedModel
from tests.components._model.tables import KINDS
from tests.components.serve.models import INFER, PREDICT, ROW, make_handler, make_tensors, write_model
from tests.model_server import ModelServer


def make_validator(document: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    )


@pytest.fixture(scope="module")
def document(served: ServedModel) -> dict[str, Any]:
    return build_document("small", served, 50)


def test_a_row_is_described_by_the_models_columns(document: dict[str, Any]) -> None:
    row = document["components"]["schemas"]["Row"]
    assert list(row["properties"]) == list(KINDS)
    assert row["required"] == ["amount_is_null", "visits", "product"]
    assert "additionalProperties" not in row
    assert row["properties"]["amount"]["type"] == ["number", "null"]
    visits = row["properties"]["visits"]
    assert (visits["type"], visits["minimum"], visits["maximum"]) == (
        ["integer", "null"], -(2**63), 2**63 - 1,
    )  # fmt: skip
    assert row["properties"]["member"] == {"type": ["boolean", "null"]}
    assert row["properties"]["city"] == {
        "type": ["string", "null"],
        "description": "In training: Bern, Oslo, a=b, rare.",
    }
    instances = document["components"]["schemas"]["V1Request"]["properties"]["instances"]
    assert (instances["minItems"], instances["maxItems"]) == (1, 50)


# What the schema says, and the server beyond it: cells that it reads as a table's.
@pytest.mark.parametrize(
    ("changed", "is_valid", "is_answered"),
    [
        ({}, True, True),
        (dict.fromkeys(KINDS), True, True),
        ({"amount": 1e300}, True, True),
        ({"amount": "1"}, False, True),
        ({"amount": "one"}, False, False),
        ({"visits": True}, False, False),
        ({"visits": 4.0}, True, True),
        ({"visits": 4.5}, False, False),
        ({"member": 1}, False, True),
        ({"member": 2}, False, False),
        ({"visits": 2**63 - 1}, True, True),
        ({"visits": 2**63}, False, False),
        ({"city": 8001}, False, True),
        ({"city": 0.5}, False, False),
        ({"since": 1}, False, False),
        ({"other": 1}, True, True),
    ],
)
def test_the_schema_and_the_server_agree_on_a_row(
    document: dict[str, Any], served: ServedModel, changed: dict[str, Any], is_valid: bool, is_answered: bool
) -> None:
    body = {"instances": [{**ROW, **changed}]}
    assert make_validator(document, "V1Request").is_valid(body) == is_valid
    handler, _ = make_handler(served)
    ((status, _),) = handler.answer([Request("v1", httpx.Request("POST", "http://x", json=body).read())])
    assert (status == 200) == is_answered


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("is_explained", [False, True])
def test_answers_are_what_is_described(kind: TaskKind, is_explained: bool, tmp_path: Path) -> None:
    write_model(tmp_path, kind)
    served = ServedModel.load(tmp_path)
    document = build_document("small", served, 50)
    handler, _ = make_handler(served)
    for protocol, body in (("v1", {"instances": [ROW, ROW]}), ("v2", make_tensors(ROW, ROW))):
        make_validator(document, f"{protocol.upper()}Request").validate(body)
        content = httpx.Request("POST", "http://x", json=body).read()
        ((status, answer),) = handler.answer([Request(protocol, content, is_explained)])  # type: ignore[arg-type]
        assert status == 200
        make_validator(document, f"{protocol.upper()}Answer").validate(
            httpx.Response(200, content=answer).json()
        )


@pytest.mark.slow
def test_the_document_is_published_in_place_of_kserves(client: httpx.Client) -> None:
    published = client.get("/openapi.json").json()
    assert published["openapi"] == "3.1.0"
    assert {PREDICT, INFER, "/v2/health/ready", "/metrics"} <= set(published["paths"])


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_server_does_what_its_description_says(server: ModelServer, mode: GenerationMode) -> None:
    api = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    operations = [found.ok() for found in api.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) == 13
    for operation in operations:
        # What takes nothing cannot be given anything wrong.
        if mode == GenerationMode.POSITIVE or operation.method == "post":
            _call_operation(operation, mode)


def _call_operation(operation: Any, mode: GenerationMode) -> None:
    # The server takes more cells than its schema names: those that a table may hold, such as "1.5" and "NA".
    excluded = [negative_data_rejection]
    # A schema cannot say that all tensors have one length and that none is missing.
    if operation.path.startswith("/v2/models/small/"):
        excluded.append(positive_data_acceptance)

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        # Nor that no name may look like that of a column which the row lacks: the server takes it for a slip.
        assume(not _has_slip(case.body))
        case.call_and_validate(excluded_checks=excluded)

    call()


def _has_slip(body: Any) -> bool:
    rows = body.get("instances") if isinstance(body, dict) else None
    return any(
        find_nearest(name, set(KINDS) - set(row))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
        for name in set(row) - set(KINDS)
    )
