"""Files of KServe's logger, of requests that our own server answers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components._inference_log.kserve_events import EventConverter
from components._inference_log.reader import LogReader
from components._inference_log.record import RecordBuilder
from components._problem.task import TaskKind
from components.monitor.event_log import EventLog
from components.monitor.log_folder import EventFile
from components.serve.served_model import ServedModel
from tests.components._model.tables import KINDS, draw_table
from tests.components.monitor.kserve_files import build_files, list_cells, make_event, make_pair, write_files
from tests.components.serve.models import write_model

NOON = datetime(2026, 11, 29, 12)
CELLS = list_cells(draw_table("binary", 6, seed=1))


@pytest.fixture(scope="module", params=["binary", "multiclass", "regression"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    folder: Path = tmp_path_factory.mktemp("model")
    kind: TaskKind = request.param
    write_model(folder, kind)
    return ServedModel.load(folder)


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder)
    return ServedModel.load(folder)


def convert(
    served: ServedModel, files: Mapping[str, bytes], folder: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows that a reader of the log sees, and what was left out."""
    builder = RecordBuilder(served.row_reader, len(served.labels), ["customer"], ["city"])
    log = EventLog(EventConverter(builder, served.labels, {served.version}))
    write_files(folder, files)
    stored = NOON.replace(tzinfo=UTC)
    events = [
        EventFile(name, stored + timedelta(seconds=i), lambda _, name=name: folder / name)  # type: ignore[misc]
        for i, name in enumerate(files)
    ]
    log.convert(events, folder / "records")
    kinds = {name: kind for name, kind in KINDS.items() if name != "city"}
    reader = LogReader([folder / "records"], kinds, ["customer"])
    rows = [row for table in reader.read() for row in table.to_pylist()]
    assert reader.skipped == {}
    return rows, list(log.describe_omissions())


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_requests_of_both_protocols_are_rows_of_the_log(
    served: ServedModel, tmp_path: Path, batch_size: int
) -> None:
    events = [
        *make_pair(served, CELLS[:3], "first", NOON),
        *make_pair(served, CELLS[3:4], "second", NOON, "v2"),
        *make_pair(served, CELLS[4:], "third", NOON),
    ]
    rows, omissions = convert(served, build_files(events, batch_size), tmp_path)
    assert omissions == []
    assert [(row["id"], row["row"]) for row in rows] == [
        ("first", 0), ("first", 1), ("first", 2), ("second", 0), ("third", 0), ("third", 1),
    ]  # fmt: skip
    assert {row["time"] for row in rows} == {NOON}
    assert [row["value:visits"] for row in rows] == [cells["visits"] for cells in CELLS]
    # V2 has only the tensors of the model's columns here.
    assert [row["key:customer"] for row in rows] == ["C-0", "C-1", "C-2", None, "C-4", "C-5"]
    assert "city" not in (tmp_path / "records").read_text()
    width = {"binary": 1, "multiclass": len(served.labels), "regression": 1}[served.signature.task]
    assert {len(row["outputs"]) for row in rows} == {width}


def test_events_without_a_time_are_as_old_as_their_file(binary: ServedModel, tmp_path: Path) -> None:
    events = make_pair(binary, CELLS[:1], "first", NOON)
    for event in events:
        del event["occurrenceTime"]
    (row,), _ = convert(binary, build_files(events), tmp_path)
    assert row["time"] == NOON + timedelta(seconds=1)


def test_a_half_written_file_is_left_out_and_said(binary: ServedModel, tmp_path: Path) -> None:
    files = build_files(make_pair(binary, CELLS[:1], "first", NOON))
    whole = build_files(make_pair(binary, CELLS[1:2], "second", NOON))
    cut = {name: content[:-9] for name, content in files.items()}
    rows, omissions = convert(binary, cut | whole, tmp_path)
    assert [row["id"] for row in rows] == ["second"]
    (said,) = omissions
    assert said.startswith("Left out of KServe's log: 2 files that cannot be read. The first: team/churn/")
    assert "first-request.json: it is not JSON" in said


def test_an_event_of_another_type_does_not_take_its_batch_along(binary: ServedModel, tmp_path: Path) -> None:
    events = make_pair(binary, CELLS[:1], "first", NOON)
    other = make_event("request", "e", b"{}", NOON, reqType="com.example.trained")
    rows, omissions = convert(binary, build_files([other, *events], 3), tmp_path)
    assert [row["id"] for row in rows] == ["first"]
    (said,) = omissions
    assert "1 event of neither a request nor a response. The first: team/" in said
    assert "the event's type is 'com.example.trained'" in said


def test_a_request_of_another_shape_is_left_out_and_said(binary: ServedModel, tmp_path: Path) -> None:
    look = [make_event("request", "look", b"", NOON), make_event("response", "look", b'{"name": "y"}', NOON)]
    rows, omissions = convert(binary, build_files(look), tmp_path)
    assert rows == []
    (said,) = omissions
    assert said.startswith("Left out of KServe's log: 1 request that cannot be converted. The first: ")


def test_a_request_of_another_version_is_left_out_and_said(binary: ServedModel, tmp_path: Path) -> None:
    asked, answered = make_pair(binary, CELLS[:1], "first", NOON)
    body = json.dumps({"predictions": [], "model_version": "8"}).encode()
    answered = make_event("response", "first", body, NOON)
    rows, omissions = convert(binary, build_files([asked, answered]), tmp_path)
    assert (rows, len(omissions)) == ([], 1)
    assert "it was answered by the version '8'." in omissions[0]


def test_events_without_their_other_half_are_said(binary: ServedModel, tmp_path: Path) -> None:
    asked, _ = make_pair(binary, CELLS[:1], "first", NOON)
    _, answered = make_pair(binary, CELLS[:1], "second", NOON)
    rows, omissions = convert(binary, build_files([asked, answered]), tmp_path)
    assert rows == []
    assert [said.partition(". ")[0] for said in omissions] == [
        "Left out of KServe's log: 1 request without a response",
        "Left out of KServe's log: 1 response without a request",
    ]


def test_events_that_are_stored_twice_count_once(binary: ServedModel, tmp_path: Path) -> None:
    events = make_pair(binary, CELLS[:1], "first", NOON)
    files = build_files(events)
    copies = {f"copy/{name}": content for name, content in files.items()}
    rows, omissions = convert(binary, files | copies, tmp_path)
    assert len(rows) == 1
    assert omissions[0].startswith("Left out of KServe's log: 2 events with the id of an earlier one. ")


def test_a_file_that_was_deleted_meanwhile_is_no_error(binary: ServedModel, tmp_path: Path) -> None:
    builder = RecordBuilder(binary.row_reader, len(binary.labels))
    log = EventLog(EventConverter(builder, binary.labels, {binary.version}))
    gone = EventFile("gone.json", NOON.replace(tzinfo=UTC), lambda _: tmp_path / "gone.json")
    log.convert([gone], tmp_path / "records")
    assert (tmp_path / "records").read_bytes() == b""
    assert list(log.describe_omissions()) == []
