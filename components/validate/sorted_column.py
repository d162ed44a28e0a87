"""The values of a column of numbers or dates of a table on disk, which are in memory in order."""

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.arrow import ARROW_TYPES
from components._table.kinds import Kind
from components._table.sorted_numbers import SortedNumbers
from components._table.storage import iterate_batches
from components.errors import SHOWN
from components.validate.counted_column import CountedColumn, convert_to_seconds
from components.validate.number_counts import CountedNumbers, NumberCounts

# Above this number, different whole numbers may be one number as floats.
_MOST_EXACT = 2**53


class SortedColumn(CountedColumn):
    """The values of a column of numbers or dates of a table on disk.

    Parameters
    ----------
    path, name : str
        The table's folder, and the column.
    kind : Kind
        Its kind: integer, float or datetime.
    numbers : SortedNumbers
        Its values.
    n_rows : int
        Rows of the table.
    """

    def __init__(self, path: str, name: str, kind: Kind, numbers: SortedNumbers, n_rows: int) -> None:
        self.kind, self.n_rows, self.n_null = kind, n_rows, n_rows - len(numbers.values)
        self._path, self._name, self._numbers = path, name, numbers
        # It must not hold this column: the numbers would stay in memory until a search for garbage.
        self._counts = NumberCounts.from_pieces(partial(_iterate_pieces, kind, numbers))
        n_infinite_values = len(np.unique(numbers.infinite))
        self.n_distinct = self._counts.n_values + n_infinite_values + numbers.has_signed_zeros

    @property
    def is_unique(self) -> bool:
        """Whether each row has a value that no other row has."""
        return self._counts.n_values == self.n_rows

    @property
    def n_repeated(self) -> int:
        """Finite values of more than one row."""
        return self._counts.n_values - self._n_single

    @property
    def n_in_repeated(self) -> int:
        """Rows with these values."""
        return self._counts.n_rows - self._n_single

    def compute_range(self) -> tuple[Any, Any]:
        """Return the smallest and the largest value, or None, without infinite numbers."""
        finite = self._numbers.finite
        if not len(finite):
            return None, None
        low, high = pa.array(finite[[0, -1]]).view(ARROW_TYPES[self.kind]).to_pylist()
        return low, high

    def find_infinite(self) -> tuple[int, tuple[int, ...]]:
        """Return the number of rows with an infinite number, and the first of them, counted from 1."""
        n_infinite = len(self._numbers.infinite)
        rows: list[int] = []
        start = 1
        for batch in iterate_batches(self._path, [self._name]) if n_infinite else ():
            is_infinite = pc.fill_null(pc.is_inf(batch.column(0)), False).to_numpy(zero_copy_only=False)
            rows += (start + np.flatnonzero(is_infinite)[: SHOWN - len(rows)]).tolist()
            if len(rows) == min(n_infinite, SHOWN):
                break
            start += batch.num_rows
        return n_infinite, tuple(rows)

    def count_numbers(self) -> NumberCounts:
        """Return the different finite numbers as floats, or dates as seconds, and the rows of each."""
        finite = self._numbers.finite
        if self.kind == "integer" and len(finite) and max(-int(finite[0]), int(finite[-1])) > _MOST_EXACT:
            merged = SortedNumbers(finite.astype(np.float64))
            return NumberCounts.from_pieces(partial(_iterate_pieces, self.kind, merged))
        return self._counts

    def list_frequent(self, n_values: int) -> list[Any]:
        """Return the most frequent values, by their rows and then by themselves."""
        counts = sorted(self.iterate_counts(), key=lambda item: (-item[1], item[0]))
        return [value for value, _ in counts[:n_values]]

    def choose_texts(self, step: int) -> Sequence[str]:
        """Return no text."""
        return ()

    def iterate_counts(self) -> Iterator[tuple[Any, int]]:
        """Yield each different value with its rows, in any order."""
        yield from zip(*np.unique(self._numbers.infinite, return_counts=True), strict=True)
        for values, counts in self._numbers.iterate_runs():
            typed = pa.array(values).view(ARROW_TYPES[self.kind])
            yield from zip(typed.to_pylist(), counts.tolist(), strict=True)

    @cached_property
    def _n_single(self) -> int:
        """Finite values of one row."""
        return sum(int(np.count_nonzero(counts == 1)) for _, counts in self._numbers.iterate_runs())


def _iterate_pieces(kind: Kind, numbers: SortedNumbers) -> Iterator[CountedNumbers]:
    for values, counts in numbers.iterate_runs():
        floats = (
            convert_to_seconds(values.view("datetime64[us]"))
            if kind == "datetime"
            else values.astype(np.float64, copy=False)
        )
        yield CountedNumbers(floats, counts)
