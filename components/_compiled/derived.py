"""The features that engineer derives from several columns, each as a function of whole columns.

The fitted step and the compiled recipes call the same functions; ``recipe`` writes them as code for a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from components._compiled.dates import MICROSECONDS_OF_DAY, compute_date_part

Operation = Literal["product", "difference", "ratio"]
Cycle = Literal["year", "week", "day"]

# A number beyond it counts as missing, so that means and deviations of the training rows stay finite.
LIMIT = 1e30
# Positions of each cycle: a month has 31 of them, so that a date's position is that of its month and day.
CYCLES: dict[Cycle, int] = {"year": 12 * 31, "week": 7, "day": 24}


@dataclass(frozen=True)
class Unit:
    """Gives a standardised number back its unit, by its mean and scale."""

    mean: float
    scale: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Return float64 of the same shape."""
        return values * self.scale + self.mean


@dataclass(frozen=True)
class CodeTable:
    """A number for each category of a column, by its code."""

    values: np.ndarray

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """Return float64 of the same shape."""
        return self.values.take(codes)


@dataclass(frozen=True)
class Days:
    """Days since 1970, with a fraction; NaN for a missing date."""

    def __call__(self, dates: np.ndarray) -> np.ndarray:
        """Return float64 of the same shape."""
        days = dates.astype(np.int64).astype(np.float64) / MICROSECONDS_OF_DAY
        return np.where(np.isnat(dates), np.nan, days)


Operand = Unit | CodeTable | Days


@dataclass(frozen=True)
class Arithmetic:
    """An operation on two columns; see ``compute_operation``."""

    operation: Operation
    left: Operand
    right: Operand

    def __call__(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return float64 of shape (n_rows,)."""
        return compute_operation(self.operation, self.left(left), self.right(right))


@dataclass(frozen=True)
class CyclePosition:
    """Sine or cosine of a date's position in the year, the week or the day; NaN for a missing date."""

    cycle: Cycle
    wave: Literal["sin", "cos"]

    @property
    def table(self) -> np.ndarray:
        """The value at each position of the cycle."""
        size = CYCLES[self.cycle]
        angles = 2 * np.pi * np.arange(size) / size
        return np.sin(angles) if self.wave == "sin" else np.cos(angles)

    def __call__(self, dates: np.ndarray) -> np.ndarray:
        """Return float64 of the same shape."""
        is_null = np.isnat(dates)
        positions = _find_positions(np.where(is_null, np.datetime64(0, "us"), dates), self.cycle)
        return np.where(is_null, np.nan, self.table.take(positions.astype(np.int64)))


class Cross:
    """The codes of pairs of categories: their positions among the pairs kept, and one for all others.

    Parameters
    ----------
    width : int
        Number of categories of the right column.
    pairs : sequence of int
        The pairs kept, each as its left code times ``width`` plus its right code; sorted.
    """

    def __init__(self, width: int, pairs: Sequence[int]) -> None:
        self.width = width
        self.pairs = np.array(pairs, dtype=np.int64)

    def __call__(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return int of shape (n_rows,)."""
        keys = self.join(left, right)
        positions = np.searchsorted(self.pairs, keys)
        is_kept = np.append(self.pairs, -1)[positions] == keys
        return np.where(is_kept, positions, len(self.pairs))

    def join(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the pairs of two columns of codes, int of shape (n_rows,)."""
        return np.asarray(left.astype(np.int64) * self.width + right)


@dataclass(frozen=True)
class TextNumber:
    """One of the numbers of texts, see ``TextNumbers``."""

    position: int

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Return float64 of shape (n_rows,)."""
        return numbers[:, self.position]


@dataclass(frozen=True)
class Derived:
    """A derived feature: a function of its columns, then standardised."""

    function: Any
    scaling: Any

    def __call__(self, *columns: Any) -> np.ndarray:
        """Return float64 of shape (n_rows,)."""
        standardised: np.ndarray = self.scaling(drop_extremes(self.function(*columns)))
        return standardised


def compute_operation(operation: Operation, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the product, difference or ratio of two columns of numbers.

    The ratio r is given as r / (1 + |r|), computed without a division by ``right``: it has the order of the
    ratios, lies between -1 and 1, and is finite where ``right`` is near 0. Where both are 0 it is NaN.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if operation == "product":
            return np.asarray(left * right)
        if operation == "difference":
            return np.asarray(left - right)
        return np.asarray(np.where(right < 0, -left, left) / (np.abs(left) + np.abs(right)))


def drop_extremes(values: np.ndarray) -> np.ndarray:
    """Return numbers with NaN for those beyond ``LIMIT``."""
    return np.where(np.abs(values) <= LIMIT, values, np.nan)


def _find_positions(dates: np.ndarray, cycle: Cycle) -> np.ndarray:
    if cycle == "year":
        months, days = compute_date_part(dates, "month", 0), compute_date_part(dates, "day", 0)
        return np.asarray((months - 1) * 31 + days - 1)
    return compute_date_part(dates, "weekday" if cycle == "week" else "hour", 0)
