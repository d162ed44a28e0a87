"""Events as KServe's logger writes them, with the bodies of our own server."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components._inference_log.kserve_events import (
    EventConverter,
    EventPairs,
    InferenceEvent,
    InvalidEvent,
    parse_cloud_event,
    parse_stored_event,
    split_stored_events,
)
from components._inference_log.record import LogRecord, PredictedRow, RecordBuilder
from components._problem.task import TaskKind
from components._table.row_reader import RowDeviations
from components.serve.request_handler import Request
from components.serve.served_model import ServedModel
from tests.components.serve.models import ROW, make_handler, make_tensors, write_model

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROWS = [{**ROW, "customer": "C-1"}, {**ROW, "amount": None, "customer": 2}]
PREFIX = "org.kubeflow.serving.inference"


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    folder: Path = tmp_path_factory.mktemp("model")
    kind: TaskKind = request.param
    write_model(folder, kind)
    return ServedModel.load(folder)


def make_converter(served: ServedModel) -> EventConverter:
    builder = RecordBuilder(served.row_reader, len(served.labels), ["customer"], ["city"])
    return EventConverter(builder, served.labels, {served.version})


def answer(served: ServedModel, body: dict[str, Any]) -> tuple[InferenceEvent, InferenceEvent]:
    """Return the events of a request that our server answers."""
    handler, _ = make_handler(served)
    asked = json.dumps(body).encode()
    ((status, content),) = handler.answer([Request("v2" if "inputs" in body else "v1", asked)])
    assert status == 200
    return (
        InferenceEvent("e", "request", NOON - timedelta(seconds=1), asked),
        InferenceEvent("e", "response", NOON, content),
    )


def build_expected(served: ServedModel, name: str) -> list[LogRecord]:
    """Return the records that the server itself would log."""
    builder = RecordBuilder(served.row_reader, len(served.labels), ["customer"], ["city"])
    values = [served.row_reader.read(row, RowDeviations([], [], [])) for row in ROWS]
    predictions = served.predict(values)
    return [
        builder.build(PredictedRow(NOON.timestamp(), name, i, row, prediction))
        for i, (row, prediction) in enumerate(zip(ROWS, predictions, strict=True))
    ]


def test_the_records_are_those_that_the_server_would_log(served: ServedModel) -> None:
    converter = make_converter(served)
    assert converter.convert(*answer(served, {"instances": ROWS})) == build_expected(served, "e")
    # V2 has tensors of the model's columns here, and an id of its own.
    found = converter.convert(*answer(served, make_tensors(*ROWS)))
    expected = build_expected(served, "one")
    assert [(of.values, of.outputs, of.decision, of.id, of.row) for of in found] == [
        (of.values, of.outputs, of.decision, of.id, of.row) for of in expected
    ]


def test_tensors_of_one_column_are_rows_too(served: ServedModel) -> None:
    body = make_tensors(*ROWS)
    for tensor in body["inputs"]:
        tensor |= {"shape": [2, 1], "data": [[cell] for cell in tensor["data"]]}
    found = make_converter(served).convert(*answer(served, body))
    assert [of.values["amount"] for of in found] == [12.5, None]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (b"\x00\x01", b"{}"),
        (b"{}", b"{}"),
        (b"5", b"{}"),
        (b'{"instances": 5}', b'{"predictions": []}'),
        (json.dumps({"instances": ROWS}).encode(), b'{"predictions": []}'),
        (json.dumps({"instances": ROWS}).encode(), b'{"predictions": [1, 2]}'),
        (json.dumps({"instances": ROWS}).encode(), b'{"outputs": []}'),
        (json.dumps({"instances": [{}]}).encode(), b'{"predictions": [{"decision": "left"}]}'),
        (b"[" * 100_000, b"{}"),
        # A record of it could not be written.
        (b'{"instances": [{"city": "\\ud800"}]}', b"{}"),
    ],
)
def test_what_is_no_prediction_of_the_model_is_an_error(
    served: ServedModel, asked: bytes, answered: bytes
) -> None:
    events = InferenceEvent("e", "request", NOON, asked), InferenceEvent("e", "response", NOON, answered)
    with pytest.raises(InvalidEvent, match=r"^the request 'e' cannot be logged: "):
        make_converter(served).convert(*events)


def test_a_request_without_a_body_says_so(served: ServedModel) -> None:
    events = InferenceEvent("e", "request", NOON, b""), InferenceEvent("e", "response", NOON, b"{}")
    with pytest.raises(InvalidEvent, match="it has no body, so it asks for no prediction"):
        make_converter(served).convert(*events)


def test_a_row_has_the_requests_own_id_if_it_has_one(served: ServedModel) -> None:
    asked, answered = answer(served, {"instances": ROWS})
    asked = replace(asked, request_id="r-7")
    assert [row.id for row in make_converter(served).find_rows(asked, answered)] == ["r-7", "r-7"]


def test_a_row_that_the_model_cannot_read_is_an_error_without_its_cells(served: ServedModel) -> None:
    asked, answered = answer(served, {"instances": ROWS})
    broken = InferenceEvent("e", "request", NOON, asked.body.replace(b'"visits": 4', b'"visits": "x"'))
    with pytest.raises(InvalidEvent, match=r"request 'e' cannot be logged: the model cannot read its rows$"):
        make_converter(served).convert(broken, answered)


def test_an_answer_of_another_version_is_an_error(served: ServedModel) -> None:
    events = answer(served, {"instances": ROWS})
    builder = RecordBuilder(served.row_reader, len(served.labels))
    with pytest.raises(InvalidEvent, match=f"'e' cannot be logged: .* by the version '{served.version}'$"):
        EventConverter(builder, served.labels, {"8"}).convert(*events)


HEADERS = {"ce-id": "e", "ce-type": f"{PREFIX}.request", "ce-specversion": "1.0", "ce-source": "http://a"}


def test_a_cloud_event_has_its_fields_in_headers() -> None:
    headers = {**HEADERS, "ce-time": "2026-11-29T13:00:00.123456789+01:00"}
    found = parse_cloud_event(headers, b"body", NOON + timedelta(days=1))
    assert found == InferenceEvent("e", "request", NOON.replace(microsecond=123456), b"body")


@pytest.mark.parametrize("time", [{}, {"ce-time": "0001-01-01T00:00:00Z"}, {"ce-time": "soon"}])
def test_a_cloud_event_without_a_time_is_as_old_as_its_arrival(time: dict[str, str]) -> None:
    assert parse_cloud_event({**HEADERS, **time}, b"", NOON).time == NOON


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ce-id": ""}, "the event has no id"),
        ({"ce-type": "com.example"}, "the event's type is 'com.example', not org.kubeflow"),
    ],
)
def test_another_event_is_an_error(changed: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidEvent, match=message):
        parse_cloud_event({**HEADERS, **changed}, b"", NOON)


def test_the_requests_own_id_is_what_kserve_passes_on() -> None:
    headers = {**HEADERS, "ce-metadata": '{"X-Request-Id":["r-7"]}'}
    assert parse_cloud_event(headers, b"", NOON).request_id == "r-7"


@pytest.mark.parametrize("metadata", ["", "null", "{}", '{"X-Request-Id":[]}', "[" * 100_000])
def test_without_an_id_of_the_request_there_is_none(metadata: str) -> None:
    assert parse_cloud_event({**HEADERS, "ce-metadata": metadata}, b"", NOON).request_id == ""


def make_stored(kind: str, **changed: Any) -> dict[str, Any]:
    return {
        "url": {"Scheme": "s3", "Host": "logs", "Path": "/a"},
        "bytes": base64.b64encode(b"body").decode(),
        "contentType": "application/json",
        "reqType": f"{PREFIX}.{kind}",
        "id": "e",
        "inferenceService": "churn",
        "metadata": {"X-Request-Id": ["r-7"]},
        "occurrenceTime": "2026-11-29T12:00:00.000000001Z",
        **changed,
    }


def read_stored(content: bytes, stored: datetime) -> list[InferenceEvent]:
    return [parse_stored_event(fields, stored) for fields in split_stored_events(content)]


def test_a_file_has_an_event_or_a_list_of_them() -> None:
    later = NOON + timedelta(days=1)
    single = json.dumps(make_stored("request")).encode()
    assert read_stored(single, later) == [InferenceEvent("e", "request", NOON, b"body", "r-7")]
    batch = json.dumps([make_stored("request"), make_stored("response", id="f")]).encode()
    assert [(of.id, of.kind) for of in read_stored(batch, later)] == [
        ("e", "request"),
        ("f", "response"),
    ]


def test_the_names_and_times_of_kserve_016_are_known() -> None:
    old = {
        name[0].upper() + name[1:]: value
        for name, value in make_stored("response", metadata=None).items()
        if name != "occurrenceTime"
    }
    found = read_stored(json.dumps(old).encode(), NOON)
    assert found == [InferenceEvent("e", "response", NOON, b"body")]


@pytest.mark.parametrize("content", [b"", b'{"id": "e', b"\xff", b"[" * 100_000])
def test_a_file_that_is_half_written_or_no_json_is_an_error(content: bytes) -> None:
    with pytest.raises(InvalidEvent, match=r"^it is not JSON: "):
        split_stored_events(content)


@pytest.mark.parametrize("fields", [None, 5, {}, {"id": "e"}, {"bytes": "%", "id": "e"}, {"bytes": 5}])
def test_another_content_is_an_error(fields: Any) -> None:
    with pytest.raises(InvalidEvent, match=r"^it is not an event of KServe's logger: "):
        parse_stored_event(fields, NOON)


def test_events_meet_in_any_order() -> None:
    pairs = EventPairs()
    request, response = (InferenceEvent("e", kind, NOON, b"") for kind in ("request", "response"))
    other = InferenceEvent("f", "request", NOON, b"")
    assert [pairs.add(each) for each in (request, other, response)] == [None, None, (request, response)]
    assert (pairs.count_single("request"), pairs.count_single("response"), pairs.n_duplicates) == (1, 0, 0)


def test_events_that_come_again_are_left_out_and_counted() -> None:
    pairs = EventPairs()
    request, response = (InferenceEvent("e", kind, NOON, b"") for kind in ("request", "response"))
    again = InferenceEvent("e", "request", NOON, b"again")
    assert [pairs.add(each) for each in (request, again, response)] == [None, None, (request, response)]
    assert [pairs.add(each) for each in (request, response)] == [None, None]
    assert (pairs.n_duplicates, pairs.count_single("request"), pairs.count_single("response")) == (3, 0, 0)


def test_large_events_that_wait_are_dropped_by_their_bytes() -> None:
    pairs = EventPairs(most_bytes=10_000)
    for name in "abcd":
        assert pairs.add(InferenceEvent(name, "request", NOON, b"x" * 4_000)) is None
    assert pairs.add(InferenceEvent("a", "response", NOON, b"")) is None
    assert pairs.add(InferenceEvent("d", "response", NOON, b"")) is not None
    assert (pairs.count_single("request"), pairs.count_single("response")) == (3, 1)


def test_the_oldest_events_that_wait_are_dropped_and_counted() -> None:
    pairs = EventPairs(most_waiting=3)
    for i in range(5):
        assert pairs.add(InferenceEvent(f"e{i}", "request", NOON, b"")) is None
    assert pairs.add(InferenceEvent("e1", "response", NOON, b"")) is None
    assert pairs.add(InferenceEvent("e4", "response", NOON, b"")) is not None
    assert (pairs.count_single("request"), pairs.count_single("response")) == (4, 1)
