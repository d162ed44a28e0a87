"""The numbers or dates of columns in memory, in ascending order."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BYTES = 8
# Of the memory of a stage, the engine has a half, and the libraries most of the rest. While numbers are
# sorted, the engine holds hardly anything.
_SHARE = 0.2
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


def count_sortable_columns(n_rows: int, memory: int) -> int:
    """Return of how many columns the numbers fit into memory three times, beside an engine.

    Parameters
    ----------
    n_rows : int
        Rows of the table.
    memory : int
        Bytes that the engine may use.
    """
    return int(_SHARE * memory / (_BYTES * max(n_rows, 1)))


def are_sortable(n_rows: int, memory: int) -> bool:
    """Return whether a column's numbers fit into memory three times, see ``count_sortable_columns``."""
    return count_sortable_columns(n_rows, memory) > 0


class NumberCollector:
    """Collects the numbers or dates of a column from batches.

    Parameters
    ----------
    n_rows : int
        The number of rows, or more.
    """

    def __init__(self, n_rows: int) -> None:
        self._n_rows, self._n_known = n_rows, 0
        self._values = np.empty(0)

    def add(self, column: pa.Array) -> None:
        """Add the values of a batch's column."""
        numbers = _to_numbers(column)
        if not len(self._values):
            self._values = np.empty(self._n_rows, numbers.dtype)
        self._values[self._n_known : self._n_known + len(numbers)] = numbers
        self._n_known += len(numbers)

    def sort(self) -> SortedNumbers:
        """Return the values in order; they are not kept here."""
        values, self._values = self._values[: self._n_known], np.empty(0)
        return SortedNumbers(values)


def _to_numbers(column: pa.Array) -> np.ndarray:
    """Return the values of a column as int64 or float64, without nulls or with NaN for them."""
    if pa.types.is_floating(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if column.null_count:
        column = pc.drop_null(column)
    return np.asarray(column.view(pa.int64()).to_numpy())
