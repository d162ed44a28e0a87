"""JSON arrays: on one line or many, alone or in an object, and damaged ones."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from components._files.formats import open_rows
from components.errors import InvalidSource

RECORDS = [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}, {"a": 3, "b": "ü"}]
COLUMNS = {"a": [1.0, 2.5, 3.0], "b": ["x", None, "ü"]}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        json.dumps({"data": RECORDS}),
        json.dumps({"schema": {"fields": [{"n": 1}]}, "n": [1, 2], "rows": RECORDS, "next": None}, indent=1),
        "\n [\n" + ",\n".join(json.dumps(record) for record in RECORDS) + "\n]\n",
    ],
)
def test_an_array_is_read(tmp_path: Path, content: str) -> None:
    file = tmp_path / "table.json"
    file.write_text(content, encoding="utf-8")
    rows = open_rows(file, "table")
    assert rows.format == "JSON array"
    assert pa.Table.from_batches(rows.iterate_batches()).to_pydict() == COLUMNS
    assert list(rows.iterate_batches()) == list(rows.iterate_batches())


def test_a_long_array_is_read_in_pieces(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    file.write_text(json.dumps([{"a": i, "b": "x" * (i % 300)} for i in range(20_000)]), encoding="utf-8")
    batches = list(open_rows(file, "table").iterate_batches())
    assert len(batches) == 3
    assert [value for batch in batches for value in batch["a"].to_pylist()] == list(range(20_000))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"a": 1}, {"a": 2}', "cannot be read beyond its first 2 elements"),
        ('[{"a": 1}, {"a": 1, "a": 2}]', "cannot be read beyond its first 1 elements: duplicate key"),
        ('[{"a": 1}, 2]', r"number 2 \(not an object\)"),
        ("[[1, 2], [3, 4]]", r"number 1 \(not an object\).*\n.*orient='records'"),
        ('[{"a": {"b": 1}}]', r"number 1 \('a' contains a nested object\)"),
        ('{"x": [{"a": 1}], "y": [{"a": 1}]}', "more than one array of objects"),
    ],
)
def test_other_arrays_are_errors(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "table.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidSource, match=message):
        list(open_rows(file, "table").iterate_batches())
