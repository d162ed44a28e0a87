"""Delimited text: CSV and its relatives to batches of text, with delimiter and header found."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from components.errors import InvalidSource
from components.ingest.inference import is_null, looks_typed
from components.ingest.rows import Faults, Rows, column_names

_HEAD_CHARACTERS = 1 << 18
_HEAD_ROWS = 200
# Also the longest row that can be read.
_BLOCK_BYTES = 1 << 23
# The comma comes last: it is also a decimal sign and part of texts, so where another delimiter cuts all
# rows alike as well, it is the other one.
_DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}


@dataclass(frozen=True)
class Layout:
    """How a delimited file is laid out.

    Attributes
    ----------
    encoding : str
        Text encoding.
    delimiter : str
        The character between cells.
    names : list of str
        Names of the columns.
    has_header : bool
        Whether the first row holds the names.
    n_blank : int
        Blank lines before the first row.
    """

    encoding: str
    delimiter: str
    names: list[str]
    has_header: bool
    n_blank: int


def delimited_rows(file: Path, encoding: str, source: str) -> Rows:
    """Open a delimited text file.

    Raises
    ------
    InvalidSource
        Where columns share a name; and, while its batches are read, where rows have too few or too many
        cells or a quotation mark is never closed.
    """
    with file.open(encoding=encoding, newline="") as text:
        head = text.read(_HEAD_CHARACTERS)
        is_whole = not text.read(1)
    delimiter = find_delimiter(head, is_whole=is_whole)
    first, *others = _records(head, delimiter, is_whole=is_whole)
    has_header = not is_data(first, others)
    names = column_names(first if has_header else [""] * len(first), source)
    n_blank = len(re.findall(r"\r\n|\r|\n", head[: len(head) - len(head.lstrip("\r\n"))]))
    layout = Layout(encoding, delimiter, names, has_header, n_blank)

    notes = []
    if not has_header:
        notes.append(f"no header: the first row is data, and columns are named {names[0]} to {names[-1]}")
    if len(names) == 1:
        notes.append(f"only one column was found; delimiters looked for: {', '.join(_DELIMITERS.values())}")
    facts = {"encoding": encoding, "delimiter": _DELIMITERS[delimiter]}
    return Rows("CSV", lambda: _batches(file, layout, source), facts, tuple(notes))


def find_delimiter(head: str, *, is_whole: bool) -> str:
    """Return the delimiter that cuts most rows into as many cells as the first.

    Parameters
    ----------
    head : str
        The beginning of the file.
    is_whole : bool
        Whether that is all of it; otherwise its last row may be cut off.
    """
    best, best_share = ",", 0.0
    for delimiter in _DELIMITERS:
        widths = [len(record) for record in _records(head, delimiter, is_whole=is_whole)]
        share = widths.count(widths[0]) / len(widths)
        if widths[0] > 1 and share > best_share:
            best, best_share = delimiter, share
    return best


def is_data(first: list[str], others: list[list[str]]) -> bool:
    """Return whether the first row is data rather than a header.

    It is when most of its cells, in columns that otherwise hold numbers or dates, are such values or null
    tokens too. Whole numbers in even steps (0, 1, 2, ...), and years above values that are no years, are
    names of columns all the same.
    """
    alike = []
    below_alike: list[str] = []
    n_telling = 0
    for i, cell in enumerate(first):
        below = [row[i] for row in others if i < len(row) and not is_null(row[i])]
        if cell.strip() and sum(map(looks_typed, below)) > len(below) / 2:
            n_telling += 1
            if is_null(cell) or looks_typed(cell):
                alike.append(cell.strip())
                below_alike += below
    are_names = _are_in_steps(alike) or (_are_years(alike) and not _are_years(below_alike))
    return len(alike) > n_telling / 2 and not are_names


def _are_in_steps(cells: list[str]) -> bool:
    if len(cells) < 3 or not all(re.fullmatch(r"\d{1,9}", cell) for cell in cells):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(cells)}
    return len(steps) == 1 and min(steps) > 0


def _are_years(cells: list[str]) -> bool:
    return all(re.fullmatch(r"(19|20)\d\d", cell.strip()) for cell in cells)


def _records(head: str, delimiter: str, *, is_whole: bool) -> list[list[str]]:
    """Return the first rows that are not blank; at least one."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            if record:
                records.append(record)
            if len(records) > _HEAD_ROWS:
                return records[:-1]
    except csv.Error:
        # A cell longer than the csv module takes; the rows before it tell enough.
        return records or [[""]]
    return records[:-1] if len(records) > 1 and not is_whole else records


def _batches(file: Path, layout: Layout, source: str) -> Iterator[pa.RecordBatch]:
    ragged = Faults()

    def skip(row: "pa.csv.InvalidRow") -> str:
        ragged.add(f"row {row.number} has {row.actual_columns}")
        return "skip"

    n_read = 0
    last_cell = ""
    try:
        for batch in _reader(file, layout, skip):
            n_read += batch.num_rows
            if batch.num_rows:
                last_cell = batch.column(batch.num_columns - 1)[-1].as_py()
            yield batch
    except (OSError, pa.ArrowException) as error:
        raise InvalidSource(
            f"{source} cannot be read on after its first {n_read + layout.has_header} rows: {error}",
            "Look there for a quotation mark that is never closed.",
        ) from error
    if _is_left_open(file, last_cell):
        raise InvalidSource(
            f"The last cell of {source}, in row {n_read + ragged.total + layout.has_header}, begins with a "
            "quotation mark that is never closed.",
            "Close it, or double a quotation mark that belongs to the text.",
        )
    if ragged.total:
        raise InvalidSource(
            f"The first row of {source} has {len(layout.names)} cells; rows with another number of them: "
            f"{ragged} ({ragged.total} in all).",
            "Correct these rows (the first row of the file is row 1), or put cells that hold the delimiter "
            f"({_DELIMITERS[layout.delimiter]}) in quotation marks.",
        )


def _reader(
    file: Path, layout: Layout, skip: Callable[["pa.csv.InvalidRow"], str]
) -> "pa.csv.CSVStreamingReader":
    return pa.csv.open_csv(
        file,
        pa.csv.ReadOptions(
            # Only with one thread are the numbers of ragged rows known.
            use_threads=False,
            block_size=_BLOCK_BYTES,
            encoding="utf8" if layout.encoding.startswith("utf-8") else layout.encoding,
            column_names=layout.names,
            skip_rows=layout.n_blank,
            skip_rows_after_names=int(layout.has_header),
        ),
        pa.csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=skip),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(layout.names, pa.string()), strings_can_be_null=False
        ),
    )


def _is_left_open(file: Path, last_cell: str) -> bool:
    """Return whether the file ended inside a quoted cell, whose end the reader then takes for granted."""
    if "\n" not in last_cell and "\r" not in last_cell:
        return False
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - 64))
        # In UTF-16 every other byte of these signs is null.
        return not content.read().rstrip(b"\r\n\0").endswith(b'"')
