"""The numbers of a column in ascending order, as far as its summary asks about them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.sorted_numbers import NumberCollector, SortedNumbers
from components.eda.grouped_values import GroupedValues
from components.eda.values import to_numbers

# Part of the definition of the moments, whose last digits depend on the pieces that they are added from.
_PIECE_ROWS = 65_536
_NUMBER = "v::DOUBLE"
_IS_FINITE = f"isfinite({_NUMBER})"
_IS_OUTSIDE = f"{_IS_FINITE} AND NOT {_NUMBER} BETWEEN ? AND ?"

# Ascending numbers, as floats, and the rows of each; a number may come again.
NumberPiece = tuple[np.ndarray, np.ndarray]


class FencedNumbers(NamedTuple):
    """The finite numbers on both sides of two fences: the outermost within, and the rows beyond them."""

    low: float
    high: float
    n_outside: int


class OrderedNumbers(ABC):
    """The numbers of a column, in ascending order.

    Attributes
    ----------
    n_finite, n_infinite_values : int
        Rows with a finite number, and different infinite ones, at most two.
    minimum, maximum : float
        The extremes of the finite numbers; of no meaning without one.
    """

    n_finite: int
    n_infinite_values: int
    minimum: float
    maximum: float

    @abstractmethod
    def count_distinct(self) -> int:
        """Return how many numbers are different, infinite ones among them, also where floats are equal."""

    @abstractmethod
    def iterate(self) -> Iterator[NumberPiece]:
        """Yield the finite numbers."""

    @abstractmethod
    def iterate_outside(self, low: float, high: float) -> Iterator[NumberPiece]:
        """Yield the finite numbers below and above two fences."""

    @abstractmethod
    def iterate_rows(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the numbers in the order of the rows, NaN where none is finite, with the rows' targets."""

    @abstractmethod
    def find_fenced(self, low: float, high: float) -> FencedNumbers:
        """Return what is on both sides of two fences, between which there is a number."""


