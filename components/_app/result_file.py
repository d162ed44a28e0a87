"""The file of results: a person's own columns with the predictions beside them, as CSV, XLSX or Parquet."""

import csv
import io
import math
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from components._files.delimiters import NAMES
from components._files.row_stream import RowStream
from components._table.cells import MIXED
from components.errors import InvalidData

ResultFormat = Literal["csv", "xlsx", "parquet"]
FORMATS: tuple[ResultFormat, ...] = ("csv", "xlsx", "parquet")

# A spreadsheet computes what begins so, unless it is a number:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?[0-9.,'\x{a0}\x{202f} ]*([eE][+-]?[0-9]+)?[\x{a0}\x{202f} ]*%?$"
# The limits of a sheet: https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_MOST_SHEET_ROWS, _MOST_SHEET_COLUMNS, _LONGEST_SHEET_TEXT = 1_048_576, 16_384, 32_767
# A spreadsheet keeps 15 digits of a number.
_MOST_SHEET_NUMBER = 10**15
_FIRST_SHEET_YEAR = 1900
_OTHER_FORMAT = "Choose CSV or Parquet as the format of the results."


def choose_format(rows: RowStream) -> ResultFormat:
    """Return the format of a table's file, or CSV for one that is not written here."""
    formats: dict[str, ResultFormat] = {"Parquet": "parquet", "workbook": "xlsx"}
    return formats.get(rows.format, "csv")


class ResultWriter(ABC):
    """Writes rows into a file.

    Attributes
    ----------
    n_escaped : int
        Cells that got an apostrophe, because a spreadsheet would have computed them.
    """

    n_escaped = 0

    @abstractmethod
    def write(self, rows: pa.RecordBatch) -> None:
        """Write rows."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is left."""

    @abstractmethod
    def close(self) -> None:
        """Release what the writer uses, but not the file, even if writing has failed."""


class CsvWriter(ResultWriter):
    """Writes delimited text in UTF-8, with the byte-order mark by which Excel knows it.

    Parameters
    ----------
    file : file
        The file.
    names : list of str
        The columns.
    delimiter : str
        What separates cells.
    decimal : str
        The decimal mark of predictions.
    """

    def __init__(self, file: IO[bytes], names: Sequence[str], delimiter: str, decimal: str) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        self._writer = csv.writer(self._text, delimiter=delimiter)
        self._decimal = decimal
        self._writer.writerow(self._escape_formulas(pa.array(names)).to_pylist())

    def write(self, rows: pa.RecordBatch) -> None:
        """Write rows."""
        self._writer.writerows(zip(*map(self._format_column, rows.columns), strict=True))

    def finish(self) -> None:
        """Write what is left."""
        self._text.flush()

    def close(self) -> None:
        """Leave the file open, which would be closed with its text."""
        self._text.detach()

    def _format_column(self, column: pa.Array) -> list[Any]:
        is_text = pa.types.is_string(column.type)
        cells: list[Any] = (self._escape_formulas(column) if is_text else column).to_pylist()
        if pa.types.is_timestamp(column.type):
            return [None if cell is None else _format_moment(cell) for cell in cells]
        if pa.types.is_boolean(column.type):
            return [None if cell is None else "true" if cell else "false" for cell in cells]
        if pa.types.is_floating(column.type) and self._decimal != ".":
            return [None if cell is None else str(cell).replace(".", self._decimal) for cell in cells]
        return cells

    def _escape_formulas(self, texts: pa.StringArray) -> pa.StringArray:
        """Put an apostrophe before texts that a spreadsheet would compute."""
        is_formula = pc.match_substring_regex(texts, _FORMULA)
        if not pc.any(is_formula, min_count=0).as_py():
            return texts
        is_formula = pc.and_(is_formula, pc.invert(pc.match_substring_regex(texts, _NUMBER)))
        self.n_escaped += pc.sum(is_formula).as_py() or 0
        return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


