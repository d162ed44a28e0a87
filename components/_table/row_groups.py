"""Row groups: rows collected in batches until they are as many as a table on disk has in each row group."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import cut_batches

# Rows of more bytes are collected on disk: those who hash and write them need one column at a time.
_MOST_BYTES = 1 << 26
# Who reads a row group holds at least a page of each column, and DuckDB its next 2,048 rows.
_MOST_TEXT_BYTES = 1 << 24


def collect_row_groups(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, n_rows: int, most_bytes: int = _MOST_BYTES
) -> Iterator[pa.Table]:
    """Yield the rows of batches in tables of ``n_rows`` rows; the last may have fewer.

    Parameters
    ----------
    batches : iterable of RecordBatch
        The rows, with ``schema``.
    schema : Schema
        Their columns.
    n_rows : int
        Rows of a table.
    most_bytes : int
        Bytes of a table that may be in memory. A larger one is a file that is mapped into memory, whose pages
        the kernel may drop.
    """
    with tempfile.TemporaryDirectory() as folder:
        group = _RowGroup(schema, Path(folder) / "rows", most_bytes)
        for piece, is_last in cut_batches(batches, n_rows):
            group.add(piece)
            if is_last:
                yield group.take()
        if group.has_rows:
            yield group.take()


def cut_long_texts(group: pa.Table, most_bytes: int = _MOST_TEXT_BYTES) -> Iterator[pa.Table]:
    """Yield a table in pieces in which no column of texts has more bytes, unless a single text has.

    Parameters
    ----------
    group : Table
        The rows.
    most_bytes : int
        Bytes that the texts of a column may have in a piece.
    """
    columns = [column for column in group.columns if pa.types.is_string(column.type)]
    long = [column for column in columns if column.nbytes > most_bytes]
    ends = [np.cumsum(pc.binary_length(column).fill_null(0).to_numpy(), dtype=np.int64) for column in long]
    start = 0
    while start < group.num_rows:
        stops = [
            np.searchsorted(end, most_bytes + (end[start - 1] if start else 0), side="right") for end in ends
        ]
        stop = max(start + 1, min(map(int, stops), default=group.num_rows))
        yield group.slice(start, stop - start)
        start = stop


class _RowGroup:
    """The rows so far, in memory or, once they are too many for it, in a file."""

    def __init__(self, schema: pa.Schema, file: Path, most_bytes: int) -> None:
        self._schema = schema
        self._file = file
        self._most_bytes = most_bytes
        self._pieces: list[pa.RecordBatch] = []
        self._n_bytes = 0
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    @property
    def has_rows(self) -> bool:
        return bool(self._pieces) or self._writer is not None

    def add(self, piece: pa.RecordBatch) -> None:
        self._pieces.append(piece)
        self._n_bytes += piece.nbytes
        if self._n_bytes > self._most_bytes:
            self._spill()

    def take(self) -> pa.Table:
        """Return the rows, and begin anew."""
        if self._writer is None:
            table = pa.Table.from_batches(self._pieces, self._schema)
            self._clear()
            return table
        self._spill()
        self._writer.close()
        self._writer = None
        with pa.memory_map(str(self._file)) as content:
            table = pa.ipc.open_stream(content).read_all()
        # A mapped file stays as long as someone uses it.
        self._file.unlink()
        return table

    def _spill(self) -> None:
        if self._writer is None:
            self._writer = pa.ipc.new_stream(str(self._file), self._schema)
        for piece in self._pieces:
            self._writer.write_batch(piece)
        self._clear()

    def _clear(self) -> None:
        self._pieces = []
        self._n_bytes = 0
