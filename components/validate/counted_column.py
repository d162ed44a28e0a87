"""The values of a column, as far as its profile asks about them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from components._table.arrow import get_kind
from components._table.kinds import Kind
from components.validate.number_counts import NumberCounts


class CountedColumn(ABC):
    """The values of one column.

    Attributes
    ----------
    kind : Kind
        Their kind.
    n_rows, n_null, n_distinct : int
        Rows, rows without a value, and different values.
    """

    kind: Kind
    n_rows: int
    n_null: int
    n_distinct: int

    @property
    def n_known(self) -> int:
        """Rows with a value."""
        return self.n_rows - self.n_null

    @abstractmethod
    def compute_range(self) -> tuple[Any, Any]:
        """Return the smallest and the largest value, or None, without infinite numbers."""

    @abstractmethod
    def find_infinite(self) -> tuple[int, tuple[int, ...]]:
        """Return the number of rows with an infinite number, and the first of them, counted from 1."""

    @abstractmethod
    def count_numbers(self) -> NumberCounts:
        """Return the different finite numbers as floats, or dates as seconds, and the rows of each."""

    @abstractmethod
    def list_frequent(self, n_values: int) -> list[Any]:
        """Return the most frequent values, by their rows and then by themselves."""

    @abstractmethod
    def choose_texts(self, step: int) -> Sequence[str]:
        """Return every n-th of the different texts in their order, from the first."""

    @abstractmethod
    def iterate_counts(self) -> Iterator[tuple[Any, int]]:
        """Yield each different value with its rows, in any order."""


def check_kind(name: str, type_: pa.DataType) -> Kind:
    """Return the kind of a column by its Arrow type."""
    kind = get_kind(type_)
    if kind is None:
        raise ValueError(f"column {name!r} has a type that no kind has: {type_}")
    return kind


def convert_to_seconds(dates: np.ndarray) -> np.ndarray:
    """Return dates as whole seconds since 1970."""
    return np.asarray(dates.astype("datetime64[s]").astype(np.float64))
