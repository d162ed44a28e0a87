"""Which rows of a table a sample of it has, kept in the sample's folder."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Readers of Parquet skip files whose names begin with an underscore.
_FILE = "_row_numbers.npy"


@dataclass(frozen=True)
class RowSample:
    """The rows of a sample, by their numbers in the whole table.

    Its file is ``_row_numbers.npy`` in the folder of the sample.

    Attributes
    ----------
    numbers : ndarray of int64, shape (n_rows,)
        Row numbers from 0, ascending.
    """

    numbers: np.ndarray

    def contains(self, start: int, n_rows: int) -> np.ndarray:
        """Return which of consecutive rows the sample has, as bool, shape (n_rows,).

        Parameters
        ----------
        start : int
            Number of the first of these rows in the whole table.
        n_rows : int
            How many they are.
        """
        found = np.zeros(n_rows, dtype=bool)
        first, end = np.searchsorted(self.numbers, [start, start + n_rows])
        found[self.numbers[first:end] - start] = True
        return found

    def save(self, folder: str | Path) -> None:
        """Write the numbers into the folder of the sample's table."""
        np.save(Path(folder) / _FILE, self.numbers)

    @classmethod
    def load(cls, folder: str | Path) -> "RowSample":
        """Read the numbers from the folder of a sample that has rows."""
        return cls(np.load(Path(folder) / _FILE, allow_pickle=False))