class XlsxWriter(ResultWriter):
    """Writes a workbook row by row.

    Parameters
    ----------
    file : file
        The file.
    names : list of str
        The columns.
    n_rows : int
        How many rows there will be.

    Raises
    ------
    InvalidData
        They do not fit into a sheet.
    """

    def __init__(self, file: IO[bytes], names: Sequence[str], n_rows: int) -> None:
        if n_rows >= _MOST_SHEET_ROWS or len(names) > _MOST_SHEET_COLUMNS:
            raise InvalidData(
                f"The results have {n_rows:,} rows and {len(names):,} columns; a sheet of a workbook holds "
                f"{_MOST_SHEET_ROWS - 1:,} and {_MOST_SHEET_COLUMNS:,}.",
                _OTHER_FORMAT,
            )
        # The library writes rows into a named file first.
        self._folder = tempfile.TemporaryDirectory()
        options = {"constant_memory": True, "tmpdir": self._folder.name}
        self._workbook = xlsxwriter.Workbook(file, options)
        self._sheet: Worksheet = self._workbook.add_worksheet()
        self._date = self._workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._n_written = 0
        for i, name in enumerate(names):
            self._write_text(i, name)
        self._n_written = 1

    def write(self, rows: pa.RecordBatch) -> None:
        """Write rows."""
        columns = [column.to_pylist() for column in rows.columns]
        for cells in zip(*columns, strict=True):
            for i, cell in enumerate(cells):
                if cell is not None and cell != "":
                    self._write_cell(i, cell)
            self._n_written += 1

    def finish(self) -> None:
        """Write what is left."""
        self._workbook.close()

    def close(self) -> None:
        """Remove the rows that are not in a workbook yet."""
        self._folder.cleanup()

    def _write_cell(self, i: int, cell: Any) -> None:
        row = self._n_written
        if isinstance(cell, str):
            self._write_text(i, cell)
        elif isinstance(cell, bool):
            self._sheet.write_boolean(row, i, cell)
        elif isinstance(cell, datetime):
            if cell.year < _FIRST_SHEET_YEAR:
                self._write_text(i, _format_moment(cell))
            else:
                has_time = (cell.hour, cell.minute, cell.second, cell.microsecond) != (0, 0, 0, 0)
                self._sheet.write_datetime(row, i, cell, self._moment if has_time else self._date)
        elif not math.isfinite(cell) or (isinstance(cell, int) and abs(cell) >= _MOST_SHEET_NUMBER):
            self._write_text(i, str(cell))
        else:
            self._sheet.write_number(row, i, cell)

    def _write_text(self, i: int, text: str) -> None:
        if len(text) > _LONGEST_SHEET_TEXT:
            raise InvalidData(
                f"Row {self._n_written} has a text of {len(text):,} characters; a cell of a workbook holds "
                f"{_LONGEST_SHEET_TEXT:,}.",
                _OTHER_FORMAT,
            )
        # Always as text, so that nothing becomes a formula or a link.
        self._sheet.write_string(self._n_written, i, text)


class ParquetWriter(ResultWriter):
    """Writes Parquet.

    Parameters
    ----------
    file : file
        The file.
    schema : Schema
        The columns.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema)

    def write(self, rows: pa.RecordBatch) -> None:
        """Write rows."""
        self._writer.write_batch(rows)

    def finish(self) -> None:
        """Write what is left."""
        self._writer.close()

    def close(self) -> None:
        """Close the writer, which would otherwise write later, when the file is closed."""
        self._writer.close()


def build_writer(
    format_: ResultFormat, file: IO[bytes], schema: pa.Schema, n_rows: int, rows: RowStream, decimal: str
) -> ResultWriter:
    """Return a writer of results.

    Parameters
    ----------
    format_ : {"csv", "xlsx", "parquet"}
        The format.
    file : file
        The file to write.
    schema : Schema
        The columns of the results.
    n_rows : int
        How many rows there will be.
    rows : RowStream
        The person's table, whose delimiter a CSV file gets.
    decimal : str
        The decimal mark of predictions in a CSV file.
    """
    if format_ == "parquet":
        return ParquetWriter(file, schema)
    if format_ == "xlsx":
        return XlsxWriter(file, schema.names, n_rows)
    return CsvWriter(file, schema.names, _find_delimiter(rows), decimal)


def _find_delimiter(rows: RowStream) -> str:
    name = rows.facts.get("delimiter", "")
    marks = {name: mark for mark, name in NAMES.items()}
    mark = marks.get(name, name)
    # Blanks and fixed widths cannot hold every text.
    return mark if len(mark) == 1 and mark not in " .-\"'" else ","


def merge_own_columns(schemas: Sequence[pa.Schema]) -> dict[str, pa.DataType]:
    """Return the columns of a table whose batches differ, with one type each."""
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            type_ = pa.string() if field.type in (MIXED, pa.null()) else field.type
            known = types.setdefault(field.name, type_)
            if known != type_:
                types[field.name] = pa.string()
    return types


def convert_own_columns(batch: pa.RecordBatch, types: Mapping[str, pa.DataType]) -> list[pa.Array]:
    """Return the columns of a batch in the types of its table."""
    present = dict(zip(batch.schema.names, batch.columns, strict=True))
    return [
        _convert(present[name], type_) if name in present else pa.nulls(batch.num_rows, type_)
        for name, type_ in types.items()
    ]


def _convert(cells: pa.Array, type_: pa.DataType) -> pa.Array:
    if cells.type == MIXED:
        # Numbers of sheets and JSON are floats here; a whole one is written as the person sees it.
        numbers = [_format_number(number) for number in cells.field("number").to_pylist()]
        return pc.coalesce(cells.field("text"), pa.array(numbers, pa.string()))
    return cells if cells.type == type_ else cells.cast(type_)


def _format_number(number: float | None) -> str | None:
    if number is None:
        return None
    return str(int(number)) if number.is_integer() else str(number)


def _format_moment(moment: datetime) -> str:
    is_day = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date().isoformat() if is_day else moment.isoformat(sep=" ")


def name_results(own: Sequence[str], predictions: Sequence[str]) -> dict[str, str]:
    """Return the name of each column of predictions in the results; own columns keep theirs."""
    taken, names = set(own), {}
    for name in predictions:
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"model_{name}" if number == 2 else f"model_{name}_{number - 1}"
        taken.add(candidate)
        names[name] = candidate
    return names
