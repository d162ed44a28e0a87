"""Hashes of a table's rows in scratch files, so that two tables larger than memory can be joined."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np

# The two halves of the hashes of key and row, and the number of the row in its table.
ENTRY = np.dtype(
    [("key_high", "<u8"), ("key_low", "<u8"), ("row_high", "<u8"), ("row_low", "<u8"), ("row", "<i8")]
)
# Rows that a partition should have at most: they and what a join makes of them take about 100 MB.
_PARTITION_ROWS = 400_000
# Each is an open file.
_MOST_PARTITIONS = 256


def count_partitions(n_rows: int) -> int:
    """Return the number of partitions for a table with some rows, a power of two."""
    needed = max(1, -(-n_rows // _PARTITION_ROWS))
    return int(min(_MOST_PARTITIONS, 1 << (needed - 1).bit_length()))


class HashPartitions:
    """Writes entries to a file for each partition; rows with equal keys are in the same partition.

    Parameters
    ----------
    folder : Path
        Folder to create.
    n_partitions : int
        Number of partitions, a power of two.
    """

    def __init__(self, folder: Path, n_partitions: int) -> None:
        folder.mkdir()
        self._shift = np.uint64(65 - n_partitions.bit_length())
        self.paths = [folder / f"{number:03d}" for number in range(n_partitions)]
        self._open = ExitStack()
        self._files = [self._open.enter_context(path.open("wb")) for path in self.paths]

    def __enter__(self) -> "HashPartitions":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, keys: np.ndarray, rows: np.ndarray, first_row: int) -> None:
        """Add the hashes of rows that follow each other.

        Parameters
        ----------
        keys, rows : ndarray of uint64, shape (n_rows, 2)
            Hashes of their keys, and of the rows.
        first_row : int
            Number of the first of them in its table.
        """
        entries = np.empty(len(keys), ENTRY)
        entries["key_high"], entries["key_low"] = keys[:, 0], keys[:, 1]
        entries["row_high"], entries["row_low"] = rows[:, 0], rows[:, 1]
        entries["row"] = np.arange(first_row, first_row + len(keys))
        if len(self._files) == 1:
            self._files[0].write(entries.tobytes())
            return
        numbers = (keys[:, 0] >> self._shift).astype(np.int64)
        entries = entries[np.argsort(numbers, kind="stable")]
        ends = np.cumsum(np.bincount(numbers, minlength=len(self._files)))
        for file, part in zip(self._files, np.split(entries, ends[:-1]), strict=True):
            file.write(part.tobytes())

    def read(self, number: int) -> np.ndarray:
        """Return the entries of a partition, once all were added, in the order of the rows."""
        return np.fromfile(self.paths[number], dtype=ENTRY)
