"""Delimited text: find the delimiter and the header of CSV and similar files, and read them as text."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from components._files.delimited_reader import BLOCK_BYTES, DelimitedFile, DelimitedReader
from components._files.delimiters import (
    NAMES,
    check_delimiter,
    compute_modal_width,
    find_delimiter,
    name_delimiter,
    parse_sep_line,
)
from components._files.file_records import FIXED, WHITESPACE, Delimiter, parse_records
from components._files.footers import TAIL
from components._files.layout import find_layout
from components._files.row_filters import RepeatFilter, UnnamedFilter, drop_last_rows
from components._files.row_stream import NO_OPTIONS, RowStream, name_columns
from components._files.sums import ColumnSums, compute_column_sums
from components._problem.reading_options import FileOptions
from components._table.notice import Notice
from components.errors import InvalidSource

_HEAD_CHARACTERS = 1 << 18
_FEW_LINES = 5


def open_delimited(
    file: Path,
    encoding: str,
    source: str,
    options: FileOptions = NO_OPTIONS,
    expected: Sequence[str] = (),
) -> RowStream:
    """Open a delimited text file; the arguments are those of ``open_rows``.

    Raises
    ------
    InvalidSource
        Columns share a name, or an option does not fit the file; and, while its batches are read: rows
        have too few or too many cells, or a quotation mark is not closed.
    """
    n_skipped = options.skip_rows or 0
    head, is_whole = _read_head(file, encoding, n_skipped, source)
    sep = parse_sep_line(head) if not n_skipped else None
    delimiter = _choose_delimiter(head, sep, options, expected, source, is_whole=is_whole)
    records = parse_records(head, delimiter, is_whole=is_whole)
    records = [replace(record, line=record.line + n_skipped) for record in records]
    notices = []
    if sep and len(records) > 1:
        records = records[1:]
        notices.append(Notice("note", f"Line 1 (sep={sep}) names the delimiter and is left out."))
    layout = find_layout(records, compute_modal_width(records), options, expected, source)
    names = name_columns(layout.names, source)
    # Records do not include a row that is longer than the head.
    n_above = layout.first.line - 1 if layout.first else records[-1].line
    is_empty = is_whole and layout.first is None
    skip_footer = options.skip_footer
    table = _DelimitedTable(
        DelimitedFile(file, source, encoding, delimiter, layout, names, n_above, is_empty, skip_footer)
    )
    notices += [*layout.notices, *_collect_delimiter_notices(delimiter, names)]
    facts = {"encoding": encoding, "delimiter": name_delimiter(delimiter)}
    return RowStream(
        "CSV",
        table.iterate_batches,
        facts,
        tuple(notices),
        lambda: table.notices,
        first_line=n_above + 1,
        n_bytes=file.stat().st_size,
        count_read=lambda: table.n_read,
    )


def _read_head(file: Path, encoding: str, n_skipped: int, source: str) -> tuple[str, bool]:
    """Return the text below the skipped rows, or enough of it, and whether that is the rest of the file."""
    with file.open(encoding=encoding, newline="") as text:
        for n_lines in range(n_skipped):
            if not text.readline():
                raise InvalidSource(
                    f"skip_rows: {n_skipped} is more than the {n_lines} lines of {source}.",
                    "Correct skip_rows in problem.yaml.",
                )
        head = text.read(_HEAD_CHARACTERS)
        # A header with very many columns may be longer.
        while head.count("\n") < _FEW_LINES and len(head) < BLOCK_BYTES and (more := text.read(len(head))):
            head += more
        return head, not text.read(1)


def _choose_delimiter(
    head: str, sep: str | None, options: FileOptions, expected: Sequence[str], source: str, *, is_whole: bool
) -> Delimiter:
    if options.delimiter is not None:
        return check_delimiter(options.delimiter, head, source)
    return Delimiter(sep) if sep else find_delimiter(head, expected, is_whole=is_whole)


def _collect_delimiter_notices(delimiter: Delimiter, names: Sequence[str]) -> list[Notice]:
    remedy = "To change that, write in problem.yaml, for example: delimiter: ','"
    if delimiter.mark == WHITESPACE:
        return [Notice("note", "Columns are separated by blanks.", remedy)]
    if delimiter.mark == FIXED:
        text = f"The file is read as {len(names)} columns of fixed width."
        return [Notice("warning", text, remedy)]
    if len(names) == 1:
        tried = ", ".join([*NAMES.values(), "blanks", "fixed widths"])
        text = f"Only one column was found. These delimiters were tried: {tried}."
        remedy = "If there are more, write the delimiter in problem.yaml, for example: delimiter: ':'"
        return [Notice("warning", text, remedy)]
    if delimiter.escape:
        return [Notice("note", "Backslashes before quotation marks inside cells are removed.")]
    return []


class _DelimitedTable:
    """The rows of a file, which can be read again and again, and the notices of the last full pass."""

    def __init__(self, file: DelimitedFile) -> None:
        self._file = file
        self.notices: tuple[Notice, ...] = ()
        self.n_read = 0

    def iterate_batches(self) -> Iterator[pa.RecordBatch]:
        """Read from the first row."""
        file = self._file
        reader = DelimitedReader(file)
        width = len(file.names)
        patterns = [[*row[:width], *[""] * (width - len(row))] for row in file.layout.header_rows]
        patterns += [row.cells for row in file.layout.above if len(row.cells) == width and row.n_filled]
        repeats = RepeatFilter(patterns)
        has_header = file.layout.header is not None
        pairs = zip(file.names, file.layout.names, strict=True)
        unnamed = UnnamedFilter([name for name, title in pairs if has_header and not title.strip()])
        footer_notices: list[Notice] = []

        def compute_sums(n_rows: int, columns: Sequence[int]) -> ColumnSums:
            return compute_column_sums(
                RepeatFilter(patterns).apply(DelimitedReader(file).iterate_batches()), n_rows, columns
            )

        def count_footers(tail: pa.Table, n_before: int) -> int:
            n_left_out, notices = reader.count_footers(tail, n_before, compute_sums)
            footer_notices.extend(notices)
            return n_left_out

        rows = drop_last_rows(
            repeats.apply(reader.iterate_batches()), max(TAIL, file.skip_footer or 0), count_footers
        )
        for batch in unnamed.apply(rows):
            self.n_read = reader.n_bytes_read
            yield batch
        reader.check_rows()
        self.notices = (
            *repeats.collect_notices(),
            *reader.ragged.collect_notices(),
            *unnamed.collect_notices(),
            *footer_notices,
        )
