"""Rows to learn from and later rows to be judged by, with a gap between them and without common groups."""

from datetime import timedelta
from typing import Any

import numpy as np

from components._problem.gap import parse_gap
from components._table.group_choice import choose_groups

# The least share of the later rows that judge a model, if groups must not be on both sides.
_LEAST_JUDGED = 0.25


def find_earlier(times: np.ndarray, start: Any, gap: str | float | None) -> np.ndarray:
    """Return which rows are earlier than a time, by at least a gap.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        When each row happened: dates or numbers.
    start : date or number
        The earliest time of the later rows.
    gap : str, float or None
        See ``parse_gap``, of the kind of the times; None for none.
    """
    earlier = times < start
    if gap is None:
        return np.asarray(earlier)
    length, is_time = parse_gap(gap)
    step: Any = np.timedelta64(timedelta(seconds=length)) if is_time else length
    return np.asarray(earlier & (times + step <= start))


def separate_groups(
    earlier: np.ndarray,
    later: np.ndarray,
    groups: np.ndarray,
    strata: np.ndarray,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the earlier and the later rows that are left if no group may be on both sides.

    All rows of groups without earlier rows are kept, and all rows of groups without later rows. Of the other
    groups most keep their earlier rows and lose the later ones, because a model needs rows to learn from. But
    if new groups are less than a quarter of the later rows, or lack a stratum, as many groups as are missing
    keep their later rows instead.

    Parameters
    ----------
    earlier, later : ndarray of bool, shape (n_rows,)
        The rows by time; no row is both.
    groups, strata : ndarray of int, shape (n_rows,)
        Numbers of each row's group and class, from 0.
    generator : Generator
        Source of the choice.
    """
    known = np.bincount(groups[earlier], minlength=int(groups.max()) + 1) > 0
    judged = later & ~known[groups]
    shared = later & known[groups]
    missing = _LEAST_JUDGED * later.sum() - judged.sum()
    if np.unique(strata[judged]).size < np.unique(strata[later]).size:
        missing = max(missing, 1)
    if shared.any() and missing > 0:
        own_groups, own_strata = (np.unique(of[shared], return_inverse=True)[1] for of in (groups, strata))
        judged[shared] = choose_groups(own_groups, own_strata, missing / shared.sum(), generator)
    return earlier & ~np.isin(groups, groups[judged]), judged
