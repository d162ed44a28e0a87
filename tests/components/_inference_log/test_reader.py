import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from components._inference_log.reader import LogReader
from components._inference_log.record import LogRecord, encode_record
from components._inference_log.segments import list_segments
from components._table.kinds import Kind

COLUMNS: dict[str, Kind] = {
    "age": "integer",
    "a.b[0]": "float",
    "member": "boolean",
    "time": "string",
    "since": "datetime",
}
VALUES: dict[str, Any] = {
    "age": 41,
    "a.b[0]": 1e300,
    "member": True,
    "time": "Zürich",
    "since": datetime(1968, 5, 6, 7, 8, 9, 10),
}
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def make_line(number: int = 0, **changed: Any) -> bytes:
    return encode_record(
        LogRecord(NOON, f"r{number}", number, {**VALUES, **changed}, [0.25], 1, {"order": str(number)})
    )


def write_log(folder: Path, *contents: bytes) -> list[Path]:
    paths = [folder / f"20261129T12000{i}-0-00000000.jsonl" for i in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def read_all(folder: Path) -> tuple[pa.Table, dict[Path, int]]:
    reader = LogReader(list_segments(folder), COLUMNS, ["order"])
    tables = list(reader.read())
    return (pa.concat_tables(tables) if tables else pa.table({"row": []})), reader.skipped


def test_values_come_back_in_the_types_of_their_kinds(tmp_path: Path) -> None:
    write_log(tmp_path, make_line(0) + make_line(1, **dict.fromkeys(VALUES)))
    table, skipped = read_all(tmp_path)
    assert skipped == {}
    assert {name: str(table.schema.field(name).type) for name in table.schema.names} == {
        "time": "timestamp[us]",
        "id": "string",
        "row": "int64",
        "weight": "double",
        "unreadable": "list<item: string>",
        "outputs": "list<item: double>",
        "decision": "int64",
        "value:age": "double",
        "value:a.b[0]": "double",
        "value:member": "double",
        "value:time": "string",
        "value:since": "timestamp[us]",
        "key:order": "string",
    }
    first, second = table.to_pylist()
    assert first == {
        "time": NOON.replace(tzinfo=None),
        "id": "r0",
        "row": 0,
        "weight": 1.0,
        "unreadable": [],
        "outputs": [0.25],
        "decision": 1,
        "key:order": "0",
        **{f"value:{name}": value for name, value in VALUES.items()},
    }
    assert all(second[f"value:{name}"] is None for name in VALUES)


def test_masked_columns_and_missing_keys_are_null(tmp_path: Path) -> None:
    write_log(tmp_path, encode_record(LogRecord(NOON, "r", 0, {"age": 3}, [0.5, 0.5], None)))
    (row,) = read_all(tmp_path)[0].to_pylist()
    assert (row["value:age"], row["value:time"], row["key:order"], row["decision"]) == (3.0, None, None, None)


GOOD = make_line(1) + make_line(2)


@pytest.mark.parametrize(
    "damage",
    [
        make_line()[:-30] + b"\n",
        b"null\n",
        b"5\n",
        b"[]\n",
        b"\n",
        b"{}\n",
        b"\x00" * 500 + b"\n",
        b"\xff\xfe\n",
        make_line().replace("ü".encode(), b"\xff"),
        make_line().replace(b"{", b"[", 1),
        make_line().replace(b"41", b'"many"'),
        make_line().replace(b"[0.25]", b"null"),
        make_line().replace(b"[0.25]", b'["a"]'),
        make_line().replace(b"2026-11-29", b"yesterday"),
        make_line().replace(b'"format":1', b'"format":2'),
        make_line()[:-1] + b"null\n",
        make_line()[:-1] + make_line(),
        b'{"values":5}\n',
        b'{"time":"2026-11-29T12:00:00Z","values":[],"outputs":[1]}\n',
    ],
)
def test_a_damaged_line_costs_itself_only_and_is_counted(tmp_path: Path, damage: bytes) -> None:
    _, path = write_log(tmp_path, GOOD, make_line(3) + damage + make_line(4))
    table, skipped = read_all(tmp_path)
    assert table["row"].to_pylist() == [1, 2, 3, 4]
    assert skipped == {path: 1}


def test_the_half_line_of_a_killed_server_is_skipped(tmp_path: Path) -> None:
    path, _ = write_log(tmp_path, GOOD + make_line(3)[:100], make_line(4))
    table, skipped = read_all(tmp_path)
    assert table["row"].to_pylist() == [1, 2, 4]
    assert skipped == {path: 1}


def test_a_file_of_another_format_is_skipped(tmp_path: Path) -> None:
    other = json.dumps({"format": 2, "values": "other", "time": 5}).encode() + b"\n"
    _, path = write_log(tmp_path, GOOD, other * 3_000)
    table, skipped = read_all(tmp_path)
    assert table.num_rows == 2
    assert skipped == {path: 3_000}


def test_a_line_without_a_format_is_of_the_first(tmp_path: Path) -> None:
    write_log(tmp_path, make_line(7).replace(b',"format":1', b""))
    assert read_all(tmp_path)[0]["row"].to_pylist() == [7]


@pytest.mark.parametrize("content", [None, b""])
def test_without_rows_there_is_no_table(tmp_path: Path, content: bytes | None) -> None:
    write_log(tmp_path, *([] if content is None else [content]))
    assert list(LogReader(list_segments(tmp_path), COLUMNS).read()) == []
    assert list(LogReader(list_segments(tmp_path / "nowhere"), COLUMNS).read()) == []


def test_a_file_that_is_deleted_meanwhile_is_left_out(tmp_path: Path) -> None:
    paths = write_log(tmp_path, GOOD, make_line(3), make_line(4))
    tables = LogReader(list_segments(tmp_path), COLUMNS).read()
    assert next(tables).num_rows == 2
    paths[1].unlink()
    assert [table["row"].to_pylist() for table in tables] == [[4]]


@pytest.mark.parametrize("length", [999_000, 3_000_000, 9_000_000])
def test_long_lines_are_read(tmp_path: Path, length: int) -> None:
    write_log(tmp_path, GOOD + make_line(3, time="x" * length) + make_line(4))
    table, skipped = read_all(tmp_path)
    assert table["row"].to_pylist() == [1, 2, 3, 4]
    assert len(table["value:time"][2].as_py()) == length
    assert skipped == {}


def test_large_files_are_read_in_tables_of_bounded_size(tmp_path: Path) -> None:
    line = make_line(1)
    n_rows = 20_000_000 // len(line)
    write_log(tmp_path, line * n_rows)
    sizes = [table.num_rows for table in LogReader(list_segments(tmp_path), COLUMNS).read()]
    assert sum(sizes) == n_rows
    assert max(sizes) * len(line) < 9_000_000
