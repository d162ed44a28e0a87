"""The batches of a shard, predicted by this process or by the workers of Dask."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pyarrow as pa
from threadpoolctl import threadpool_limits

from components._dask.partitions import Partition, iterate_partition, list_partitions
from components._dask.workers import Workers
from components._table.storage import read_rows
from components.score.batch_scorer import BatchScorer, ScoredBatch
from components.score.row_counts import RowCounts

# Takes the rows of a batch, its predictions and its counts.
WritePart = Callable[[range, pa.Table, RowCounts], None]


class PlacedBatch(NamedTuple):
    """A batch, and where its rows are.

    Attributes
    ----------
    rows : range
        Numbers of its rows in the table.
    first : int
        Number of the first row of its partitions.
    partitions : tuple of Partition
        The partitions that have its rows, in their order.
    """

    rows: range
    first: int
    partitions: tuple[Partition, ...]

    def __str__(self) -> str:
        return f"rows {self.rows.start:,} to {self.rows.stop - 1:,}"


def score_here(
    scorer: BatchScorer, dataset: str, batches: Sequence[range], write: WritePart, n_threads: int
) -> None:
    """Predict batches in this process, some at a time, and write each."""

    def score_batch(rows: range) -> None:
        write(rows, *scorer.score(rows, read_rows(dataset, rows, scorer.columns)))

    # Several threads of linear algebra in each of several batches wait for each other.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as threads:
        for _ in threads.map(score_batch, batches):
            pass


def score_on_workers(
    scorer: BatchScorer, dataset: str, batches: Sequence[range], write: WritePart, workers: Workers
) -> None:
    """Predict batches on workers, which get the model once each, and write each here."""
    scored = workers.map(_score_batch, place_batches(dataset, batches), workers.share(scorer))
    for rows, batch in zip(batches, scored, strict=True):
        write(rows, *batch)


def place_batches(dataset: str, batches: Sequence[range]) -> list[PlacedBatch]:
    """Return the batches of a table with their partitions.

    Parameters
    ----------
    dataset : str
        Folder of the table.
    batches : sequence of range
        Numbers of the rows of each batch, rising.
    """
    # As small as they can be: a worker reads all rows of the partitions that a batch touches.
    partitions = list_partitions(dataset, most_rows=1)
    placed, at, first = [], 0, 0
    for rows in batches:
        while first + partitions[at].n_rows <= rows.start:
            first += partitions[at].n_rows
            at += 1
        end, stop = at, first
        while stop < rows.stop:
            stop += partitions[end].n_rows
            end += 1
        placed.append(PlacedBatch(rows, first, tuple(partitions[at:end])))
    return placed


def _score_batch(batch: PlacedBatch, scorer: BatchScorer) -> ScoredBatch:
    pieces = [
        piece for partition in batch.partitions for piece in iterate_partition(partition, scorer.columns)
    ]
    table = pa.Table.from_batches(pieces).slice(batch.rows.start - batch.first, len(batch.rows))
    return scorer.score(batch.rows, table)
