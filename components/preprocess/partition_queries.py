"""The training rows in partitions, which workers read: each tells what it can, and the parts are merged."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from typing import TypeVar

import numpy as np
import pyarrow as pa

from components._dask.partitions import Partition, iterate_groups, open_partition
from components._dask.workers import Workers
from components._recipe.preprocess import convert_numbers
from components.preprocess.order_search import (
    Bracket,
    Inside,
    OrderPoints,
    choose_points,
    collect_inside,
    find_brackets,
    find_ranks,
)
from components.preprocess.statistics import (
    MANY_TEXTS,
    ColumnReader,
    OrderStatistics,
    TextStatistics,
    list_quartile_ranks,
    summarise_order,
)
from components.preprocess.text_search import (
    TextPart,
    TextSample,
    count_texts,
    describe_part,
    have_many_sentences,
    merge_samples,
)

Result = TypeVar("Result")


class PartitionQueries:
    """Training rows in partitions, asked by the workers of Dask; a `TrainingRows` of several parts.

    Parameters
    ----------
    workers : Workers
        The workers.
    partitions : sequence of Partition
        The partitions, in the order of the rows.
    reason : str
        Why Dask was chosen.
    """

    def __init__(self, workers: Workers, partitions: Sequence[Partition], reason: str) -> None:
        self._workers = workers
        self._partitions = partitions
        self._reason = reason

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(partition.n_rows for partition in self._partitions)

    def describe(self) -> list[str]:
        """Return which workers read the rows, and why."""
        return [f"Computed by {self._workers.describe()}: {self._reason}."]

    def map(self, function: Callable[..., Result], *arguments: object) -> Iterator[Result]:
        """Yield the results of a pure function of a module for each partition, in their order."""
        return self._workers.map(_call_with_reader, self._partitions, function, *arguments)

    def find_orders(self, names: Sequence[str]) -> dict[str, OrderStatistics]:
        """Return the extremes of numbers, and their quartiles as ``numpy.quantile`` computes them."""
        points = _group_by_column(self.map(choose_points_of_columns, list(names)), names)
        known = {name: sum(part.n_known for part in parts) for name, parts in points.items()}
        brackets = {
            name: find_brackets(points[name], *list_quartile_ranks(n_known))
            for name, n_known in known.items()
            if n_known
        }
        inside = _group_by_column(self.map(collect_inside_columns, brackets), list(brackets))
        orders = dict.fromkeys(names, OrderStatistics())
        for name, parts in inside.items():
            ranks = list_quartile_ranks(known[name])
            values = [
                find_ranks(of, pair) for of, pair in zip(zip(*parts, strict=True), ranks.T, strict=True)
            ]
            ends = np.concatenate([part.values for part in points[name]])
            # Zero has either sign in a part.
            orders[name] = summarise_order(
                known[name], ends.min() + 0.0, ends.max() + 0.0, np.transpose(values) + 0.0
            )
        return orders

    def describe_texts(self, names: Sequence[str], least: float) -> dict[str, TextStatistics]:
        """Return what the texts of columns are like, with those that have at least so many rows."""
        candidates: dict[str, dict[str, None]] = {name: {} for name in names}
        samples: dict[str, TextSample] = {}
        for part in self.map(describe_parts_of_columns, list(names), least, self.n_rows):
            for name, of in part.items():
                candidates[name] |= dict.fromkeys(of.candidates)
                samples[name] = merge_samples([samples[name], of.sample]) if name in samples else of.sample
        wanted = {name: list(of) for name, of in candidates.items()}
        counts = reduce(_add_counts, self.map(count_texts_of_columns, wanted))
        return {
            name: TextStatistics(
                have_many_sentences(samples[name], MANY_TEXTS),
                [text for text, count in zip(wanted[name], counts[name], strict=True) if count >= least],
            )
            for name in names
        }


def choose_points_of_columns(read: ColumnReader, names: list[str]) -> dict[str, OrderPoints]:
    """Return some of the numbers of each column of a part."""
    return {name: choose_points(_read_known(read, name)) for name in names}


def collect_inside_columns(read: ColumnReader, brackets: dict[str, list[Bracket]]) -> dict[str, list[Inside]]:
    """Return the numbers of each column of a part within its brackets."""
    found = {}
    for name, of in brackets.items():
        known = _read_known(read, name)
        found[name] = [collect_inside(known, bracket) for bracket in of]
    return found


def describe_parts_of_columns(
    read: ColumnReader, names: list[str], least: float, n_all_rows: int
) -> dict[str, TextPart]:
    """Return what a part tells of its texts, by column."""
    found = {}
    for name in names:
        texts = _read_column(read, name)
        found[name] = describe_part(texts, len(texts), least, n_all_rows)
    return found


def count_texts_of_columns(read: ColumnReader, wanted: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """Return the rows of wanted texts of a part, by column."""
    return {name: count_texts(_read_column(read, name), of) for name, of in wanted.items()}


def _call_with_reader(partition: Partition, function: Callable[..., Result], *arguments: object) -> Result:
    with open_partition(partition) as file:
        return function(partial(iterate_groups, file, partition), *arguments)


def _group_by_column(parts: Iterable[dict[str, Result]], names: Sequence[str]) -> dict[str, list[Result]]:
    """Return what the parts tell of each column, in their order."""
    grouped: dict[str, list[Result]] = {name: [] for name in names}
    for part in parts:
        for name, of in part.items():
            grouped[name].append(of)
    return grouped


def _add_counts(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: of + second[name] for name, of in first.items()}


def _read_column(read: ColumnReader, name: str) -> pa.ChunkedArray:
    return pa.chunked_array([batch.column(0) for batch in read([name])])


def _read_known(read: ColumnReader, name: str) -> np.ndarray:
    """Return the finite numbers of a column of a part, sorted."""
    values = np.concatenate([convert_numbers(batch.to_pandas(), [name])[:, 0] for batch in read([name])])
    return np.sort(values[~np.isnan(values)])
