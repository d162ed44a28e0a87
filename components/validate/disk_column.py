"""The values of a column of a table on disk, which DuckDB counts."""

# All names in queries are quoted by the engine.
# ruff: noqa: S608

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from components._table.engine import TableEngine
from components._table.kinds import Kind
from components.errors import SHOWN
from components.validate.counted_column import CountedColumn, convert_to_seconds
from components.validate.number_counts import N_KEPT, CountedNumbers, NumberCounts

# Above this number, different whole numbers may be one number as floats.
_MOST_EXACT = 2**53
# So many different numbers are read at once: 1 MB.
_FEW_VALUES = 65_536
_KNOWN = "SELECT value, n FROM counts WHERE value IS NOT NULL"


class DiskColumn(CountedColumn):
    """The values of a column of a table on disk.

    The engine keeps the different values with their rows, under one name, until the next column.

    Parameters
    ----------
    engine : TableEngine
        The engine.
    table, column, row : str
        The table, the column, and the column with the rows' numbers, as SQL.
    kind : Kind
        The column's kind.

    Attributes
    ----------
    n_repeated, n_in_repeated : int
        Values of more than one row, and the rows with these values.
    """

    def __init__(self, engine: TableEngine, table: str, column: str, row: str, kind: Kind) -> None:
        self.kind = kind
        self._engine, self._table, self._column, self._row = engine, table, column, row
        engine.store_query("counts", f"SELECT {column} AS value, count(*) AS n FROM {table} GROUP BY 1")
        is_infinite = "isinf(value)" if kind == "float" else "false"
        self._is_finite = is_finite = f"value IS NOT NULL AND NOT {is_infinite}"
        zero = "value = 0" if kind == "float" else "false"
        # A truth value or a text has no range.
        value = "value" if kind in ("integer", "float", "datetime") else "NULL::DOUBLE"
        facts = self._ask(
            f"""
            SELECT coalesce(sum(n), 0)::BIGINT AS n_rows,
                coalesce(sum(n) FILTER (value IS NULL), 0)::BIGINT AS n_null,
                count(value) AS n_distinct,
                coalesce(bool_or({zero}), false) AS has_zero,
                count(*) FILTER ({is_finite}) AS n_finite_values,
                min({value}) FILTER ({is_finite}) AS low,
                max({value}) FILTER ({is_finite}) AS high,
                coalesce(sum(n) FILTER ({is_infinite}), 0)::BIGINT AS n_infinite,
                count(*) FILTER (value IS NOT NULL AND n > 1) AS n_repeated,
                coalesce(sum(n) FILTER (value IS NOT NULL AND n > 1), 0)::BIGINT AS n_in_repeated
            FROM counts
            """
        )
        self.n_rows, self.n_null = facts["n_rows"], facts["n_null"]
        self.n_distinct = facts["n_distinct"] + (self._count_zeros() - 1 if facts["has_zero"] else 0)
        self._range = facts["low"], facts["high"]
        self._n_infinite, self._n_finite_values = facts["n_infinite"], facts["n_finite_values"]
        self.n_repeated, self.n_in_repeated = facts["n_repeated"], facts["n_in_repeated"]

    @property
    def is_unique(self) -> bool:
        """Whether each row has a value that no other row has."""
        return not self.n_null and not self.n_repeated

    def compute_range(self) -> tuple[Any, Any]:
        """Return the smallest and the largest value, or None, without infinite numbers."""
        return self._range

    def find_infinite(self) -> tuple[int, tuple[int, ...]]:
        """Return the number of rows with an infinite number, and the first of them, counted from 1."""
        if not self._n_infinite:
            return 0, ()
        rows = self._engine.query_table(
            f"SELECT {self._row} + 1 AS row FROM {self._table} WHERE isinf({self._column}) "
            f"ORDER BY 1 LIMIT {SHOWN}"
        )
        return self._n_infinite, tuple(rows.column("row").to_pylist())

    def count_numbers(self) -> NumberCounts:
        """Return the different finite numbers as floats, or dates as seconds, and the rows of each."""
        n_values = self._n_finite_values
        if self._are_merged:
            n_values = self._ask(f"SELECT count(*) AS n FROM {self._numbers}")["n"]
        if n_values <= _FEW_VALUES:
            return NumberCounts.from_arrays(*self._read_numbers("ORDER BY value"))
        highest = self._read_numbers(f"ORDER BY value DESC LIMIT {N_KEPT}")
        return NumberCounts(
            n_values=n_values,
            n_rows=self.n_known - self._n_infinite,
            lowest=self._read_numbers(f"ORDER BY value LIMIT {N_KEPT}"),
            highest=highest.select(slice(None, None, -1)),
            frequent=self._read_numbers(f"ORDER BY n DESC, value LIMIT {N_KEPT}"),
            iterate=self._iterate_numbers,
        )

    def list_frequent(self, n_values: int) -> list[Any]:
        """Return the most frequent values, by their rows and then by themselves."""
        rows = self._engine.query_table(f"{_KNOWN} ORDER BY n DESC, value LIMIT {n_values}")
        return list(rows.column("value").to_pylist())

    def choose_texts(self, step: int) -> Sequence[str]:
        """Return every n-th of the different texts in their order, from the first."""
        texts: list[str] = []
        start = 0
        for batch in self._engine.query(f"{_KNOWN} ORDER BY value"):
            texts += batch.column("value").slice(-start % step)[::step].to_pylist()
            start += batch.num_rows
        return texts

    def iterate_counts(self) -> Iterator[tuple[Any, int]]:
        """Yield each different value with its rows, in any order."""
        for batch in self._engine.query(_KNOWN):
            yield from zip(batch.column("value").to_pylist(), batch.column("n").to_pylist(), strict=True)

    @property
    def _are_merged(self) -> bool:
        """Whether different whole numbers may be the same float."""
        ends = self._range if self.kind == "integer" else ()
        return any(end is not None and abs(end) > _MOST_EXACT for end in ends)

    @property
    def _numbers(self) -> str:
        """The finite numbers as SQL, whole numbers as floats, of which each occurs once."""
        value = "value::DOUBLE AS value" if self.kind == "integer" else "value"
        finite = f"(SELECT {value}, n FROM counts WHERE {self._is_finite})"
        return f"(SELECT value, sum(n)::BIGINT AS n FROM {finite} GROUP BY 1)" if self._are_merged else finite

    def _read_numbers(self, order: str) -> CountedNumbers:
        return self._convert_numbers(
            self._engine.query_table(f"SELECT value, n FROM {self._numbers} {order}")
        )

    def _iterate_numbers(self, is_ordered: bool) -> Iterator[CountedNumbers]:
        order = "ORDER BY value" if is_ordered else ""
        for batch in self._engine.query(f"SELECT value, n FROM {self._numbers} {order}"):
            yield self._convert_numbers(batch)

    def _convert_numbers(self, rows: pa.RecordBatch | pa.Table) -> CountedNumbers:
        values = rows.column("value").to_numpy()
        return CountedNumbers(
            convert_to_seconds(values) if self.kind == "datetime" else values, rows.column("n").to_numpy()
        )

    def _count_zeros(self) -> int:
        """Return 2 if both 0.0 and -0.0 occur, which are one value to the engine, but not to Arrow."""
        signs = self._ask(
            f"SELECT count(DISTINCT signbit({self._column})) AS n FROM {self._table} WHERE {self._column} = 0"
        )
        return int(signs["n"])

    def _ask(self, sql: str) -> dict[str, Any]:
        """Return the only row of a query."""
        (row,) = self._engine.query_table(sql).to_pylist()
        return dict(row)
