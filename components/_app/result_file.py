"""The file of results: a person's own columns with the predictions beside them, as CSV, XLSX or Parquet."""

import csv
import io
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from xlsxturbo import df_to_xlsx

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
    """Writes a workbook, at the end and as a whole.

    Texts are texts, never formulas or links. So are what a sheet has no number for: infinite values,
    integers of more than 15 digits, and times before 1900.

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
        self._file = file
        self._names = names
        self._batches: list[pa.RecordBatch] = []
        self._n_written = 0

    def write(self, rows: pa.RecordBatch) -> None:
        """Keep rows until the end."""
        for column in rows.columns:
            texts = column.field("text") if column.type == MIXED else column
            if pa.types.is_string(texts.type):
                self._check_lengths(texts)
        self._batches.append(rows)
        self._n_written += rows.num_rows

    def finish(self) -> None:
        """Write the workbook."""
        table = pa.Table.from_batches(self._batches)
        self._batches = []
        columns = {
            name: _to_sheet_cells(column) for name, column in zip(self._names, table.columns, strict=True)
        }
        df_to_xlsx(pd.DataFrame(columns), self._file)

    def close(self) -> None:
        """Forget the rows that are not in a workbook."""
        self._batches = []

    def _check_lengths(self, texts: pa.StringArray) -> None:
        lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
        too_long = np.flatnonzero(lengths > _LONGEST_SHEET_TEXT)
        if len(too_long):
            raise InvalidData(
                f"Row {self._n_written + too_long[0] + 1} has a text of {int(lengths[too_long[0]]):,} "
                f"characters; a cell of a workbook holds {_LONGEST_SHEET_TEXT:,}.",
                _OTHER_FORMAT,
            )


def _to_sheet_cells(column: pa.ChunkedArray) -> pd.Series:
    """Return a column as the library takes it: numbers as numbers, dates without a time as dates."""
    if column.type == MIXED:
        texts, numbers = (pc.struct_field(column, part).to_pylist() for part in ("text", "number"))
        cells = [number if text is None else text for text, number in zip(texts, numbers, strict=True)]
        return pd.Series(cells, dtype=object)
    if pa.types.is_timestamp(column.type):
        return pd.Series([cell and _to_date(cell) for cell in column.to_pylist()], dtype=object)
    if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py():
        cells = [str(cell) if cell in (math.inf, -math.inf) else cell for cell in column.to_pylist()]
        return pd.Series(cells, dtype=object)
    return pd.Series(column.to_pandas(integer_object_nulls=True))


def _to_date(moment: datetime) -> date:
    """Return a time at midnight as a date, and any other as it is."""
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        return moment
    return moment.date()


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


def merge_own_columns(schemas: Sequence[pa.Schema], *, keeps_numbers: bool) -> dict[str, pa.DataType]:
    """Return the columns of a table whose batches differ, with one type each.

    Parameters
    ----------
    schemas : sequence of Schema
        Those of the batches.
    keeps_numbers : bool
        Whether the format of the results has texts and numbers in one column, as a workbook has.
    """
    found: dict[str, list[pa.DataType]] = {}
    for schema in schemas:
        for field in schema:
            found.setdefault(field.name, []).append(
                pa.string() if pa.types.is_null(field.type) else field.type
            )
    return {name: _merge_types(types, keeps_numbers) for name, types in found.items()}


def _merge_types(types: Sequence[pa.DataType], keeps_numbers: bool) -> pa.DataType:
    if len(set(types)) == 1 and types[0] != MIXED:
        return types[0]
    return MIXED if keeps_numbers and all(map(_is_text_or_number, types)) else pa.string()


def _is_text_or_number(type_: pa.DataType) -> bool:
    is_number = pa.types.is_integer(type_) or pa.types.is_floating(type_)
    return bool(type_ == MIXED or pa.types.is_string(type_) or is_number)


def convert_own_columns(batch: pa.RecordBatch, types: Mapping[str, pa.DataType]) -> list[pa.Array]:
    """Return the columns of a batch in the types of its table."""
    present = dict(zip(batch.schema.names, batch.columns, strict=True))
    return [
        _convert(present[name], type_) if name in present else pa.nulls(batch.num_rows, type_)
        for name, type_ in types.items()
    ]


def _convert(cells: pa.Array, type_: pa.DataType) -> pa.Array:
    if cells.type == type_:
        return cells
    if type_ == MIXED:
        is_text = pa.types.is_string(cells.type) or pa.types.is_null(cells.type)
        own = "text" if is_text else "number"
        parts = [
            cells.cast(field.type) if field.name == own else pa.nulls(len(cells), field.type)
            for field in MIXED
        ]
        return pa.StructArray.from_arrays(parts, fields=list(MIXED))
    if cells.type == MIXED:
        # Numbers of sheets and JSON are floats here; a whole one is written as the person sees it.
        numbers = [_format_number(number) for number in cells.field("number").to_pylist()]
        return pc.coalesce(cells.field("text"), pa.array(numbers, pa.string()))
    return cells.cast(type_)


def _format_number(number: float | None) -> str | None:
    if number is None:
        return None
    return str(int(number)) if number.is_integer() else str(number)


def _format_moment(moment: datetime) -> str:
    shown = _to_date(moment)
    return shown.isoformat(sep=" ") if isinstance(shown, datetime) else shown.isoformat()


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
