"""Masks of the rows of small tables."""

from collections.abc import Iterable

import numpy as np

from components._table.row_mask import RowMask


def make_mask(rows: Iterable[int], n_rows: int) -> RowMask:
    """Return a mask in which some rows, counted from 0, are chosen."""
    mask = RowMask(n_rows)
    mask.choose(0, np.isin(np.arange(n_rows), list(rows)))
    return mask
