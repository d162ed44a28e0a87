"""The rows of a stream with the smallest keys."""

import numpy as np


class SmallestKeys:
    """Finds the rows with the smallest keys in two passes: ``update`` with all keys, then ``take``.

    Of equal keys at the limit, the first ones are taken.

    Parameters
    ----------
    size : int
        How many rows to take; all of them if the stream has fewer.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys = np.empty(0, dtype=np.uint64)
        self._pending: list[np.ndarray] = []
        self._n_pending = 0
        # The largest key to take, and how many rows that have it are still to take.
        self._limit: np.uint64 | None = None
        self._n_ties = 0

    def update(self, keys: np.ndarray) -> None:
        """Add keys, unsigned 64-bit, of shape (n_rows,)."""
        if self._limit is not None:
            keys = keys[keys < self._limit]
        self._pending.append(keys)
        self._n_pending += len(keys)
        if self._n_pending > self._size:
            self._reduce()

    def take(self, keys: np.ndarray) -> np.ndarray:
        """Return which of the next rows, in the order of ``update``, are taken; bool of shape (n_rows,)."""
        if self._pending:
            self._reduce()
        if not len(self._keys):
            return np.zeros(len(keys), dtype=bool)
        limit = self._keys[-1]
        is_tie = keys == limit
        is_taken = (keys < limit) | (is_tie & (np.cumsum(is_tie) <= self._n_ties))
        self._n_ties -= int((is_tie & is_taken).sum())
        return np.asarray(is_taken)

    def _reduce(self) -> None:
        keys = np.sort(np.concatenate([self._keys, *self._pending]))[: self._size]
        self._keys, self._pending, self._n_pending = keys, [], 0
        if len(keys) == self._size > 0:
            self._limit = keys[-1]
        self._n_ties = int((keys == keys[-1]).sum()) if len(keys) else 0
