"""The values of a column that is in memory."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components.errors import SHOWN
from components.validate.counted_column import CountedColumn, check_kind, convert_to_seconds
from components.validate.number_counts import NumberCounts


class LoadedColumn(CountedColumn):
    """The values of a column that is in memory.

    Parameters
    ----------
    name : str
        The column.
    values : ChunkedArray
        Its values; a float is null where it is NaN.
    """

    def __init__(self, name: str, values: pa.ChunkedArray) -> None:
        self.kind = check_kind(name, values.type)
        self.n_rows, self.n_null = len(values), values.null_count
        self.n_distinct = pc.count_distinct(values, mode="only_valid").as_py()
        self.values = values

    def compute_range(self) -> tuple[Any, Any]:
        """Return the smallest and the largest value, or None, without infinite numbers."""
        ends = pc.min_max(self._select_finite()).as_py()
        return ends["min"], ends["max"]

    def find_infinite(self) -> tuple[int, tuple[int, ...]]:
        """Return the number of rows with an infinite number, and the first of them, counted from 1."""
        rows = np.flatnonzero(pc.fill_null(pc.is_inf(self.values), False).to_numpy())
        return len(rows), tuple(int(row) + 1 for row in rows[:SHOWN])

    def count_numbers(self) -> NumberCounts:
        """Return the different finite numbers as floats, or dates as seconds, and the rows of each."""
        known = self._select_finite().drop_null().to_numpy()
        if self.kind == "datetime":
            values, counts = np.unique(known, return_counts=True)
            return NumberCounts.from_arrays(convert_to_seconds(values), counts)
        return NumberCounts.from_arrays(*np.unique(known.astype(np.float64), return_counts=True))

    def list_frequent(self, n_values: int) -> list[Any]:
        """Return the most frequent values, by their rows and then by themselves."""
        order = pc.sort_indices(self._counts, [("counts", "descending"), ("values", "ascending")])
        return list(self._counts.column("values").take(order[:n_values]).to_pylist())

    def choose_texts(self, step: int) -> Sequence[str]:
        """Return every n-th of the different texts in their order, from the first."""
        return sorted(self._counts.column("values").to_pylist())[::step]

    def iterate_counts(self) -> Iterator[tuple[Any, int]]:
        """Yield each different value with its rows, in any order."""
        yield from zip(*(column.to_pylist() for column in self._counts.columns), strict=True)

    @cached_property
    def _counts(self) -> pa.Table:
        return pa.Table.from_struct_array(pc.value_counts(self.values.drop_null()))

    def _select_finite(self) -> pa.ChunkedArray:
        if self.kind != "float":
            return self.values
        return self.values.filter(pc.invert(pc.fill_null(pc.is_inf(self.values), False)))
