"""The reader of delimited text: one pass over the rows of a file whose form is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from components._table.notice import Notice
from components.errors import InvalidSource
from components.ingest.files.delimiters import name_delimiter
from components.ingest.files.file_records import FIXED, Delimiter
from components.ingest.files.footers import Sums, collect_footer_notices, find_footers
from components.ingest.files.layout import Layout
from components.ingest.files.ragged_rows import RaggedRows
from components.ingest.files.rewritten_text import UNIT, RewrittenText

# The longest row that can be read.
BLOCK_BYTES = 1 << 23


@dataclass(frozen=True)
class DelimitedFile:
    """All that is known about a delimited file before its rows are read.

    Attributes
    ----------
    file : Path
        The file.
    source : str
        What to call it in an error.
    encoding : str
        Its text encoding.
    delimiter : Delimiter
        What stands between its cells.
    layout : Layout
        Where its table lies.
    names : list of str
        The columns, none of them empty.
    n_lines_above : int
        Lines before the first row of values.
    is_empty : bool
        Whether there is no such row.
    skip_footer : int or None
        Rows at the end to leave out; None where they are to be found.
    """

    file: Path
    source: str
    encoding: str
    delimiter: Delimiter
    layout: Layout
    names: list[str]
    n_lines_above: int
    is_empty: bool
    skip_footer: int | None


class DelimitedReader:
    """One pass over the rows of a file."""

    def __init__(self, form: DelimitedFile) -> None:
        self._form = form
        mark = form.delimiter.mark if form.delimiter.is_plain else UNIT
        titles = [mark.join(record.cells).strip().replace('"', "") for record in form.layout.above]
        self.ragged = RaggedRows(mark, len(form.names), titles)
        self._n_read = 0
        self._last_cell = ""

    @property
    def _n_records(self) -> int:
        return self._form.n_lines_above + self._n_read + self.ragged.total

    def iterate_batches(self) -> Iterator[pa.RecordBatch]:
        """Read from the first row of values; the rows that do not fit are kept apart."""
        form = self._form
        if form.is_empty:
            return
        try:
            for batch in _open_reader(form, self.ragged.add):
                self._n_read += batch.num_rows
                if batch.num_rows:
                    self._last_cell = batch.column(batch.num_columns - 1)[-1].as_py()
                yield batch
        except (OSError, pa.ArrowException) as error:
            raise InvalidSource(
                f"{form.source} cannot be read on after its first {form.n_lines_above + self._n_read} rows: "
                f"{error}",
                "Look there for a quotation mark that is never closed.",
            ) from error

    def count_footers(self, tail: pa.Table, n_before: int, sums: Sums) -> tuple[int, list[Notice]]:
        """Return how many of the last rows that fit are left out, and what to say about rows left out."""
        given = self._form.skip_footer
        if given is not None:
            n_ragged = self.ragged.count_from(self._n_records - given + 1)
            n_left_out = min(given - n_ragged, tail.num_rows)
            self.ragged.split_footers(self._n_records, n_left_out, given)
            return n_left_out, []
        rows = list(zip(*(column.to_pylist() for column in tail.columns), strict=True))
        footers, kept = find_footers(rows, n_before, sums)
        notes = self.ragged.split_footers(self._n_records, len(footers), None)
        return len(footers), [*collect_footer_notices([*notes, *footers]), *kept]

    def check_rows(self) -> None:
        """See that the file was whole, and that every row fitted or was of no consequence."""
        form = self._form
        is_quoting = form.delimiter.mark != FIXED and form.delimiter.is_quoting
        if is_quoting and _is_left_open(form.file, self._last_cell):
            raise InvalidSource(
                f"The last cell of {form.source}, in row {self._n_records}, begins with a "
                "quotation mark that is never closed.",
                "Close it, or double a quotation mark that belongs to the text.",
            )
        faults = self.ragged.faults
        if faults.total:
            first = form.layout.header or form.layout.first
            called = "header" if form.layout.header else "first row"
            raise InvalidSource(
                f"The {called} of {form.source} (line {first.line if first else 1}) has {len(form.names)} "
                f"cells; rows with another number of them: {faults} ({faults.total} in all).",
                "Correct these rows (the first row of the file is row 1), or put cells that hold the "
                f"delimiter ({name_delimiter(form.delimiter)}) in quotation marks.",
            )


def _open_reader(
    form: DelimitedFile, skip: Callable[["pa.csv.InvalidRow"], str]
) -> "pa.csv.CSVStreamingReader":
    is_plain = form.delimiter.is_plain
    content = form.file if is_plain else RewrittenText(form.file, form.encoding, form.delimiter)
    # The cells of these have no quotation marks around them any more.
    is_unquoted = form.delimiter.mark == FIXED or form.delimiter.is_spaced or not form.delimiter.is_quoting
    is_utf8 = form.encoding.startswith("utf-8") or not is_plain
    return pa.csv.open_csv(
        content,
        pa.csv.ReadOptions(
            # Only with one thread are the numbers of ragged rows known.
            use_threads=False,
            block_size=BLOCK_BYTES,
            encoding="utf8" if is_utf8 else form.encoding,
            column_names=form.names,
            skip_rows=form.n_lines_above,
        ),
        pa.csv.ParseOptions(
            delimiter=form.delimiter.mark if is_plain else UNIT,
            quote_char=False if is_unquoted else '"',
            escape_char=form.delimiter.escape or False,
            newlines_in_values=not is_unquoted,
            invalid_row_handler=skip,
        ),
        pa.csv.ConvertOptions(column_types=dict.fromkeys(form.names, pa.string()), strings_can_be_null=False),
    )


def _is_left_open(file: Path, last_cell: str) -> bool:
    """Return whether the file ended inside a quoted cell, whose end the reader then takes for granted."""
    if "\n" not in last_cell and "\r" not in last_cell:
        return False
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - 64))
        # In UTF-16 every other byte of these signs is null.
        return not content.read().rstrip(b"\r\n\0").endswith(b'"')
