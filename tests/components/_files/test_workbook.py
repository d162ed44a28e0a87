"""Workbooks: sheets, rows around their table, and cells with types."""

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from components._files.formats import open_rows
from components._files.row_stream import NO_OPTIONS, RowStream
from components._problem.reading_options import FileOptions
from components.errors import InvalidSource

HEADER: list[Any] = ["town", "kg", "y"]
BODY: list[list[Any]] = [["Graz", 1.5, "a"], ["Lund", 2.5, "b"], ["Brno", 3, "a"]]
COLUMNS = {"town": ["Graz", "Lund", "Brno"], "kg": [1.5, 2.5, 3.0], "y": ["a", "b", "a"]}


def open_sheets(
    folder: Path,
    sheets: dict[str, list[list[Any]]],
    options: FileOptions = NO_OPTIONS,
    expected: tuple[str, ...] = ("y",),
) -> RowStream:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "table.xlsx")
    return open_rows(folder / "table.xlsx", "table", options, expected)


def read_columns(rows: RowStream) -> dict[str, list[Any]]:
    (batch,) = rows.iterate_batches()
    assert list(rows.iterate_batches()) == [batch]
    found: dict[str, list[Any]] = batch.to_pydict()
    return found


@pytest.mark.parametrize(
    ("rows", "texts"),
    [
        ([HEADER, *BODY], []),
        ([[], [None, None], HEADER, *BODY], []),
        ([["Report 2024"], [], HEADER, *BODY], ["The table begins in line 3"]),
        ([HEADER, [None, "kg", None], *BODY], ["has units (kg)"]),
        ([HEADER, BODY[0], [], *BODY[1:]], ["A row without values is left out."]),
        ([HEADER, BODY[0], [], [], *BODY[1:], []], ["2 rows without values are left out."]),
        ([HEADER, BODY[0], HEADER, *BODY[1:]], ["Rows that repeat the header are left out (1)."]),
        ([HEADER, *BODY, ["Total", 7, None], [], ["Source: us"]], ["The last 2 rows are left out: a total"]),
        ([[*HEADER, None], *([*row, None] for row in BODY)], []),
    ],
)
def test_the_table_of_a_sheet_is_read(tmp_path: Path, rows: list[list[Any]], texts: list[str]) -> None:
    found = open_sheets(tmp_path, {"Data": rows})
    assert read_columns(found) == COLUMNS
    assert found.facts == {"sheet": "Data"}
    assert len(found.notices) == len(texts)
    for notice, text in zip(found.notices, texts, strict=True):
        assert text in notice.text


def test_cells_keep_their_types(tmp_path: Path) -> None:
    noon, day = dt.datetime(2024, 7, 1, 12), dt.date(2024, 7, 2)
    header = ["whole", "date", "time", "duration", "flag", "mixed", "version", "y"]
    body = [
        [1, noon, dt.time(10, 30), dt.timedelta(hours=30), True, 5, "1.10", "a"],
        [2, day, None, None, False, "x", "1.9", "b"],
    ]
    rows = open_sheets(tmp_path, {"Data": [header, *body]})
    assert read_columns(rows) == {
        "whole": [1, 2],
        "date": [noon, dt.datetime(2024, 7, 2)],
        "time": [630.0, None],
        "duration": [1800.0, None],
        "flag": [True, False],
        "mixed": [{"number": 5.0, "text": None}, {"number": None, "text": "x"}],
        "version": ["1.10", "1.9"],
        "y": ["a", "b"],
    }
    assert [notice.text for notice in rows.notices] == [
        "Columns of durations are read as minutes: 'duration'.",
        "Columns of times of day are read as minutes: 'time'.",
    ]


def test_numbers_and_dates_are_names_where_the_target_is(tmp_path: Path) -> None:
    rows = open_sheets(tmp_path, {"Data": [[400.5, dt.date(2024, 1, 1), "y"], [1, 2, 3], [4, 5, 6]]})
    assert list(read_columns(rows)) == ["400.5", "2024-01-01", "y"]


def test_other_sheets_are_named_and_can_be_chosen(tmp_path: Path) -> None:
    sheets: dict[str, list[list[Any]]] = {"Data": [HEADER, *BODY], "Old": [["y"], ["c"]]}
    (notice,) = open_sheets(tmp_path, sheets).notices
    assert (notice.level, notice.text) == ("warning", "Only the sheet 'Data' is read. Other sheets: 'Old'.")
    assert "sheet: Old" in notice.remedy
    rows = open_sheets(tmp_path, sheets, FileOptions(sheet="Old"))
    assert read_columns(rows) == {"y": ["c"]}
    assert rows.notices == ()


def test_what_a_person_decides_wins(tmp_path: Path) -> None:
    sheet: list[list[Any]] = [["a", "b", "c"], HEADER, *BODY, ["Total", 7, None]]
    assert read_columns(open_sheets(tmp_path, {"S": sheet}, FileOptions(skip_rows=1))) == COLUMNS
    assert read_columns(open_sheets(tmp_path, {"S": sheet}, FileOptions(header=2))) == COLUMNS
    kept = read_columns(open_sheets(tmp_path, {"S": sheet}, FileOptions(header=2, skip_footer=0)))
    assert kept["town"][-1] == "Total"


@pytest.mark.parametrize(
    ("sheets", "options", "message"),
    [
        ({"Data": []}, {}, "The sheet 'Data' of table is empty"),
        ({"Data": [["y"]]}, {"sheet": "Date"}, "has no sheet 'Date'.\nDid you mean 'Data'"),
        ({"Data": [["y"]]}, {"header": 9}, "header: 9 is not a row of sheet 'Data' of table"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_an_error(
    tmp_path: Path, sheets: dict[str, list[list[Any]]], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidSource, match=message):
        open_sheets(tmp_path, sheets, FileOptions(**options))


def test_a_workbook_of_charts_only_is_an_error(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.create_chartsheet("Chart")
    book.save(tmp_path / "table.xlsx")
    with pytest.raises(InvalidSource, match="table has no sheet with cells"):
        open_rows(tmp_path / "table.xlsx", "table")


def test_a_workbook_with_a_password_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "table.xlsx"
    file.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(InvalidSource, match="has a password"):
        open_rows(file, "table")
