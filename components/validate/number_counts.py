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

    def select(self, part: slice) -> "CountedNumbers":
        """Return a part of them."""
        return CountedNumbers(self.values[part], self.counts[part])


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
        most = np.argsort(-counts, kind="stable")[:N_KEPT]
        return cls(
            len(values),
            int(counts.sum()),
            whole.select(slice(N_KEPT)),
            whole.select(slice(-N_KEPT, None)),
            CountedNumbers(values[most], counts[most]),
            lambda _: [whole],
        )
