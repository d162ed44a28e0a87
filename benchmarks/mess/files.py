"""Ways of writing a sheet's cells into a file."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook

from benchmarks.mess.arrangements import sum_row
from benchmarks.mess.sheet import Field, Sheet, format_plain

# Writes a sheet to a path.
Write = Callable[[Sheet, Path], None]
Rows = list[list[str]]


class NotWritable(Exception):
    """A sheet has what the form of a file cannot hold, so that the two make no pair."""


def make_delimited_writer(
    delimiter: str = ",", *, encoding: str = "utf-8", edit: Callable[[Sheet, Rows], Rows] | None = None,
    edit_text: Callable[[str], str] | None = None, **dialect: Any,
) -> Write:  # fmt: skip
    """Return what writes delimited text.

    Parameters
    ----------
    delimiter, encoding : str
        As usual.
    edit : callable or None
        Changes the rows, the header's among them.
    edit_text : callable or None
        Changes the whole text.
    **dialect
        Of ``csv.writer``.
    """

    def write(sheet: Sheet, path: Path) -> None:
        rows = [sheet.names, *sheet.texts]
        rows = edit(sheet, rows) if edit else rows
        out = io.StringIO()
        try:
            csv.writer(out, delimiter=delimiter, **{"lineterminator": "\n", **dialect}).writerows(rows)
            text = out.getvalue()
            path.write_bytes((edit_text(text) if edit_text else text).encode(encoding))
        except (csv.Error, UnicodeEncodeError) as error:
            raise NotWritable(str(error)) from None

    return write


def write_gzipped(sheet: Sheet, path: Path) -> None:
    make_delimited_writer()(sheet, path)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def write_fixed_width(sheet: Sheet, path: Path) -> None:
    rows = [sheet.names, *sheet.texts]
    widths = [max(len(row[i]) for row in rows) + 2 for i in range(len(sheet.fields))]
    lines = ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")


def write_blank_separated(sheet: Sheet, path: Path) -> None:
    """Write columns with blanks between, as R and many instruments do; no value is NA."""
    quoted = [
        [f'"{cell}"' if " " in cell or '"' in cell else cell or "NA" for cell in row] for row in sheet.texts
    ]
    if any('"' in cell.strip('"') for row in quoted for cell in row):
        raise NotWritable("a quote in a cell")
    path.write_text("\n".join("  ".join(row) for row in [sheet.names, *quoted]) + "\n", encoding="utf-8")


def make_json_lines_writer(
    cell: Callable[[Field, Any, str], Any], *, is_array: bool = False, keeps_null: bool = True
) -> Write:
    """Return what writes an object for each row, its cells native or texts."""

    def write(sheet: Sheet, path: Path) -> None:
        records = []
        for values, texts in zip(sheet.values, sheet.texts, strict=True):
            row = [cell(*of) for of in zip(sheet.fields, values, texts, strict=True)]
            named = zip(sheet.names, row, strict=True)
            records.append({name: of for name, of in named if keeps_null or of is not None})
        if is_array:
            text = json.dumps(records, ensure_ascii=False, indent=1)
        else:
            text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        path.write_text(text, encoding="utf-8")

    return write


def to_native(field: Field, value: Any, text: str) -> Any:
    """Return a cell as JSON has it: numbers, true and false as they are, the rest as text."""
    if value is None or (isinstance(value, (bool, int, float)) and field.role != "clock"):
        return value
    return format_plain(field.role, value).replace(" ", "T") if field.role == "moment" else text


def as_float(field: Field, value: Any, text: str) -> Any:
    """Return a cell with whole numbers as floats, as pandas has them beside nulls."""
    cell = to_native(field, value, text)
    return float(cell) if type(cell) is int else cell


def to_text(field: Field, value: Any, text: str) -> Any:
    """Return a cell as text, and none where there is no value."""
    return None if value is None else text


def make_parquet_writer(type_of: Callable[[Field], pa.DataType | None]) -> Write:
    """Return what writes Parquet, each column of a type; None for texts."""

    def write(sheet: Sheet, path: Path) -> None:
        columns = []
        for i, field in enumerate(sheet.fields):
            type_ = type_of(field)
            values = [
                row[i] if type_ is not None else (None if row[i] is None else texts[i])
                for row, texts in zip(sheet.values, sheet.texts, strict=True)
            ]
            columns.append(_to_type(values, type_))
        pq.write_table(pa.table(columns, names=sheet.names), path)

    return write


def _to_type(values: list[Any], type_: pa.DataType | None) -> pa.Array:
    if type_ is None or pa.types.is_dictionary(type_):
        texts = pa.array(values, pa.string())
        return texts if type_ is None else texts.dictionary_encode()
    if pa.types.is_timestamp(type_):
        return pa.array(values).cast(pa.timestamp(type_.unit)).cast(type_)
    return pa.array(values).cast(type_)


def make_xlsx_writer(*, is_native: bool = True, title: bool = False, total: bool = False) -> Write:
    """Return what writes a workbook."""

    def write(sheet: Sheet, path: Path) -> None:
        book = Workbook()
        page = book.active
        if title:
            page.append(["Report of March, by the office"])
            page.append([])
        page.append(sheet.names)
        for values, texts in zip(sheet.values, sheet.texts, strict=True):
            page.append(
                [
                    (_to_excel(field, value) if is_native else text) if value is not None else None
                    for field, value, text in zip(sheet.fields, values, texts, strict=True)
                ]
            )
        if total:
            page.append(sum_row(sheet))
        book.save(path)

    return write


def _to_excel(field: Field, value: Any) -> Any:
    if field.role == "clock":
        return format_plain("clock", value)
    return value if isinstance(value, (bool, int, float, str, date, datetime)) else str(value)
