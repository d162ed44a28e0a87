"""The hashes that a stream repeats most often."""

import numpy as np


class FrequentHashes:
    """Candidates for the most frequent hashes of a stream, of which only so many are kept.

    Every hash with a share of more than 1 / ``size`` of the stream is among them (Misra and Gries, Finding
    repeated elements, 1982); others may be, too.

    Parameters
    ----------
    size : int
        Most hashes to keep.

    Attributes
    ----------
    size : int
        Most hashes to keep.
    hashes : ndarray of uint64, shape (n_kept,)
        The candidates.
    """

    def __init__(self, size: int = 4_096) -> None:
        self.size = size
        self.hashes = np.empty(0, dtype=np.uint64)
        self._counts = np.empty(0, dtype=np.int64)

    def update(self, hashes: np.ndarray) -> None:
        """Add hashes of shape (n_rows,)."""
        new, counts = np.unique(hashes, return_counts=True)
        self.hashes, place = np.unique(np.concatenate([self.hashes, new]), return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        self._counts = np.bincount(place, weights=weights, minlength=len(self.hashes)).astype(np.int64)
        if len(self.hashes) > self.size:
            # What is taken away from each of more than `size` hashes sums up to at most all rows.
            self._counts -= np.partition(self._counts, -self.size - 1)[-self.size - 1]
            is_kept = self._counts > 0
            self.hashes, self._counts = self.hashes[is_kept], self._counts[is_kept]
