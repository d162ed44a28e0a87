"""The reader of delimited text: one pass over the rows of a file whose layout is known."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from components._files.delimiters import name_delimiter
from components._files.file_records import FIXED, Delimiter
from components._files.footers import collect_footer_notices, find_footers
from components._files.layout import Layout
from components._files.ragged_rows import RaggedRows
from components._files.rewritten_text import UNIT, RewrittenText
from components._files.sums import SumFunction
from components._table.arrow import join_batches
from components._table.notice import Notice
from components.errors import InvalidSource

# Bytes of the longest row that can be read.
BLOCK_BYTES = 1 << 23
# Arrow reads up to 32 blocks ahead, so they are small unless some row is longer.
_SMALL_BLOCK_BYTES = 1 << 20
# Small blocks are joined, because the columns of a wide table have few rows in each: at least so many blocks
# with so many rows, unless they have as many bytes.
_JOINED = 4
_JOINED_ROWS = 1_000
_MOST_JOINED_BYTES = 1 << 25
_TOO_LONG = "straddling object"


@dataclass(frozen=True)
class DelimitedFile:
    """A delimited file before its rows are read.

    Attributes
    ----------
    path : Path
        The file.
    source : str
        What to call it in an error.
    encoding : str
        Its text encoding.
    delimiter : Delimiter
        What separates its cells.
    layout : Layout
        Where its table is.
    names : list of str
        The columns; no name is empty.
    n_lines_above : int
        Lines before the first row of values.
    is_empty : bool
        Whether the file has no row of values.
    skip_footer : int or None
        Rows at the end to leave out; None: find them.
    """

    path: Path
    source: str
    encoding: str
    delimiter: Delimiter
    layout: Layout
    names: list[str]
    n_lines_above: int
    is_empty: bool
    skip_footer: int | None


class DelimitedReader:
    """One pass over the rows of a file.

    Attributes
    ----------
    ragged : RaggedRows
        The rows with another number of cells.
    n_bytes_read : int
        How far in the file it is; some blocks are read ahead.
    """

    def __init__(self, file: DelimitedFile) -> None:
        self._file = file
        self.n_bytes_read = 0
        self.ragged = _collect_ragged(file)
        self._n_read = 0
        self._last_cell = ""

    @property
    def _n_records(self) -> int:
        return self._file.n_lines_above + self._n_read + self.ragged.total

    def iterate_batches(self) -> Iterator[pa.RecordBatch]:
        """Read from the first row of values; rows with another number of cells go to ``ragged``."""
        file = self._file
        if file.is_empty:
            return
        try:
            yield from _join_blocks(self._iterate_blocks())
        except (OSError, pa.ArrowException) as error:
            raise InvalidSource(
                f"{file.source} cannot be read beyond its first {file.n_lines_above + self._n_read} rows: "
                f"{error}",
                "Look there for a quotation mark without a closing one, or a row of more than "
                f"{BLOCK_BYTES >> 20} MiB.",
            ) from error

    def _iterate_blocks(self) -> Iterator[pa.RecordBatch]:
        n_yielded = 0
        for block_bytes in (_SMALL_BLOCK_BYTES, BLOCK_BYTES):
            self.ragged = _collect_ragged(self._file)
            self._n_read = 0
            try:
                content = _open_content(self._file)
                for batch in _open_reader(self._file, content, self.ragged.add, block_bytes):
                    self.n_bytes_read = content.tell()
                    self._n_read += batch.num_rows
                    if batch.num_rows:
                        self._last_cell = batch.column(batch.num_columns - 1)[-1].as_py()
                    # In larger blocks, the rows that are known come first.
                    n_new = max(0, min(self._n_read - n_yielded, batch.num_rows))
                    if n_new > 0 or not batch.num_rows:
                        n_yielded += n_new
                        yield batch.slice(batch.num_rows - n_new)
            except pa.ArrowInvalid as error:
                if _TOO_LONG not in str(error) or block_bytes == BLOCK_BYTES:
                    raise
            else:
                return

    def count_footers(
        self, tail: pa.Table, n_before: int, compute_sums: SumFunction
    ) -> tuple[int, list[Notice]]:
        """Return how many of the last rows that fit are left out, and the notices about rows left out."""
        skip_footer = self._file.skip_footer
        if skip_footer is not None:
            n_ragged = self.ragged.count_from(self._n_records - skip_footer + 1)
            n_left_out = min(skip_footer - n_ragged, tail.num_rows)
            self.ragged.split_footers(self._n_records, n_left_out, skip_footer)
            return n_left_out, []
        rows = list(zip(*(column.to_pylist() for column in tail.columns), strict=True))
        footers, kept = find_footers(rows, n_before, compute_sums)
        notes = self.ragged.split_footers(self._n_records, len(footers), None)
        return len(footers), [*collect_footer_notices([*notes, *footers]), *kept]

    def check_rows(self) -> None:
        """Check that the file is complete, and that each row fits or can be left out.

        Raises
        ------
        InvalidSource
            The last quoted cell has no end, or rows have too few or too many cells.
        """
        file = self._file
        is_quoting = file.delimiter.mark != FIXED and file.delimiter.is_quoting
        if is_quoting and _is_left_open(file.path, self._last_cell):
            raise InvalidSource(
                f"The last cell of {file.source}, in row {self._n_records}, begins with a quotation mark and "
                "has no closing one.",
                "Close it. If the quotation mark belongs to the text, write it twice.",
            )
        faults = self.ragged.faults
        if faults.total:
            first = file.layout.header or file.layout.first
            row_name = "header" if file.layout.header else "first row"
            raise InvalidSource(
                f"The {row_name} of {file.source} (line {first.line if first else 1}) has {len(file.names)} "
                f"cells, but other rows have another number: {faults} ({faults.total} in total).",
                "Correct these rows (the first row of the file is row 1). If a cell contains the delimiter "
                f"({name_delimiter(file.delimiter)}), put the cell in quotation marks.",
            )


def _join_blocks(blocks: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    joined: list[pa.RecordBatch] = []
    for block in blocks:
        joined.append(block)
        is_long = len(joined) >= _JOINED and sum(of.num_rows for of in joined) >= _JOINED_ROWS
        if is_long or sum(of.nbytes for of in joined) >= _MOST_JOINED_BYTES:
            yield join_batches(joined)
            joined = []
    if joined:
        yield join_batches(joined)


def _collect_ragged(file: DelimitedFile) -> RaggedRows:
    mark = file.delimiter.mark if file.delimiter.is_plain else UNIT
    titles = [mark.join(record.cells).strip().replace('"', "") for record in file.layout.above]
    return RaggedRows(mark, len(file.names), titles)


def _open_content(file: DelimitedFile) -> "pa.OSFile | RewrittenText":
    if file.delimiter.is_plain:
        return pa.OSFile(str(file.path))
    return RewrittenText(file.path, file.encoding, file.delimiter)


def _open_reader(
    file: DelimitedFile,
    content: "pa.OSFile | RewrittenText",
    skip: Callable[["pa.csv.InvalidRow"], str],
    block_bytes: int,
) -> "pa.csv.CSVStreamingReader":
    is_plain = file.delimiter.is_plain
    # Their cells have no quotation marks, or have lost them when the lines were cut.
    is_unquoted = file.delimiter.mark == FIXED or file.delimiter.is_spaced or not file.delimiter.is_quoting
    is_utf8 = file.encoding.startswith("utf-8") or not is_plain
    return pa.csv.open_csv(
        content,
        pa.csv.ReadOptions(
            # Arrow numbers ragged rows only if it uses one thread.
            use_threads=False,
            block_size=block_bytes,
            encoding="utf8" if is_utf8 else file.encoding,
            column_names=file.names,
            skip_rows=file.n_lines_above,
        ),
        pa.csv.ParseOptions(
            delimiter=file.delimiter.mark if is_plain else UNIT,
            quote_char=False if is_unquoted else '"',
            escape_char=file.delimiter.escape or False,
            newlines_in_values=not is_unquoted,
            invalid_row_handler=skip,
        ),
        pa.csv.ConvertOptions(column_types=dict.fromkeys(file.names, pa.string()), strings_can_be_null=False),
    )


def _is_left_open(file: Path, last_cell: str) -> bool:
    """Return whether the file ends inside a quoted cell: Arrow does not report this."""
    if "\n" not in last_cell and "\r" not in last_cell:
        return False
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - 64))
        # In UTF-16 every second byte of these characters is null.
        return not content.read().rstrip(b"\r\n\0").endswith(b'"')
