import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from components._inference_log.record import (
    LogRecord,
    PredictedRow,
    RecordBuilder,
    encode_record,
    is_record,
)
from components._table.reading import Reading
from components._table.row_reader import InvalidRow, RowReader
from components._table.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("age", "integer", 0, 50, 18.0, 90.0, reading=Reading("integer", unreadable="null")),
        Column("city", "string", 1, 2, categories=("Bern", "Oslo")),
        Column("since", "datetime", 1, 2, "2020-01-01T00:00:00", "2021-01-01T00:00:00"),
        Column("member", "boolean", 1, 2),
        Column("customer", "string", 0, 9),
    ),
    9,
)
READER = RowReader(["age", "city", "since", "member"], SCHEMA)
CELLS = {"customer": "C-1", "order": 17, "member": 1, "age": "41", "city": "Bern", "since": "2020-05-06"}
NOON = datetime(2026, 11, 29, 12, 0, 0, 500, UTC)


class Predicted(NamedTuple):
    outputs: list[float]
    decision: int | None


def build(builder: RecordBuilder, **changed: Any) -> LogRecord:
    prediction = Predicted([0.75, 0.25], 0)
    return builder.build(PredictedRow(NOON.timestamp(), "r", 2, {**CELLS, **changed}, prediction), 3.0)


def test_a_line_is_what_the_format_says() -> None:
    builder = RecordBuilder(READER, 2, ["customer", "order", "other"])
    line = encode_record(build(builder))
    assert line.endswith(b"}\n")
    assert json.loads(line) == {
        "time": "2026-11-29T12:00:00.000500Z",
        "id": "r",
        "row": 2,
        "values": {"age": 41.0, "city": "Bern", "since": "2020-05-06T00:00:00", "member": True},
        "outputs": [0.25],
        "decision": 0,
        "keys": {"customer": "C-1", "order": "17"},
        "unreadable": [],
        "weight": 3.0,
        "format": 1,
    }


def test_a_masked_column_is_neither_a_value_nor_a_key() -> None:
    builder = RecordBuilder(READER, 2, ["customer", "order"], masked=["city", "customer"])
    record = build(builder)
    assert list(record.values) == ["age", "since", "member"]
    assert record.keys == {"order": "17"}


def test_a_cell_that_became_null_because_it_could_not_be_read_is_named() -> None:
    record = build(RecordBuilder(READER, 2), age="many", city=None)
    assert (record.values["age"], record.values["city"]) == (None, None)
    assert record.unreadable == ["age"]


@pytest.mark.parametrize(("n_classes", "outputs"), [(0, [2.5]), (3, [0.2, 0.3, 0.5])])
def test_of_other_tasks_every_output_is_logged(n_classes: int, outputs: list[float]) -> None:
    row = PredictedRow(NOON.timestamp(), "r", 0, CELLS, Predicted(outputs, None))
    assert RecordBuilder(READER, n_classes).build(row).outputs == outputs


def test_a_row_that_cannot_be_read_has_no_record() -> None:
    with pytest.raises(InvalidRow, match="Column 'member' must be true or false"):
        build(RecordBuilder(READER, 2), member="perhaps")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"time":"x"}\n', True),
        (b'{"format":1,"more":{"a":[]}}\n', True),
        (b'{"format":2}\n', False),
        (b'{"format":"1"}\n', False),
        (b"null\n", False),
        (b"5\n", False),
        (b"\n", False),
        (b"\x00\x00\x00\n", False),
        (b'{"a":1}null\n', False),
        (b'{"a":"b\n', False),
        (b'{"a":' + b"[" * 100_000 + b"\n", False),
    ],
)
def test_only_a_whole_object_of_this_format_is_a_record(line: bytes, expected: bool) -> None:
    assert is_record(line) is expected
