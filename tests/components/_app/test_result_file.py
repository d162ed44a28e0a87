"""The files of results."""

import io
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from components._app.result_file import (
    FORMATS,
    CsvWriter,
    ResultFormat,
    XlsxWriter,
    build_writer,
    choose_format,
    convert_own_columns,
    merge_own_columns,
    name_results,
)
from components._files.row_stream import RowStream
from components._table.cells import MIXED
from components.errors import InvalidData


def write_cells(cells: list[Any], decimal: str = ".") -> tuple[list[str], int]:
    file = io.BytesIO()
    writer = CsvWriter(file, ["x"], ";", decimal)
    writer.write(pa.record_batch([pa.array(cells)], names=["x"]))
    writer.finish()
    writer.close()
    return file.getvalue().decode("utf-8-sig").splitlines()[1:], writer.n_escaped


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|'x'", "-a", "@SUM(A1)", "\t=1", "-1+2", "=-3"])
def test_no_cell_of_a_person_becomes_a_formula(cell: str) -> None:
    assert write_cells([cell]) == ([f"'{cell}"], 1)


@pytest.mark.parametrize(
    "cell", ["-5", "+3.2", "-1.234,50", "-1 234", "-3e-05", "-12 %", "-", "a=b", "Bern", "ä"]
)
def test_numbers_and_other_texts_stay_as_they_are(cell: str) -> None:
    assert write_cells([cell]) == ([cell], 0)


@pytest.mark.parametrize(
    ("cells", "decimal", "expected"),
    [
        ([0.25, None], ",", ["0,25", '""']),
        ([0.1], ".", ["0.1"]),
        ([True], ".", ["true"]),
        ([datetime(2026, 1, 2)], ".", ["2026-01-02"]),
        ([datetime(2026, 1, 2, 3)], ".", ["2026-01-02 03:00:00"]),
        (["a;b", 'say "x"'], ".", ['"a;b"', '"say ""x"""']),
    ],
)
def test_cells_are_written_as_people_read_them(cells: list[Any], decimal: str, expected: list[str]) -> None:
    assert write_cells(cells, decimal)[0] == expected


def test_a_workbook_has_values_of_their_kind() -> None:
    cells = [7, 2.5, 10**16, datetime(1899, 1, 1), datetime(2026, 1, 2), float("inf"), "=1+1", "", None, True]
    names = [f"c{i}" for i in range(len(cells))]
    file = io.BytesIO()
    writer = XlsxWriter(file, names, 1)
    writer.write(pa.record_batch([pa.array([cell]) for cell in cells], names=names))
    writer.finish()
    writer.close()
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == [
        7, 2.5, "10000000000000000", "1899-01-01", datetime(2026, 1, 2), "inf", "=1+1", None, None, True,
    ]  # fmt: skip
    assert sheet["G2"].data_type == "s"


@pytest.mark.parametrize(
    ("n_rows", "text", "message"), [(1_048_576, "", "1,048,575"), (1, "x" * 32_768, "32,768 characters")]
)
def test_what_a_sheet_cannot_hold_is_said(n_rows: int, text: str, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        XlsxWriter(io.BytesIO(), ["x"], n_rows).write(pa.record_batch([pa.array([text])], names=["x"]))


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_not_finished_leaves_no_rows_behind(
    format_: ResultFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file, schema = io.BytesIO(), pa.schema([("x", pa.string())])
    writer = build_writer(format_, file, schema, 2, RowStream("CSV", lambda: iter(())), ".")
    writer.write(pa.record_batch([pa.array(["a"])], schema=schema))
    writer.close()
    assert list(tmp_path.iterdir()) == []
    assert not file.closed


def test_batches_that_differ_become_one_table() -> None:
    mixed = pa.StructArray.from_arrays(
        [pa.array([1.0, None, 2.5]), pa.array([None, "x", None])], fields=list(MIXED)
    )
    first = pa.record_batch([pa.array([1, 2, 3]), mixed], names=["a", "b"])
    second = pa.record_batch([pa.array([1.5]), pa.array([True])], names=["a", "c"])
    types = merge_own_columns([first.schema, second.schema], keeps_numbers=False)
    assert types == {"a": pa.string(), "b": pa.string(), "c": pa.bool_()}
    assert [column.to_pylist() for column in convert_own_columns(first, types)] == [
        ["1", "2", "3"], ["1", "x", "2.5"], [None, None, None],
    ]  # fmt: skip
    assert [column.to_pylist() for column in convert_own_columns(second, types)] == [["1.5"], [None], [True]]


@pytest.mark.parametrize(
    ("format_", "expected"),
    [("CSV", "csv"), ("workbook", "xlsx"), ("Parquet", "parquet"), ("JSON lines", "csv")],
)
def test_results_have_the_format_of_the_file(format_: str, expected: str) -> None:
    assert choose_format(RowStream(format_, lambda: iter(()))) == expected


@pytest.mark.parametrize(
    ("name", "mark"), [("semicolon", ";"), ("tab", "\t"), ("fixed width", ","), ("~", "~")]
)
def test_a_csv_file_has_the_delimiter_of_the_upload(name: str, mark: str) -> None:
    file = io.BytesIO()
    rows = RowStream("CSV", lambda: iter(()), {"delimiter": name})
    schema = pa.schema([("a", pa.int64()), ("b", pa.int64())])
    writer = build_writer("csv", file, schema, 0, rows, ".")
    writer.finish()
    writer.close()
    assert file.getvalue().decode("utf-8-sig") == f"a{mark}b\r\n"


def test_own_columns_keep_their_names() -> None:
    assert name_results(["prediction", "x", "model_prediction"], ["prediction", "probability"]) == {
        "prediction": "model_prediction_2",
        "probability": "probability",
    }


def test_a_workbook_keeps_numbers_beside_texts() -> None:
    mixed = pa.StructArray.from_arrays(
        [pa.array([67.0, None, None]), pa.array([None, "old", None])], fields=list(MIXED)
    )
    first = pa.record_batch([mixed], names=["age"])
    others = [
        pa.record_batch([cells], names=["age"]) for cells in (pa.array([5.5]), pa.array(["x"]), pa.nulls(1))
    ]
    types = merge_own_columns([batch.schema for batch in (first, *others)], keeps_numbers=True)
    assert types == {"age": MIXED}
    file = io.BytesIO()
    writer = XlsxWriter(file, ["age"], 6)
    for batch in (first, *others):
        writer.write(pa.record_batch(convert_own_columns(batch, types), names=["age"]))
    writer.finish()
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows(min_row=2, max_row=7)] == [
        67,
        "old",
        None,
        5.5,
        "x",
        None,
    ]
