"""Rows of a stored table: streamed, or some of them by their numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from components._table.kinds import Kind
from components._table.storage import open_table
from pipelines.data.row_hash import hash_values


def iterate_numbered(
    table: str, columns: Sequence[str] | None = None
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield the batches of a table, each with the number of its first row; few are read ahead."""
    first = 0
    names = None if columns is None else list(columns)
    for batch in open_table(table).to_batches(columns=names, batch_readahead=2, fragment_readahead=1):
        yield first, batch
        first += batch.num_rows


def take_rows(table: str, rows: np.ndarray, columns: Sequence[str]) -> list[dict[str, object]]:
    """Return some rows of a table, in the order of their numbers in ``rows``."""
    if not len(rows) or not columns:
        return [{} for _ in rows]
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    found: list[dict[str, object]] = []
    for first, batch in iterate_numbered(table, columns):
        low, high = np.searchsorted(ordered, [first, first + batch.num_rows])
        if low < high:
            found += batch.take(pa.array(ordered[low:high] - first)).to_pylist()
        if high == len(ordered):
            break
    taken: list[dict[str, object]] = [{}] * len(found)
    for place, row in zip(order, found, strict=True):
        taken[place] = row
    return taken


def hash_cells(table: str, rows: np.ndarray, order: np.ndarray, column: str, kind: Kind) -> np.ndarray:
    """Return a 64-bit hash of a column's value in some rows, in the order of ``rows``.

    ``order`` sorts them, and is the same for all columns: to sort millions takes as long as to read them.
    """
    ordered = rows[order]
    hashes = np.empty(len(rows), dtype=np.uint64)
    for first, batch in iterate_numbered(table, [column]):
        low, high = np.searchsorted(ordered, [first, first + batch.num_rows])
        if low < high:
            values = batch.column(0).take(pa.array(ordered[low:high] - first))
            hashes[order[low:high]] = hash_values(values, kind)
        if high == len(ordered):
            break
    return hashes
