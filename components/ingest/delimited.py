"""Delimited text: CSV and its relatives to batches of text, with delimiter and header found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from components._problem.reading import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource
from components.ingest.delimiters import (
    NAMES,
    check_delimiter,
    find_delimiter,
    modal_width,
    name_delimiter,
    read_sep_line,
)
from components.ingest.footers import TAIL, Sums, find_footers, footer_notice
from components.ingest.layout import Layout, find_layout
from components.ingest.ragged import Ragged
from components.ingest.records import FIXED, WHITESPACE, Delimiter, read_records
from components.ingest.rewriting import UNIT, RewrittenText
from components.ingest.rows import NO_OPTIONS, Rows, column_names
from components.ingest.streaming import RepeatFilter, UnnamedFilter, hold_back
from components.ingest.sums import add_up

_HEAD_CHARACTERS = 1 << 18
_FEW_LINES = 5
# Also the longest row that can be read.
_BLOCK_BYTES = 1 << 23


@dataclass(frozen=True)
class Form:
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


def delimited_rows(
    file: Path,
    encoding: str,
    source: str,
    options: FileOptions = NO_OPTIONS,
    expected: Sequence[str] = (),
) -> Rows:
    """Open a delimited text file.

    Parameters
    ----------
    file : Path
        The file.
    encoding : str
        Its text encoding.
    source : str
        What to call it in an error.
    options : FileOptions
        What a person has decided about it.
    expected : sequence of str
        Names that its header should hold.

    Raises
    ------
    InvalidSource
        Where columns share a name, or an option does not fit the file; and, while its batches are read,
        where rows have too few or too many cells or a quotation mark is never closed.
    """
    n_skipped = options.skip_rows or 0
    head, is_whole = _read_head(file, encoding, n_skipped, source)
    sep = read_sep_line(head) if not n_skipped else None
    delimiter = _choose_delimiter(head, sep, options, expected, source, is_whole=is_whole)
    records = read_records(head, delimiter, is_whole=is_whole)
    records = [replace(record, line=record.line + n_skipped) for record in records]
    notices = []
    if sep and len(records) > 1:
        records = records[1:]
        notices.append(Notice("note", f"Line 1 (sep={sep}) names the delimiter and is left out."))
    layout = find_layout(records, modal_width(records), options, expected, source)
    names = column_names(layout.names, source)
    # A row that is longer than the head is none of the records.
    n_above = layout.first.line - 1 if layout.first else records[-1].line
    is_empty = is_whole and layout.first is None
    form = Form(file, source, encoding, delimiter, layout, names, n_above, is_empty, options.skip_footer)
    notices += [*layout.notices, *_delimiter_notices(delimiter, names)]
    table = _DelimitedTable(form)
    facts = {"encoding": encoding, "delimiter": name_delimiter(delimiter)}
    return Rows("CSV", table.batches, facts, tuple(notices), lambda: table.notices)


def _read_head(file: Path, encoding: str, n_skipped: int, source: str) -> tuple[str, bool]:
    """Return the text below the rows that are skipped, or enough of it, and whether that is all."""
    with file.open(encoding=encoding, newline="") as text:
        for n_lines in range(n_skipped):
            if not text.readline():
                raise InvalidSource(
                    f"skip_rows: {n_skipped} is more than the {n_lines} lines of {source}.",
                    "Correct skip_rows in problem.yaml.",
                )
        head = text.read(_HEAD_CHARACTERS)
        # A header of very many columns may be longer than that.
        while head.count("\n") < _FEW_LINES and len(head) < _BLOCK_BYTES and (more := text.read(len(head))):
            head += more
        return head, not text.read(1)


def _choose_delimiter(
    head: str, sep: str | None, options: FileOptions, expected: Sequence[str], source: str, *, is_whole: bool
) -> Delimiter:
    if options.delimiter is not None:
        return check_delimiter(options.delimiter, head, source)
    return Delimiter(sep) if sep else find_delimiter(head, expected, is_whole=is_whole)


def _delimiter_notices(delimiter: Delimiter, names: Sequence[str]) -> list[Notice]:
    if delimiter.mark == WHITESPACE:
        text = "Columns are separated by blanks."
        return [Notice("note", text, "To overrule it, write in problem.yaml, for example: delimiter: ','")]
    if delimiter.mark == FIXED:
        text = f"The file is read as {len(names)} columns of fixed width."
        return [Notice("warning", text, "To overrule it, write in problem.yaml, for example: delimiter: ','")]
    if len(names) == 1:
        looked_for = ", ".join([*NAMES.values(), "blanks", "fixed widths"])
        text = f"Only one column was found; delimiters looked for: {looked_for}."
        return [
            Notice(
                "warning",
                text,
                "If there are more, write in problem.yaml what stands between: delimiter: ':'",
            )
        ]
    return []


class _DelimitedTable:
    """Reads the rows of a file, as often as asked, and keeps what the last full pass has seen."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.notices: tuple[Notice, ...] = ()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Read from the first row."""
        form = self._form
        reading = _Reading(form)
        patterns = [_padded(row, len(form.names)) for row in form.layout.below]
        repeats = RepeatFilter(patterns)
        has_header = form.layout.header is not None
        unnamed = UnnamedFilter(
            [
                name
                for name, raw in zip(form.names, form.layout.names, strict=True)
                if has_header and not raw.strip()
            ]
        )
        below: list[Notice] = []

        def sums(n_rows: int, columns: Sequence[int]) -> list[list[tuple[float, int]]]:
            return add_up(RepeatFilter(patterns).apply(_Reading(form).batches()), n_rows, columns)

        def decide(tail: pa.Table, n_before: int) -> int:
            n_left_out, notices = reading.leave_out(tail, n_before, sums)
            below.extend(notices)
            return n_left_out

        rows = hold_back(repeats.apply(reading.batches()), max(TAIL, form.skip_footer or 0), decide)
        yield from unnamed.apply(rows)
        reading.check()
        seen = (repeats.notices(), reading.ragged.notices(), unnamed.notices(), below)
        self.notices = tuple(notice for notices in seen for notice in notices)


