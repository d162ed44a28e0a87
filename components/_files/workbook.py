"""Workbooks: read a sheet of an Excel or OpenDocument file; its cells keep their types."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from components._files.file_records import FileRecord
from components._files.footers import TAIL, collect_footer_notices, find_footers
from components._files.layout import Layout, find_layout
from components._files.native_values import NativeValue, build_native_column, convert_whole_numbers
from components._files.row_stream import RowStream, build_minutes_notices, name_columns
from components._files.sums import ColumnSums
from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource, format_list, suggest_name

_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_Row = list[NativeValue]


def is_workbook(head: bytes) -> bool:
    """Return whether a file begins like a workbook: Excel, old or new, or OpenDocument."""
    is_office = any(part in head for part in (b"xl/", b"[Content_Types].xml", b"opendocument.spreadsheet"))
    return head.startswith(_OLE) or (head.startswith(_ZIP) and is_office)


def open_workbook(file: Path, source: str, options: FileOptions, expected: Sequence[str]) -> RowStream:
    """Open a sheet of a workbook: the one that an option names, otherwise the first visible one.

    Raises
    ------
    InvalidSource
        It is not a workbook, it has a password, or the sheet is missing or empty.
    """
    name, sheet_notices, first_row, rows = _read_sheet(file, source, options.sheet)
    where = f"sheet {name!r} of {source}"
    records = [
        FileRecord(first_row + i + 1, [_format_cell(value) for value in row])
        for i, row in enumerate(rows)
        if _has_value(row)
    ]
    records = [record for record in records if record.line > (options.skip_rows or 0)]
    if not records:
        raise InvalidSource(
            f"The {where} is empty.",
            "Name another sheet in problem.yaml, for example: sheet: Data",
        )
    layout = find_layout(records[:200], len(rows[0]), options, expected, where)
    first = layout.first.line if layout.first else first_row + len(rows) + 1
    body = rows[first - 1 - first_row :]
    table, repeat_notices = _drop_repeated_headers(body, layout)
    table, footer_notices = _drop_footers(table, options.skip_footer)
    names = name_columns(layout.names, source)
    durations, times = (
        [name for i, name in enumerate(names) if any(isinstance(row[i], type_) for row in table)]
        for type_ in (dt.timedelta, dt.time)
    )
    minutes_notices = build_minutes_notices(durations, times)
    notices = [*sheet_notices, *layout.notices, *repeat_notices, *footer_notices, *minutes_notices]
    notices += _collect_blank_notices(body, table)
    kept = [
        i
        for i, name in enumerate(layout.names)
        if name.strip() or layout.header is None or any(row[i] is not None for row in table)
    ]

    # Built once, because a table is read in several passes, and smaller than its cells.
    columns = [build_native_column(convert_whole_numbers([row[i] for row in table])) for i in kept]
    batch = pa.record_batch(columns, names=[names[i] for i in kept])
    is_whole = all(row is other for row, other in zip(table, body, strict=False))
    first_line = first if is_whole else None
    return RowStream(
        "workbook", lambda: iter([batch]), {"sheet": name}, tuple(notices), first_line=first_line
    )


def _read_sheet(file: Path, source: str, wanted: str | None) -> tuple[str, list[Notice], int, list[_Row]]:
    """Return a sheet's name, notices about its choice, the number of rows above its first, and its rows."""
    try:
        workbook = CalamineWorkbook.from_path(file)
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        names = [sheet.name for sheet in sheets]
        if wanted is not None and wanted not in names:
            raise InvalidSource(f"{source} has no sheet {wanted!r}.", suggest_name(wanted, names, "sheet"))
        if not names:
            raise InvalidSource(f"{source} has no sheet with cells.", "Give a workbook with a table.")
        shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
        name = wanted if wanted is not None else (shown or names)[0]
        sheet = workbook.get_sheet_by_name(name)
        rows: list[_Row] = [[None if value == "" else value for value in row] for row in sheet.to_python()]
        others = [other for other in names if other != name]
        notices = [_build_sheet_notice(name, others)] if others and wanted is None else []
        return name, notices, (sheet.start or (0, 0))[0], rows
    except PasswordError as error:
        raise _build_locked_error(source) from error
    except CalamineError as error:
        with file.open("rb") as content:
            # An encrypted workbook is a stream with this name, in UTF-16, inside an OLE file.
            is_locked = "EncryptedPackage".encode("utf-16-le") in content.read()
        if is_locked:
            raise _build_locked_error(source) from error
        raise InvalidSource(
            f"{source} seems to be a workbook or another Office document, but cannot be read: {error}.",
            "Save the table as .xlsx or CSV, and give that file.",
        ) from error


def _build_locked_error(source: str) -> InvalidSource:
    return InvalidSource(f"{source} has a password.", "Save it without one.")


def _build_sheet_notice(name: str, others: Sequence[str]) -> Notice:
    text = f"Only the sheet {name!r} is read. Other sheets: {format_list(map(repr, others))}."
    return Notice("warning", text, f"To read another, write in problem.yaml, for example: sheet: {others[0]}")


def _drop_repeated_headers(rows: list[_Row], layout: Layout) -> tuple[list[_Row], list[Notice]]:
    """Return the rows that have values and do not repeat the header."""
    header = layout.header_rows[0] if layout.header_rows else None
    filled = [row for row in rows if _has_value(row)]
    table = [row for row in filled if header is None or [_format_cell(value) for value in row] != header]
    n_repeats = len(filled) - len(table)
    text = f"Rows that repeat the header are left out ({n_repeats})."
    remedy = "Check that the sheet does not contain several different tables."
    return table, [Notice("warning", text, remedy)] if n_repeats else []


def _collect_blank_notices(rows: list[_Row], table: list[_Row]) -> list[Notice]:
    """Return a warning if there are rows without values between the rows of the table."""
    end = next((i for i in reversed(range(len(rows))) if table and rows[i] is table[-1]), 0)
    n_blank = sum(not _has_value(row) for row in rows[:end])
    if not n_blank:
        return []
    text = (
        "A row without values is left out."
        if n_blank == 1
        else f"{n_blank:,} rows without values are left out."
    )
    return [Notice("warning", text, "Row numbers in messages do not count them.")]


def _drop_footers(rows: list[_Row], skip_footer: int | None) -> tuple[list[_Row], list[Notice]]:
    if skip_footer is not None:
        return rows[: len(rows) - skip_footer], []

    def compute_sums(n_rows: int, columns: Sequence[int]) -> ColumnSums:
        numbers = [[row[i] for row in rows[:n_rows] if isinstance(row[i], (int, float))] for i in columns]
        return [[(float(sum(found)), len(found))] for found in numbers]  # type: ignore[arg-type]

    tail = [[_format_cell(value) for value in row] for row in rows[-TAIL:]]
    footers, kept = find_footers(tail, max(0, len(rows) - TAIL), compute_sums)
    return rows[: len(rows) - len(footers)], [*collect_footer_notices(footers), *kept]


def _has_value(row: _Row) -> bool:
    return any(value is not None for value in row)


def _format_cell(value: NativeValue) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return "" if value is None else str(value)
