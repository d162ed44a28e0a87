"""Requests by HTTP, as clients send them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.components._model.tables import KINDS
from tests.components.serve.models import DATATYPES, INFER, PREDICT, ROW, make_tensors
from tests.model_server import run_model_server


@pytest.mark.slow
def test_v1_answers_with_class_probabilities_decision_and_version(client: httpx.Client) -> None:
    answer = client.post(PREDICT, json={"instances": [ROW, {**ROW, "amount": None}]}).json()
    assert (answer["model_name"], len(answer["model_version"])) == ("small", 12)
    first, _ = answer["predictions"]
    # The positive class is left, the last.
    assert list(first["probabilities"]) == ["stayed", "left"]
    assert sum(first["probabilities"].values()) == pytest.approx(1)
    assert first["class"] == max(first["probabilities"], key=first["probabilities"].get)
    assert first["decision"] == ("left" if first["probabilities"]["left"] >= 0.4 else "stayed")


def test_v2_answers_the_same(client: httpx.Client) -> None:
    rows = [ROW, {**ROW, "amount": None, "city": "Zürich"}]
    v1 = client.post(PREDICT, json={"instances": rows}).json()
    v2 = client.post(INFER, json=make_tensors(*rows)).json()
    outputs = {output["name"]: output for output in v2["outputs"]}
    assert (v2["id"], v2["model_version"]) == ("one", v1["model_version"])
    assert outputs["class"]["data"] == [row["class"] for row in v1["predictions"]]
    assert outputs["decision"]["data"] == [row["decision"] for row in v1["predictions"]]
    flat = [value for row in v1["predictions"] for value in row["probabilities"].values()]
    assert outputs["probabilities"]["data"] == flat
    assert outputs["probabilities"]["shape"] == [2, 2]
    wanted = client.post(INFER, json={**make_tensors(ROW), "outputs": [{"name": "decision"}]}).json()
    assert [output["name"] for output in wanted["outputs"]] == ["decision"]


def test_an_explanation_comes_on_demand(client: httpx.Client) -> None:
    body = {"instances": [ROW], "parameters": {"explain": True}}
    (prediction,) = client.post(PREDICT, json=body).json()["predictions"]
    assert list(prediction["contributions"]) == list(KINDS)
    explained = client.post("/v1/models/small:explain", json={"instances": [ROW]}).json()
    assert explained["predictions"] == [prediction]
    v2 = client.post(INFER, json={**make_tensors(ROW), "parameters": {"explain": True}}).json()
    (found,) = (output for output in v2["outputs"] if output["name"] == "contributions")
    assert (found["shape"], found["parameters"]) == ([1, 7], {"columns": list(KINDS)})
    assert found["data"] == list(prediction["contributions"].values())


AMOUNT = {"name": "amount", "datatype": "FP64", "shape": [1], "data": [1.0]}


DEEP = b"[" * 20_000 + b"]" * 20_000


def ask_v2(**changed: Any) -> bytes:
    return json.dumps({"inputs": [{**AMOUNT, **changed}]}).encode()


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    ("path", "content", "status", "message"),
    [
        (PREDICT, b"", 400, "The body is empty."),
        (PREDICT, b"{", 400, "The body is not JSON: "),
        (PREDICT, b"\xff\xfe", 400, "The body is not JSON: "),
        (PREDICT, b'{"instances": NaN}', 400, "The body is not JSON: "),
        (
            PREDICT,
            b'{"instances": [{"amount": 1e999}]}',
            400,
            "Number out of range - at `$.instances[0][...]`",
        ),
        (PREDICT, b'{"instances": [{"amount": ' + b"9" * 5_000 + b"}]}", 400, "Integer value out of range"),
        (PREDICT, b'{"instances": [{"amount": ' + DEEP + b"}]}", 400, "The body is nested too deeply."),
        (PREDICT, b'{"instances": [], "more": ' + DEEP + b"}", 400, "The body is nested too deeply."),
        (PREDICT, DEEP, 400, "The body is not a V1 request: Expected `object`, got `array`"),
        (INFER, ask_v2(data=float("nan")), 400, "The body is not JSON: "),
        (INFER, ask_v2(data=[float("-inf")]), 400, "The body is not JSON: "),
        (INFER, ask_v2(data=[1e400]), 400, "The body is not JSON: "),
        (PREDICT, b"[1]", 400, "The body is not a V1 request: Expected `object`, got `array`"),
        (PREDICT, b"{}", 400, "Object missing required field `instances`"),
        (PREDICT, b'{"instances": {}}', 400, "Expected `array`, got `object` - at `$.instances`"),
        (PREDICT, b'{"instances": [[1, 2]]}', 400, "Expected `object`, got `array` - at `$.instances[0]`"),
        (PREDICT, b'{"instances": [], "parameters": {"explain": 7}}', 400, "at `$.parameters.explain`"),
        (PREDICT, b'{"instances": []}', 400, "The request has no rows."),
        (PREDICT, b'{"instances": [{}]}', 400, "Row 0: Column 'amount_is_null' is missing."),
        (
            PREDICT,
            json.dumps({"instances": [ROW, {**ROW, "visits": "four"}]}).encode(),
            400,
            "Row 1: Column 'visits' must be a whole number, not the text 'four'.",
        ),
        (
            PREDICT,
            json.dumps({"instances": [{**ROW, "visits": 10**400}]}).encode(),
            400,
            "an integer of more than 64 bits",
        ),
        (PREDICT, json.dumps({"instances": [ROW] * 51}).encode(), 413, "The request has 51 rows; at most 50"),
        (PREDICT, b" " * 100_001, 413, "The body is larger than the allowed 100,000 bytes"),
        (INFER, b"{}", 400, "Object missing required field `inputs`"),
        (INFER, b'{"inputs": []}', 400, "The request has no rows."),
        (INFER, ask_v2(datatype="FP99"), 400, "Invalid enum value 'FP99' - at `$.inputs[0].datatype`"),
        (INFER, ask_v2(name=7), 400, "Expected `str`, got `int` - at `$.inputs[0].name`"),
        (
            INFER,
            ask_v2(shape=[2, 2], data=[1, 2, 3, 4]),
            400,
            "the shape [2, 2]; it must be [rows] or [rows, 1].",
        ),
        (INFER, ask_v2(shape=[2]), 400, "has the shape [2], but 1 values."),
        (INFER, ask_v2(), 400, "Row 0: Column 'amount_is_null' is missing."),
        (
            INFER,
            json.dumps({**make_tensors(ROW), "outputs": [{"name": "x"}]}).encode(),
            400,
            "There is no output 'x'",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong(
    client: httpx.Client, path: str, content: bytes, status: int, message: str
) -> None:
    answer = client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert message in answer.json()["error"]


def test_a_column_may_come_as_a_list_of_rows(client: httpx.Client) -> None:
    listed = make_tensors(ROW, ROW)
    for given in listed["inputs"]:
        given |= {"shape": [2, 1], "data": [[cell] for cell in given["data"]]}
    assert client.post(INFER, json=listed).json() == client.post(INFER, json=make_tensors(ROW, ROW)).json()


def test_a_large_request_is_answered_beside_the_others(client: httpx.Client) -> None:
    rows = [{**ROW, "product": "p" * 900}] * 50
    answer = client.post(PREDICT, json={"instances": rows})
    assert answer.status_code == 200
    assert len(answer.json()["predictions"]) == 50


def test_tensors_of_other_lengths_or_twice_are_refused(client: httpx.Client) -> None:
    body = make_tensors(ROW, ROW)
    body["inputs"][0] |= {"shape": [1], "data": [1.0]}
    answer = client.post(INFER, json=body)
    assert (answer.status_code, answer.json()["error"][:39]) == (
        400,
        "The tensors differ in length: amount 1,",
    )
    body = make_tensors(ROW)
    body["inputs"].append(body["inputs"][0])
    assert client.post(INFER, json=body).json() == {"error": "The request has two tensors for 'amount'."}


def test_a_body_of_another_content_type_is_refused(client: httpx.Client) -> None:
    answer = client.post(PREDICT, content=b"a,b", headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.json()) == (
        415,
        {"error": "The body is 'text/csv'; send application/json."},
    )


def test_a_body_without_a_length_is_cut_off_at_the_limit(client: httpx.Client) -> None:
    def split_parts() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1_000

    answer = client.post(PREDICT, content=split_parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_another_model_is_not_found(client: httpx.Client) -> None:
    v1 = client.post("/v1/models/other:predict", json={"instances": [ROW]})
    v2 = client.post("/v2/models/other/infer", json=make_tensors(ROW))
    assert (v1.status_code, v2.status_code) == (404, 404)
    assert v1.json() == v2.json() == {"error": "There is no model 'other'; this server's model is 'small'."}


# Bodies and headers that are wrong, alone or together: as JSON, in binary, and as cloud events.
BODIES = [
    b"",
    b"{",
    b"[1]",
    b"null",
    b"\xff\xfe",
    b'{"instances": NaN}',
    b'{"inputs": []}',
    b'{"a": 1e999}',
    DEEP,
]
EVENT = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "test", "ce-type": "test"}
HEADERS = [
    {},
    {"inference-header-content-length": "1"},
    {"inference-header-content-length": "999999"},
    {"inference-header-content-length": "-1"},
    {"inference-header-content-length": "x"},
    EVENT,
    {"ce-specversion": "1.0"},
    {"content-type": "application/cloudevents+json"},
    {"content-type": "text/csv"},
    {"content-type": "multipart/form-data"},
]


@pytest.mark.slow_variants
@pytest.mark.parametrize(
    "path",
    [
        PREDICT,
        INFER,
        "/v1/models/small:explain",
        "/v2/models/small/explain",
        "/v1/models/other:predict",
        "/v2/models/other/infer",
        "/v2/repository/models/small/unload",
    ],
)
@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_bad_requests_are_never_answered_as_defects(
    client: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    for body in BODIES:
        answer = client.post(path, content=body, headers={"content-type": "application/json", **headers})
        assert 400 <= answer.status_code < 500, (body[:30], answer.text)
        assert "error" in answer.json() or "detail" in answer.json()


def test_a_binary_body_shorter_than_it_says_is_refused(client: httpx.Client) -> None:
    headers = {"content-type": "application/json", "inference-header-content-length": "99"}
    answer = client.post(INFER, content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "inference-header-content-length is '99', but the body has 2 bytes.",
    )


def test_clients_cannot_unload_the_model(client: httpx.Client) -> None:
    for act in ("unload", "load"):
        answer = client.post(f"/v2/repository/models/small/{act}")
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "This server's model cannot be changed; start another server."},
        )
    assert client.get("/v2/models/small/ready").json()["ready"]


def test_metadata_names_every_column(client: httpx.Client) -> None:
    assert client.get("/v1/models").json() == {"models": ["small"]}
    assert client.get("/v1/models/small").json() == {"name": "small", "ready": True}
    metadata = client.get("/v2/models/small").json()
    assert [(given["name"], given["datatype"]) for given in metadata["inputs"]] == [
        (name, DATATYPES[kind]) for name, kind in KINDS.items()
    ]
    assert [given["name"] for given in metadata["outputs"]] == ["class", "probabilities", "decision"]


@pytest.mark.slow
def test_requests_are_counted(folder: Path) -> None:
    with run_model_server(folder) as fresh, httpx.Client(base_url=fresh.url) as client:
        client.post(PREDICT, json={"instances": [ROW, {**ROW, "amount": None}]})
        client.post(PREDICT, json={"instances": [{**ROW, "visits": 99}]})
        client.post(INFER, json=make_tensors(ROW))
        client.post(PREDICT, content=b"{")
        text = client.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("tabular"))
    assert lines['tabular_requests_total{outcome="answered",protocol="v1"}'] == "2.0"
    assert lines['tabular_requests_total{outcome="invalid_json",protocol="v1"}'] == "1.0"
    assert lines['tabular_requests_total{outcome="answered",protocol="v2"}'] == "1.0"
    assert lines['tabular_nulls_total{column="amount"}'] == "1.0"
    assert lines['tabular_out_of_range_total{column="visits"}'] == "1.0"
    assert lines["tabular_request_rows_sum"] == "4.0"
    assert lines["tabular_request_rows_count"] == "3.0"
    assert lines["tabular_prediction_count"] == "4.0"
    assert lines["tabular_request_seconds_count"] == "4.0"
    assert sum(float(lines[f'tabular_decisions_total{{class="{name}"}}']) for name in ("left", "stayed")) == 4
    assert any(line.startswith("tabular_model_info{") and 'form="compiled"' in line for line in lines)


def test_a_large_body_in_binary_is_counted_too(client: httpx.Client) -> None:
    def count() -> int:
        counted = 'tabular_requests_total{outcome="too_large",protocol="v2"} '
        return int(float(client.get("/metrics").text.partition(counted)[2].split()[0]))

    before = count()
    headers = {"inference-header-content-length": "10"}
    assert client.post(INFER, content=b" " * 100_001, headers=headers).status_code == 413
    assert count() == before + 1


def test_a_cloud_event_is_answered_as_its_data(client: httpx.Client) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "test", "ce-type": "test"}
    answer = client.post(
        PREDICT, json={"instances": [ROW]}, headers={**headers, "content-type": "application/json"}
    )
    assert answer.status_code == 200
    plain = client.post(PREDICT, json={"instances": [ROW]})
    assert answer.json()["predictions"] == plain.json()["predictions"]
