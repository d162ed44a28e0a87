from datetime import datetime
from pathlib import Path

import pytest

from components._table.reading import Reading
from components._table.table_reading import ColumnReading
from components.errors import InvalidSetting
from pipelines.data.row_search import NoValue, count_rows_with, list_columns, parse_key
from tests.pipelines.data.versions import write_version

_COLUMNS = {
    "code": ["007", "7", None],
    "number": [7, 8, 7],
    "amount": [1234.5, 2.0, None],
    "day": [datetime(2026, 1, 31), None, datetime(2026, 2, 1)],
    "is_new": [True, False, None],
}
_READINGS = {
    "amount": ColumnReading(Reading("float", decimal=",", thousands=".")),
    "day": ColumnReading(Reading("datetime", formats=("%d.%m.%Y",))),
    "is_new": ColumnReading(Reading("boolean", trues=("ja",), falses=("nein",))),
}


@pytest.mark.parametrize(
    ("key", "n"),
    [
        ({"code": "007"}, 1),
        ({"code": " 7 "}, 1),
        ({"number": "007"}, 2),
        ({"number": "7", "code": "007"}, 1),
        ({"number": "8", "code": "007"}, 0),
        ({"amount": "1.234,5"}, 1),
        ({"day": "31.01.2026"}, 1),
        ({"is_new": "ja"}, 1),
        # A text is in no column of numbers.
        ({"number": "seven"}, 0),
        ({"id": "7"}, None),
    ],
)
def test_a_key_is_read_as_the_table_reads_its_cells(
    tmp_path: Path, key: dict[str, str], n: int | None
) -> None:
    table = Path(write_version(tmp_path / "a", _COLUMNS).table)
    assert list_columns(table) == list(_COLUMNS)
    assert count_rows_with(table, key, _READINGS) == n


def test_a_value_that_the_table_reads_as_missing_finds_no_row_and_is_an_error(tmp_path: Path) -> None:
    table = Path(write_version(tmp_path / "a", _COLUMNS).table)
    with pytest.raises(NoValue, match="The value of 'code' is read as missing"):
        count_rows_with(table, {"code": "N/A"}, {})


def test_a_key_is_columns_with_values() -> None:
    assert parse_key(["id=7", "url=a=b"]) == {"id": "7", "url": "a=b"}
    for words, message in (
        (["id"], "'id' is not a key"),
        (["id="], "'id=' is not a key"),
        (["=7"], "'=7' is not a key"),
        (["id=7", "id=8"], "The column 'id' is given twice"),
    ):
        with pytest.raises(InvalidSetting, match=message):
            parse_key(words)
