"""The numbers or dates of columns in memory, in ascending order."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BYTES = 8
# Of the memory of a stage, the engine has a half, and the libraries and a batch nearly all of the rest.
_SHARE = 0.25
_PIECE_ROWS = 65_536
_LOWEST, _HIGHEST = np.finfo(np.float64).min, np.finfo(np.float64).max


class SortedNumbers:
    """The numbers or dates of a column, in ascending order; -0.0 is among them as 0.0.

    Parameters
    ----------
    values : ndarray of int64 or float64, shape (n_known,)
        The values in any order, which are sorted in place; dates as microseconds since 1970. NaN is no value.

    Attributes
    ----------
    values : ndarray of shape (n_known,)
        The values, those that are not finite at the ends.
    has_signed_zeros : bool
        Whether both 0.0 and -0.0 were among them.
    """

    def __init__(self, values: np.ndarray) -> None:
        # To sort may change the signs of zeros: a vector's smaller one of both is any of them.
        signs = np.signbit(values[values == 0])
        self.has_signed_zeros = bool(signs.any() and not signs.all())
        values.sort()
        self.values = values
        if values.dtype == np.float64:
            # NaN comes last.
            self.values = values[: np.searchsorted(values, np.nan)]
            self._select(0.0, 0.0)[:] = 0.0

    @cached_property
    def finite(self) -> np.ndarray:
        """The values without infinite ones."""
        return self._select(_LOWEST, _HIGHEST) if self.values.dtype == np.float64 else self.values

    @property
    def infinite(self) -> np.ndarray:
        """The infinite values, ascending."""
        if self.values.dtype != np.float64:
            return self.values[:0]
        low, high = np.searchsorted(self.values, _LOWEST), np.searchsorted(self.values, _HIGHEST, "right")
        return np.concatenate([self.values[:low], self.values[high:]])

    def iterate_runs(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the different finite values in ascending order, each once, and the rows of each."""
        start, values = 0, self.finite
        while start < len(values):
            last = values[min(start + _PIECE_ROWS, len(values)) - 1]
            stop = int(np.searchsorted(values, last, side="right"))
            piece = values[start:stop]
            firsts = np.concatenate([[0], np.flatnonzero(piece[1:] != piece[:-1]) + 1])
            yield piece[firsts], np.diff(firsts, append=len(piece))
            start = stop

    def _select(self, low: float, high: float) -> np.ndarray:
        """Return the values between two, which are among the selected."""
        start = np.searchsorted(self.values, low)
        return self.values[start : np.searchsorted(self.values, high, side="right")]


def count_sortable(n_rows: int, memory: int) -> int:
    """Return of how many columns the numbers fit into memory at once, beside an engine; 0 if of none.

    Parameters
    ----------
    n_rows : int
        Rows of the table.
    memory : int
        Bytes that the engine may use.
    """
    return int(_SHARE * memory) // (_BYTES * max(n_rows, 1))


def sort_numbers(
    batches: Iterable[pa.RecordBatch], names: Sequence[str], n_rows: int
) -> dict[str, SortedNumbers]:
    """Return the numbers or dates of some columns in order.

    Parameters
    ----------
    batches : iterable of RecordBatch
        The rows.
    names : sequence of str
        Columns of numbers or dates.
    n_rows : int
        The number of rows, or more.
    """
    columns: dict[str, np.ndarray] = {}
    ends = dict.fromkeys(names, 0)
    for batch in batches:
        for name in names:
            numbers = _to_numbers(batch.column(name))
            if name not in columns:
                columns[name] = np.empty(n_rows, numbers.dtype)
            columns[name][ends[name] : ends[name] + len(numbers)] = numbers
            ends[name] += len(numbers)
    return {name: SortedNumbers(columns.get(name, np.empty(0))[: ends[name]]) for name in names}


def _to_numbers(column: pa.Array) -> np.ndarray:
    """Return the values of a column as int64 or float64, without nulls or with NaN for them."""
    if pa.types.is_floating(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if column.null_count:
        column = pc.drop_null(column)
    return np.asarray(column.view(pa.int64()).to_numpy())
