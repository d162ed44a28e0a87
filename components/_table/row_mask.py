"""Which rows of a table are chosen, with one bit for each row."""

import numpy as np

_BLOCK_ROWS = 1 << 20


class RowMask:
    """Which rows of a table are chosen; none at first.

    Parameters
    ----------
    n_rows : int
        Rows of the table.
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self._bits = np.zeros(-(-n_rows // 8), dtype=np.uint8)

    def __len__(self) -> int:
        return self.n_rows

    @property
    def n_chosen(self) -> int:
        """Number of chosen rows."""
        return int(np.bitwise_count(self._bits).sum(dtype=np.int64))

    def choose(self, start: int, rows: np.ndarray) -> None:
        """Choose rows, given as a bool array that begins at a row counted from 0."""
        first, last = start // 8, -(-(start + len(rows)) // 8)
        bits = np.unpackbits(self._bits[first:last]).astype(bool)
        bits[start - 8 * first :][: len(rows)] |= rows
        self._bits[first:last] = np.packbits(bits)

    def read(self, start: int, n_rows: int) -> np.ndarray:
        """Return which of some rows are chosen, as a bool array."""
        first, last = start // 8, -(-(start + n_rows) // 8)
        return np.unpackbits(self._bits[first:last]).astype(bool)[start - 8 * first :][:n_rows]

    def find_other(self, place: int) -> int:
        """Return the row of a place among the rows that are not chosen, both counted from 0."""
        for start in range(0, self.n_rows, _BLOCK_ROWS):
            others = np.flatnonzero(~self.read(start, min(_BLOCK_ROWS, self.n_rows - start)))
            if place < len(others):
                return start + int(others[place])
            place -= len(others)
        raise IndexError(f"there are {place} rows fewer that are not chosen")
