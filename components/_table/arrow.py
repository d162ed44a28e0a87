"""The kinds of columns in Arrow and Parquet."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from components._table.schema import Kind

# The one type of each kind in Parquet, so that a content hash does not depend on whether a source has int32
# or int64.
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "datetime": pa.timestamp("us"),
}
# What a column of these types becomes in a data frame if any of its rows is null.
TYPES_WITH_NULLS = {pa.int64(): "float64", pa.bool_(): "object"}


def get_kind(type_: pa.DataType) -> Kind | None:
    """Return the kind with an Arrow type; None for a type that no column of a table may have."""
    for kind, canonical in ARROW_TYPES.items():
        if type_ == canonical:
            return kind
    return None


def join_batches(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Return batches with one schema as one batch, and empty their list."""
    if len(batches) == 1:
        return batches.pop()
    schema = batches[0].schema
    parts = [batch.columns for batch in batches]
    batches.clear()
    # Each column of the parts is freed once it is copied, so a wide table is not in memory twice.
    columns = [pa.concat_arrays([part.pop(0) for part in parts]) for _ in schema]
    return pa.record_batch(columns, schema=schema)


def decode_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch with the texts of its dictionaries."""
    columns = [
        column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
        for column in batch.columns
    ]
    return pa.record_batch(columns, names=batch.schema.names)


def rechunk(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows of batches in batches of one size, of which the last may be smaller."""
    return map(join_batches, group_batches(batches, size))


def cut_batches(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Yield pieces of batches, cut at each multiple of ``size`` rows, and whether a piece ends there."""
    n_missing = size
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            piece = batch.slice(start, n_missing)
            start += piece.num_rows
            n_missing -= piece.num_rows
            yield piece, n_missing == 0
            n_missing = n_missing or size


def group_batches(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[list[pa.RecordBatch]]:
    """Yield the rows of batches in lists of batches with ``size`` rows; the last may have fewer."""
    pieces: list[pa.RecordBatch] = []
    for piece, is_last in cut_batches(batches, size):
        pieces.append(piece)
        if is_last:
            yield pieces
            pieces = []
    if pieces:
        yield pieces


def pack_batches(
    batches: Iterable[pa.RecordBatch], most_rows: int, most_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Yield small batches, joined up to a number of rows and of bytes; larger ones as they are.

    ``rechunk`` copies the rows of large batches, too, so that all have one size.
    """
    pieces: list[pa.RecordBatch] = []
    n_rows = n_bytes = 0
    for batch in batches:
        if pieces and (n_rows + batch.num_rows > most_rows or n_bytes + batch.nbytes > most_bytes):
            yield join_batches(pieces)
            pieces = []
            n_rows = n_bytes = 0
        if batch.num_rows:
            pieces.append(batch)
            n_rows += batch.num_rows
            n_bytes += batch.nbytes
    if pieces:
        yield join_batches(pieces)
