from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from components._table.notice import Notice
from components._table.reading import Reading
from components._table.table_reading import ColumnReading, Example, TableReading, format_cell_value


def test_a_reading_comes_back_as_it_was_written(tmp_path: Path) -> None:
    reading = TableReading(
        {
            "größe": ColumnReading(Reading("float", decimal=","), (), (Example("1,5", "1.5"),)),
            "city": ColumnReading(Reading("string", is_folded=True), ("Bern", "Zürich")),
        },
        (Notice("warning", "Column 'city' has …", "Correct it."),),
        {"delimiter": ";"},
    )
    reading.save(tmp_path / "reading.json")
    assert TableReading.load(tmp_path / "reading.json") == reading


def test_a_table_may_have_nothing_to_say(tmp_path: Path) -> None:
    TableReading({}).save(tmp_path / "reading.json")
    assert TableReading.load(tmp_path / "reading.json") == TableReading({}, (), {})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"), (True, "true"), (False, "false"), (5, "5"), (5.0, "5"), (0.1, "0.1"),
        (1234567.25, "1234567.25"), ("text", "text"), (datetime(2024, 1, 31), "2024-01-31 00:00:00"),
    ],
)  # fmt: skip
def test_a_value_is_shown(value: Any, expected: str) -> None:
    assert format_cell_value(value) == expected
