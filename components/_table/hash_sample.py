"""The smallest hashes of a stream: a uniform sample of its different rows, and how many there are."""

import numpy as np


class HashSample:
    """The smallest different hashes of a stream, whose memory does not grow with the stream.

    The sample does not depend on the order of the rows, nor on their batches. Two samples merge by an update
    of one with the hashes of the other.

    Parameters
    ----------
    size : int
        Most hashes to keep.

    Attributes
    ----------
    hashes : ndarray of uint64, shape (n_kept,)
        The smallest hashes, ascending.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.hashes = np.empty(0, dtype=np.uint64)

    @property
    def is_full(self) -> bool:
        """Whether the stream may have more different hashes than are kept."""
        return len(self.hashes) == self._size

    def update(self, hashes: np.ndarray) -> None:
        """Add hashes, uniform over 64 bits, of shape (n_rows,)."""
        if self.is_full:
            hashes = hashes[hashes < self.hashes[-1]]
        if len(hashes):
            self.hashes = np.unique(np.concatenate([self.hashes, hashes]))[: self._size]

    def count_distinct(self) -> float:
        """Return the number of different hashes; an estimate if the sample is full.

        With k hashes kept, its relative standard error is 1 / sqrt(k - 2) (Beyer et al., On synopses for
        distinct-value estimation under multiset operations, SIGMOD 2007).
        """
        if not self.is_full:
            return len(self.hashes)
        return (self._size - 1) / (float(self.hashes[-1]) / 2.0**64)


def mix_hashes(values: np.ndarray, seed: int) -> np.ndarray:
    """Return 64-bit hashes of unsigned 64-bit numbers: another order of them for each seed.

    The finaliser of SplitMix64 (Steele et al., Fast splittable pseudorandom number generators, OOPSLA 2014),
    a bijection: different numbers have different hashes.
    """
    mixed = values.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
