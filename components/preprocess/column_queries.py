"""The training rows on this machine: DuckDB answers what needs all values of a column at once."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from components._recipe.preprocess import convert_numbers
from components._table.engine import TableEngine
from components._table.keys import are_sentences, compute_text_step
from components._table.long_texts import is_shortened
from components._table.sorted_numbers import count_sortable_columns
from components._table.storage import count_rows, iterate_batches
from components.preprocess.statistics import (
    MANY_TEXTS,
    READ_COLUMNS,
    OrderStatistics,
    TextStatistics,
    list_quartile_ranks,
    summarise_order,
)

Result = TypeVar("Result")
_TABLE = "training"


class ColumnQueries:
    """Training rows on disk, asked about whole columns; a `TrainingRows` of one part.

    Parameters
    ----------
    path : str or Path
        Folder of the table.
    engine : TableEngine
        The engine, without tables.
    """

    def __init__(self, path: str | Path, engine: TableEngine) -> None:
        self._path = path
        self._engine = engine

    @cached_property
    def n_rows(self) -> int:
        """Number of rows."""
        return count_rows(self._path)

    def describe(self) -> list[str]:
        """Return nothing to say: this is what a person expects."""
        return []

    def map(self, function: Callable[..., Result], *arguments: object) -> Iterator[Result]:
        """Yield the result of a function for all rows."""
        yield function(partial(iterate_batches, self._path), *arguments)

    def describe_texts(self, names: Sequence[str], least: float) -> dict[str, TextStatistics]:
        """Return what the texts of columns are like, with those that have at least so many rows."""
        return {
            name: TextStatistics(self._has_many_sentences(name), self._list_frequent(name, least))
            for name in names
        }

    def find_orders(self, names: Sequence[str]) -> dict[str, OrderStatistics]:
        """Return the extremes of numbers, and their quartiles as ``numpy.quantile`` computes them."""
        n_together = min(READ_COLUMNS, count_sortable_columns(self.n_rows, self._engine.memory))
        if not n_together:
            return {name: self._find_order(name) for name in names}
        blocks = (list(names[start : start + n_together]) for start in range(0, len(names), n_together))
        return {name: order for block in blocks for name, order in self._sort_block(block).items()}

    def _has_many_sentences(self, name: str) -> bool:
        """Return whether a column has many categories of several words, such as descriptions of products."""
        # The names in SQL are made here.
        texts = f"SELECT DISTINCT v FROM {self._select(name, 'VARCHAR')}"  # noqa: S608
        n_texts = self._count(f"({texts})")
        if n_texts <= MANY_TEXTS:
            return False
        step = compute_text_step(n_texts)
        some: list[str] = []
        n_seen = 0
        for batch in self._engine.query(f"{texts} ORDER BY v"):
            some += batch.column(0).take(pa.array(range(-n_seen % step, batch.num_rows, step))).to_pylist()
            n_seen += batch.num_rows
        return are_sentences(some)

    def _list_frequent(self, name: str, least: float) -> list[str]:
        """Return the texts of a column that have at least so many rows, in any order; no long ones."""
        query = f"SELECT v FROM {self._select(name, 'VARCHAR')} GROUP BY v HAVING count(*) >= ?"  # noqa: S608
        found = self._engine.query_table(query, [least]).column(0).to_pylist()
        return [text for text in found if not is_shortened(text)]

    def _sort_block(self, names: list[str]) -> dict[str, OrderStatistics]:
        """Return the order statistics of some columns, whose numbers fit into memory."""
        batches = iterate_batches(self._path, names)
        values = np.concatenate([convert_numbers(batch.to_pandas(), names) for batch in batches])
        orders = {}
        for name, column in zip(names, values.T, strict=True):
            # Zero has either sign.
            known = np.sort(column[np.isfinite(column)]) + 0.0
            orders[name] = OrderStatistics()
            if len(known):
                quartiles = known[list_quartile_ranks(len(known))]
                orders[name] = summarise_order(len(known), float(known[0]), float(known[-1]), quartiles)
        return orders

    def _find_order(self, name: str) -> OrderStatistics:
        known = f"{self._select(name, 'DOUBLE')} WHERE isfinite(v)"
        n_known = self._count(known)
        if not n_known:
            return OrderStatistics()
        ranks = list_quartile_ranks(n_known)
        least, largest, *values = self._find_ranks(known, np.array([0, n_known - 1, *ranks.ravel()]))
        return summarise_order(n_known, least, largest, np.reshape(values, ranks.shape))

    def _find_ranks(self, source: str, ranks: np.ndarray) -> list[float]:
        """Return the numbers at these places, from 0, among those of a source in order."""
        found = np.empty(len(ranks))
        n_seen = 0
        counts = f"SELECT v, count(*) FROM {source} GROUP BY v ORDER BY v"  # noqa: S608
        for batch in self._engine.query(counts):
            ends = n_seen + np.cumsum(batch.column(1).to_numpy())
            is_here = (ranks >= n_seen) & (ranks < ends[-1])
            found[is_here] = batch.column(0).to_numpy()[np.searchsorted(ends, ranks[is_here], side="right")]
            n_seen = int(ends[-1])
        # Zero, of which the engine counts both signs as one, has either of them.
        return list((found + 0.0).tolist())

    def _count(self, source: str) -> int:
        found = self._engine.query_table(f"SELECT count(*) FROM {source}")  # noqa: S608
        return int(found.column(0)[0].as_py())

    @cached_property
    def _columns(self) -> dict[str, str]:
        return self._engine.add_table(_TABLE, self._path)

    def _select(self, name: str, kind: str) -> str:
        """Return the known values of a column as a source of queries."""
        column = self._columns[name]
        source = self._engine.select(_TABLE, [column])
        return f"(SELECT CAST({column} AS {kind}) AS v FROM {source} WHERE {column} IS NOT NULL)"  # noqa: S608
