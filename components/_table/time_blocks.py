"""Training rows in blocks of time, and the rows that are earlier than each block."""

from typing import NamedTuple

import numpy as np

from components._table.separation import find_earlier

_BLOCKS = 20


class TimeBlocks(NamedTuple):
    """Rows cut into consecutive blocks of about equal size.

    Attributes
    ----------
    numbers : ndarray of int, shape (n_rows,)
        Number of each row's block, in the order of time; equal times are in one block.
    earlier : list of ndarray of int
        For each block, the rows that are earlier than all of its rows, by the problem's gap; sorted.
    """

    numbers: np.ndarray
    earlier: list[np.ndarray]


def cut_time_blocks(times: np.ndarray, gap: str | float | None) -> TimeBlocks:
    """Cut rows into blocks of time.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        When each row happened: dates or numbers, in any order.
    gap : str, float or None
        Least time between a block and its earlier rows, see ``parse_gap``; None for none.
    """
    moments, moment, counts = np.unique(times, return_inverse=True, return_counts=True)
    # A moment belongs to the block in which its first row is.
    first_rows = np.cumsum(counts) - counts
    starts, of_moments = np.unique(first_rows * _BLOCKS // max(len(times), 1), return_inverse=True)
    firsts = np.searchsorted(of_moments, np.arange(len(starts)))
    earlier = [np.flatnonzero(find_earlier(times, moments[first], gap)) for first in firsts]
    return TimeBlocks(of_moments[moment], earlier)