class _Reading:
    """One pass over the rows of a file."""

    def __init__(self, form: Form) -> None:
        self._form = form
        mark = form.delimiter.mark if form.delimiter.is_plain else UNIT
        titles = [mark.join(record.cells).strip().replace('"', "") for record in form.layout.above]
        self.ragged = Ragged(mark, len(form.names), titles)
        self._n_read = 0
        self._last_cell = ""

    @property
    def _n_records(self) -> int:
        return self._form.n_lines_above + self._n_read + self.ragged.total

    def batches(self) -> Iterator[pa.RecordBatch]:
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
                f"{form.source} cannot be read on after its first {form.n_lines_above + self._n_read} rows: {error}",
                "Look there for a quotation mark that is never closed.",
            ) from error

    def leave_out(self, tail: pa.Table, n_before: int, sums: Sums) -> tuple[int, list[Notice]]:
        """Return how many of the last rows that fit are left out, and what to say about rows left out."""
        given = self._form.skip_footer
        if given is not None:
            n_ragged = self.ragged.count_from(self._n_records - given + 1)
            n_left_out = min(given - n_ragged, tail.num_rows)
            self.ragged.settle(self._n_records, n_left_out, is_given=given > 0)
            return n_left_out, []
        rows = list(zip(*(column.to_pylist() for column in tail.columns), strict=True))
        footers, kept = find_footers(rows, n_before, sums)
        notes = self.ragged.settle(self._n_records, len(footers), is_given=False)
        return len(footers), [*footer_notice([*notes, *footers]), *kept]

    def check(self) -> None:
        """See that the file was whole, and that every row fitted or was of no consequence."""
        form = self._form
        if form.delimiter.mark != FIXED and _is_left_open(form.file, self._last_cell):
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
                f"The {called} of {form.source} (line {first.line if first else 1}) has {len(form.names)} cells; "
                f"rows with another number of them: {faults} ({faults.total} in all).",
                "Correct these rows (the first row of the file is row 1), or put cells that hold the delimiter "
                f"({name_delimiter(form.delimiter)}) in quotation marks.",
            )


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _open_reader(form: Form, skip: Callable[["pa.csv.InvalidRow"], str]) -> "pa.csv.CSVStreamingReader":
    is_plain = form.delimiter.is_plain
    content = form.file if is_plain else RewrittenText(form.file, form.encoding, form.delimiter)
    is_utf8 = form.encoding.startswith("utf-8") or not is_plain
    return pa.csv.open_csv(
        content,
        pa.csv.ReadOptions(
            # Only with one thread are the numbers of ragged rows known.
            use_threads=False,
            block_size=_BLOCK_BYTES,
            encoding="utf8" if is_utf8 else form.encoding,
            column_names=form.names,
            skip_rows=form.n_lines_above,
        ),
        pa.csv.ParseOptions(
            delimiter=form.delimiter.mark if is_plain else UNIT,
            quote_char=False if form.delimiter.mark == FIXED else '"',
            newlines_in_values=form.delimiter.mark != FIXED,
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
