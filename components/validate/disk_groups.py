"""Rows of a table on disk that are grouped by the value of a column, which DuckDB counts."""

# All names in queries are quoted by the engine.
# ruff: noqa: S608

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import rechunk
from components._table.engine import TableEngine
from components.validate.groups import GroupedRows, PairCounts

_BATCH_ROWS = 65_536
_IN_GROUPS = "value IN (SELECT value FROM groups)"


class DiskGroups(GroupedRows):
    """Rows of a table on disk, grouped by the value of a column.

    Parameters
    ----------
    engine : TableEngine
        The engine.
    rows : str
        A relation with the rows, as SQL.
    column, target, row : str
        The column, the column to predict, and the column with the rows' numbers, as SQL.
    has_classes : bool
        Whether the target has classes.
    """

    def __init__(
        self, engine: TableEngine, rows: str, column: str, target: str, row: str, *, has_classes: bool
    ) -> None:
        self._engine, self._has_classes = engine, has_classes
        label = target if has_classes else f"{target}::DOUBLE"
        engine.store_query(
            "pairs",
            f"SELECT {column} AS value, {label} AS target, count(*) AS n, max({row}) AS last "
            f"FROM {rows} WHERE {column} IS NOT NULL AND {target} IS NOT NULL GROUP BY 1, 2",
        )
        engine.store_query(
            "groups",
            "SELECT value, sum(n)::BIGINT AS size, sum(n * (n - 1))::DOUBLE AS same, count(*) = 1 AS is_pure "
            "FROM pairs GROUP BY 1 HAVING size > 1",
        )
        (self.n_rows,) = self._read("SELECT coalesce(sum(n), 0)::BIGINT FROM pairs")[0].tolist()
        n_groups, n_grouped = self._read("SELECT count(*), coalesce(sum(size), 0)::BIGINT FROM groups")
        self.n_groups, self.n_grouped = int(n_groups[0]), int(n_grouped[0])

    def count_pairs(self) -> PairCounts:
        """Return how many pairs of rows of one group agree in the target."""
        sizes, same, n_groups = self._read(
            "SELECT size, same, count(*) AS n FROM groups GROUP BY 1, 2 ORDER BY 1, 2"
        )
        rows, n_values = self._read(
            f"SELECT n_rows, count(*) FROM (SELECT sum(n)::BIGINT AS n_rows FROM pairs WHERE {_IN_GROUPS} "
            "GROUP BY target) GROUP BY 1 ORDER BY 1"
        )
        (n_pure,) = self._read("SELECT count(*) FILTER (is_pure) FROM groups")[0].tolist()
        return PairCounts(sizes, same, n_groups, rows, n_values, n_pure)

    def compute_inner_variance(self) -> tuple[float, float]:
        """Return the unbiased variance of a target of numbers within the groups, and that of all rows."""
        centre = self._choose_centre("pairs")
        total, squares, between = 0.0, 0.0, 0.0
        # The group that a batch ends with may go on in the next one.
        group, open_sum, open_size = None, 0.0, 0
        for batch in self._query(f"SELECT value, target, n FROM pairs WHERE {_IN_GROUPS} ORDER BY 1, 2"):
            centred, counts = batch.column(1).to_numpy() - centre, batch.column(2).to_numpy()
            total += float((counts * centred).sum())
            squares += float((counts * centred**2).sum())
            starts = _find_starts(batch.column(0))
            sums, sizes = np.add.reduceat(counts * centred, starts), np.add.reduceat(counts, starts)
            if batch.column(0)[0].as_py() == group:
                sums[0], sizes[0] = sums[0] + open_sum, sizes[0] + open_size
            elif open_size:
                between += open_sum**2 / open_size
            between += float((sums[:-1] ** 2 / sizes[:-1]).sum())
            group, open_sum, open_size = batch.column(0)[-1].as_py(), float(sums[-1]), int(sizes[-1])
        between += open_sum**2 / open_size
        inner = (squares - between) / (self.n_grouped - self.n_groups)
        return max(inner, 0.0), max(squares / self.n_grouped - (total / self.n_grouped) ** 2, 0.0)

    def compute_disorder(self) -> float:
        """Return how much neighbouring groups differ in the target, as a share of how much any two differ."""
        self._engine.store_query(
            "last_rows",
            f"SELECT value, arg_max(target, last) AS target FROM pairs WHERE {_IN_GROUPS} GROUP BY 1",
        )
        return self._compute_class_disorder() if self._has_classes else self._compute_number_disorder()

    def _compute_class_disorder(self) -> float:
        n_changes, before = 0, None
        for batch in self._query("SELECT target FROM last_rows ORDER BY value"):
            target = batch.column(0)
            n_changes += pc.sum(pc.not_equal(target[1:], target[:-1]), min_count=0).as_py()
            n_changes += before is not None and before != target[0].as_py()
            before = target[-1].as_py()
        (rows,) = self._read("SELECT count(*) AS n FROM last_rows GROUP BY target ORDER BY 1")
        shares = rows / self.n_groups
        return float(n_changes / (self.n_groups - 1) / max(1 - (shares**2).sum(), 1e-12))

    def _compute_number_disorder(self) -> float:
        centre = self._choose_centre("last_rows")
        total, squares, steps, before = 0.0, 0.0, 0.0, np.empty(0)
        for batch in self._query("SELECT target FROM last_rows ORDER BY value"):
            centred = batch.column(0).to_numpy() - centre
            total += float(centred.sum())
            squares += float((centred**2).sum())
            steps += float((np.diff(np.concatenate([before, centred])) ** 2).sum())
            before = centred[-1:]
        variance = squares / self.n_groups - (total / self.n_groups) ** 2
        return float(steps / (self.n_groups - 1) / max(2 * variance, 1e-12))

    def _choose_centre(self, relation: str) -> float:
        """Return a number near the mean of the targets; the last digits of the engine's mean vary."""
        (mean,) = self._read(f"SELECT avg(target) FROM {relation}")[0].tolist()
        return float(f"{mean:.5e}")

    def _read(self, sql: str) -> list[np.ndarray]:
        return [column.to_numpy() for column in self._engine.query_table(sql).columns]

    def _query(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query in batches that depend on nothing but the rows."""
        return rechunk(self._engine.query(sql), _BATCH_ROWS)


def _find_starts(values: pa.Array) -> np.ndarray:
    """Return where another value begins in an array."""
    changes = pc.not_equal(values[1:], values[:-1]).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.flatnonzero(changes) + 1])
