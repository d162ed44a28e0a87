"""The numbers of a column in ascending order, as far as its summary asks about them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from components._table.sorted_numbers import SortedNumbers
from components.eda.grouped_values import GroupedValues

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
    def find_fenced(self, low: float, high: float) -> FencedNumbers:
        """Return what is on both sides of two fences, between which there is a number."""


class LoadedNumbers(OrderedNumbers):
    """The numbers of a column that are in memory.

    Parameters
    ----------
    numbers : SortedNumbers
        Its numbers.
    """

    def __init__(self, numbers: SortedNumbers) -> None:
        self._numbers = numbers
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
    """

    def __init__(self, values: GroupedValues) -> None:
        self._values = values
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


def _iterate_pieces(numbers: np.ndarray) -> Iterator[NumberPiece]:
    ones = np.ones(_PIECE_ROWS, np.int64)
    for start in range(0, len(numbers), _PIECE_ROWS):
        piece = numbers[start : start + _PIECE_ROWS]
        yield piece, ones[: len(piece)]
