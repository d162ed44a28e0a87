"""What all training rows teach the recipe's first step, where they do not fit into memory.

Quartiles, fences, null indicators and categories are those of a fit in memory. Means and scales are within
1e-9 of them: floats are added in another order.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from components._compiled.steps import fill_and_clip
from components._recipe.model_input import to_dates
from components._recipe.preprocess import (
    QUARTILES,
    NumberStatistics,
    Preprocessor,
    Statistics,
    compute_exponents,
    compute_fences,
    compute_least_rows,
    convert_numbers,
    export_fences,
    sort_categories,
)
from components._table.engine import TableEngine
from components._table.keys import are_sentences, compute_text_step
from components._table.storage import count_rows, iterate_batches

# Numbers that are read at a time: a batch of them takes 32 MB.
READ_COLUMNS = 64
# Fewer texts are categories, and no more.
MANY_TEXTS = 100


class OrderStatistics(NamedTuple):
    """The finite values of a number: how many, the least and the largest, and the quartiles; 0 of none."""

    n_known: int = 0
    least: float = 0.0
    largest: float = 0.0
    quartiles: tuple[float, float, float] = (0.0, 0.0, 0.0)


class ColumnQueries:
    """Training rows on disk, asked about whole columns.

    Parameters
    ----------
    path : str or Path
        Folder of the table.
    engine : TableEngine
        The engine, without tables.
    """

    def __init__(self, path: str | Path, engine: TableEngine) -> None:
        self.path = path
        self.n_rows = count_rows(path)
        self._engine = engine
        self._columns = engine.add_table("training", path)

    def has_many_sentences(self, name: str) -> bool:
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

    def list_frequent(self, name: str, least: float) -> list[str]:
        """Return the texts of a column that have at least so many rows, in any order."""
        query = f"SELECT v FROM {self._select(name, 'VARCHAR')} GROUP BY v HAVING count(*) >= ?"  # noqa: S608
        return list(self._engine.query_table(query, [least]).column(0).to_pylist())

    def order(self, name: str) -> OrderStatistics:
        """Return the extremes of a number, and its quartiles as ``numpy.quantile`` computes them."""
        known = f"{self._select(name, 'DOUBLE')} WHERE isfinite(v)"
        n_known = self._count(known)
        if not n_known:
            return OrderStatistics()
        places = [(n_known - 1) * share for share in QUARTILES]
        below = [int(place) for place in places]
        above = [min(rank + 1, n_known - 1) for rank in below]
        least, largest, *values = self._find_ranks(known, np.array([0, n_known - 1, *below, *above]))
        first, second, third = (
            float(np.quantile([low, high], place - rank))
            for place, rank, low, high in zip(places, below, values[:3], values[3:], strict=True)
        )
        return OrderStatistics(n_known, least, largest, (first, second, third))

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

    def _select(self, name: str, kind: str) -> str:
        """Return the known values of a column as a source of queries."""
        column = self._columns[name]
        return f"(SELECT CAST({column} AS {kind}) AS v FROM training WHERE {column} IS NOT NULL)"  # noqa: S608


def compute_statistics(rows: ColumnQueries, preprocessor: Preprocessor, dates: Sequence[str]) -> Statistics:
    """Return what all training rows teach a preprocessor.

    Parameters
    ----------
    rows : ColumnQueries
        The rows.
    preprocessor : Preprocessor
        The step, not fitted.
    dates : sequence of str
        All dates that the step may ever pass on.
    """
    ordered = {name: rows.order(name) for name in preprocessor.numeric}
    numeric: dict[str, NumberStatistics] = {}
    for start in range(0, len(preprocessor.numeric), READ_COLUMNS):
        names = preprocessor.numeric[start : start + READ_COLUMNS]
        some = {name: ordered[name] for name in names}
        numeric |= _compute_scalings(rows.path, some, preprocessor.fence_factor)
    has_nulls = {name: of.n_known < rows.n_rows for name, of in ordered.items()}
    least = compute_least_rows(preprocessor.rare_below, rows.n_rows)
    return {
        "n_rows": rows.n_rows,
        "numeric": numeric,
        "has_nulls": has_nulls | _find_null_dates(rows.path, dates),
        "categorical": {
            name: sort_categories(rows.list_frequent(name, least)) for name in preprocessor.categorical
        },
    }


def _compute_scalings(
    path: str | Path, ordered: dict[str, OrderStatistics], fence_factor: float
) -> dict[str, NumberStatistics]:
    """Return the fill values, fences, means and scales of numbers, by one pass over them."""
    fills = np.array([of.quartiles[1] for of in ordered.values()])
    lows, highs = np.array(
        [compute_fences(of.quartiles[0], of.quartiles[2], fence_factor) for of in ordered.values()]
    ).T
    ends = fill_and_clip(np.array([[of.least, of.largest] for of in ordered.values()]).T, fills, lows, highs)
    # As in compute_scales: squares of scaled numbers are floats, too.
    exponents = compute_exponents(np.abs(ends).max(axis=0))
    n_seen = 0
    means = np.zeros(len(ordered))
    spreads = np.zeros(len(ordered))
    for batch in iterate_batches(path, list(ordered)):
        values = fill_and_clip(convert_numbers(batch.to_pandas(), list(ordered)), fills, lows, highs)
        values = np.ldexp(values, -exponents, out=values)
        centre = values.mean(axis=0)
        values -= centre
        # Chan et al., Updating formulae and a pairwise algorithm for computing sample variances, 1979.
        n_both = n_seen + len(values)
        step = centre - means
        means += step * (len(values) / n_both)
        spreads += np.square(values, out=values).sum(axis=0) + step**2 * (n_seen * len(values) / n_both)
        n_seen = n_both
    deviations = np.ldexp(np.sqrt(spreads / n_seen), exponents)
    scales = np.where((ends[0] < ends[1]) & (deviations > 0), deviations, 1.0)
    columns = zip(fills, lows, highs, np.ldexp(means, exponents), scales, strict=True)
    return {
        name: {
            "fill": float(fill),
            "fences": export_fences(low, high),
            "mean": float(mean),
            "scale": float(scale),
        }
        for name, (fill, low, high, mean, scale) in zip(ordered, columns, strict=True)
    }


def _find_null_dates(path: str | Path, names: Sequence[str]) -> dict[str, bool]:
    """Return whether dates have nulls."""
    has_nulls = dict.fromkeys(names, False)
    for batch in iterate_batches(path, list(names)) if names else ():
        frame = batch.to_pandas()
        has_nulls |= {name: True for name in names if np.isnat(to_dates(frame[name])).any()}
    return has_nulls
