"""The different numbers of a column with the rows of each, as far as its profile asks about them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Numbers that are kept at both ends, and of the most frequent ones: more than sentinels take away.
N_KEPT = 20


class CountedNumbers(NamedTuple):
    """Different numbers, and the rows of each."""

    values: np.ndarray
    counts: np.ndarray

    def select(self, part: slice | np.ndarray) -> "CountedNumbers":
        """Return a part of them."""
        return CountedNumbers(self.values[part], self.counts[part])

    def join(self, others: "CountedNumbers") -> "CountedNumbers":
        """Return them and others after them."""
        return CountedNumbers(
            np.concatenate([self.values, others.values]), np.concatenate([self.counts, others.counts])
        )


@dataclass(frozen=True)
class NumberCounts:
    """The different numbers of a column, of which few are in memory.

    Attributes
    ----------
    n_values, n_rows : int
        Different numbers, and rows with a number.
    lowest, highest : CountedNumbers
        The smallest and the largest of them, at most ``N_KEPT``, both ascending.
    frequent : CountedNumbers
        The most frequent of them, at most ``N_KEPT``, the most frequent first.
    iterate : callable
        Yields all of them as ``CountedNumbers``; ascending if it is asked for that.
    """

    n_values: int
    n_rows: int
    lowest: CountedNumbers
    highest: CountedNumbers
    frequent: CountedNumbers
    iterate: Callable[[bool], Iterable[CountedNumbers]]

    @classmethod
    def from_arrays(cls, values: np.ndarray, counts: np.ndarray) -> "NumberCounts":
        """Return the counts of numbers that are ascending."""
        whole = CountedNumbers(values, counts)
        return cls.from_pieces(lambda: [whole])

    @classmethod
    def from_pieces(cls, iterate: Callable[[], Iterable[CountedNumbers]]) -> "NumberCounts":
        """Return the counts of numbers that come in ascending pieces, which are read several times."""
        n_values = n_rows = 0
        lowest = highest = frequent = CountedNumbers(np.empty(0), np.empty(0, np.int64))
        for piece in iterate():
            n_values += len(piece.values)
            n_rows += int(piece.counts.sum())
            lowest = lowest.join(piece.select(slice(N_KEPT))).select(slice(N_KEPT))
            highest = highest.join(piece.select(slice(-N_KEPT, None))).select(slice(-N_KEPT, None))
            frequent = _find_frequent(frequent, piece)
        return cls(n_values, n_rows, lowest, highest, frequent, lambda _: iterate())


def _find_frequent(kept: CountedNumbers, piece: CountedNumbers) -> CountedNumbers:
    """Return the most frequent of the numbers that are kept, the most frequent first, and of larger ones."""
    if len(kept.counts) == N_KEPT:
        piece = piece.select(piece.counts > kept.counts[-1])
    both = kept.join(piece)
    return both.select(np.argsort(-both.counts, kind="stable")[:N_KEPT])