class LoadedNumbers(OrderedNumbers):
    """The numbers of a column that are in memory.

    Parameters
    ----------
    numbers : SortedNumbers
        Its numbers.
    in_rows, targets : ndarray of shape (n_rows,)
        Each row's number as a float, infinite ones among them, NaN for none; and its target.
    """

    def __init__(self, numbers: SortedNumbers, in_rows: np.ndarray, targets: np.ndarray) -> None:
        self._numbers, self._in_rows, self._targets = numbers, in_rows, targets
        self._floats = numbers.finite.astype(np.float64, copy=False)
        self.n_finite = len(self._floats)
        self.n_infinite_values = len(np.unique(numbers.infinite))
        self.minimum, self.maximum = self._floats[[0, -1]].tolist() if self.n_finite else (np.nan, np.nan)

    def count_distinct(self) -> int:
        """Return how many numbers are different, infinite ones among them, also where floats are equal."""
        return self.n_infinite_values + sum(len(values) for values, _ in self._numbers.iterate_runs())

    def iterate(self) -> Iterator[NumberPiece]:
        """Yield the finite numbers."""
        return _iterate_pieces(self._floats)

    def iterate_outside(self, low: float, high: float) -> Iterator[NumberPiece]:
        """Yield the finite numbers below and above two fences."""
        start, stop = self._find_inside(low, high)
        yield from _iterate_pieces(self._floats[:start])
        yield from _iterate_pieces(self._floats[stop:])

    def iterate_rows(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the numbers in the order of the rows, NaN where none is finite, with the rows' targets."""
        for start in range(0, len(self._in_rows), _PIECE_ROWS):
            numbers = self._in_rows[start : start + _PIECE_ROWS]
            if self.n_infinite_values:
                numbers = np.where(np.isfinite(numbers), numbers, np.nan)
            yield numbers, self._targets[start : start + _PIECE_ROWS]

    def find_fenced(self, low: float, high: float) -> FencedNumbers:
        """Return what is on both sides of two fences, between which there is a number."""
        start, stop = self._find_inside(low, high)
        return FencedNumbers(
            float(self._floats[start]), float(self._floats[stop - 1]), self.n_finite - (stop - start)
        )

    def _find_inside(self, low: float, high: float) -> tuple[int, int]:
        """Return the places of the first number from a fence on, and of the first above another."""
        return int(np.searchsorted(self._floats, low)), int(np.searchsorted(self._floats, high, "right"))


class StoredNumbers(OrderedNumbers):
    """The numbers of a column that an engine keeps.

    Parameters
    ----------
    values : GroupedValues
        Its values, numbers in order.
    read : callable
        Yields batches of the column alone in the order of the rows, each with the rows' targets.
    """

    def __init__(
        self, values: GroupedValues, read: Callable[[], Iterator[tuple[pa.RecordBatch, np.ndarray]]]
    ) -> None:
        self._values, self._read = values, read
        extremes = [f"min({_NUMBER})", f"max({_NUMBER})"]
        selected = [f"{aggregate} FILTER ({_IS_FINITE})" for aggregate in ("sum(n)", *extremes)]
        n_finite, self.minimum, self.maximum, *outermost = values.query_values([*selected, *extremes])
        self.n_finite = int(n_finite or 0)
        self.n_infinite_values = len({value for value in outermost if value in (-np.inf, np.inf)})

    def count_distinct(self) -> int:
        """Return how many numbers are different, infinite ones among them, also where floats are equal."""
        (n_distinct,) = self._values.query_values(["count(DISTINCT v)"])
        return int(n_distinct)

    def iterate(self) -> Iterator[NumberPiece]:
        """Yield the finite numbers."""
        return self._iterate(f"WHERE {_IS_FINITE}")

    def iterate_outside(self, low: float, high: float) -> Iterator[NumberPiece]:
        """Yield the finite numbers below and above two fences."""
        return self._iterate(f"WHERE {_IS_OUTSIDE}", [low, high])

    def iterate_rows(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the numbers in the order of the rows, NaN where none is finite, with the rows' targets."""
        for batch, targets in self._read():
            yield to_numbers(batch.column(0).to_pandas()), targets

    def find_fenced(self, low: float, high: float) -> FencedNumbers:
        """Return what is on both sides of two fences, between which there is a number."""
        lowest, highest, n_outside = self._values.query_values(
            [
                f"min({_NUMBER}) FILTER ({_NUMBER} >= ?)",
                f"max({_NUMBER}) FILTER ({_NUMBER} <= ?)",
                f"sum(n) FILTER ({_IS_OUTSIDE})",
            ],
            [low, high, low, high],
        )
        return FencedNumbers(lowest + 0.0, highest + 0.0, int(n_outside or 0))

    def _iterate(self, condition: str, parameters: Sequence[Any] = ()) -> Iterator[NumberPiece]:
        for batch in self._values.iterate(condition, parameters):
            # -0.0 and 0.0 are one value, and become 0.0.
            numbers = pc.cast(batch.column(0), pa.float64(), safe=False).to_numpy() + 0.0
            yield numbers, batch.column(1).to_numpy()


class NumberLoader:
    """Loads a column of numbers from batches.

    Parameters
    ----------
    n_rows : int
        Their rows.
    """

    def __init__(self, n_rows: int) -> None:
        self._numbers, self._in_rows, self._n_seen = NumberCollector(n_rows), np.empty(n_rows), 0

    def add(self, column: pa.Array) -> None:
        """Add the values of a batch's column."""
        self._numbers.add(column)
        numbers = column.to_numpy(zero_copy_only=False)
        self._in_rows[self._n_seen : self._n_seen + len(column)] = numbers
        self._n_seen += len(column)

    def sort(self, targets: np.ndarray) -> LoadedNumbers:
        """Return the numbers in order, with the target of each row."""
        return LoadedNumbers(self._numbers.sort(), self._in_rows, targets)


def _iterate_pieces(numbers: np.ndarray) -> Iterator[NumberPiece]:
    ones = np.ones(_PIECE_ROWS, np.int64)
    for start in range(0, len(numbers), _PIECE_ROWS):
        piece = numbers[start : start + _PIECE_ROWS]
        yield piece, ones[: len(piece)]
