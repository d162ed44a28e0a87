"""Rows to learn from and later rows to be judged by, with a gap between them and without common groups."""

from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from components._problem.gap import parse_gap
from components._table.group_choice import choose_counted_groups

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
    n_strata = int(strata.max()) + 1
    pairs, pair = np.unique(groups * n_strata + strata, return_inverse=True)
    counts = GroupCounts(
        *np.divmod(pairs, n_strata),
        *(np.bincount(pair[rows], minlength=len(pairs)) for rows in (earlier, later)),
    )
    is_judged = choose_judged_groups(counts, generator)[groups]
    return earlier & ~is_judged, later & is_judged


class GroupCounts(NamedTuple):
    """The earlier and the later rows of each pair of a group and a class that occurs, sorted by both.

    Attributes
    ----------
    groups, strata : ndarray of int, shape (n_pairs,)
        Numbers of the pair's group and class, from 0.
    n_earlier, n_later : ndarray of int, shape (n_pairs,)
        Rows of each side.
    """

    groups: np.ndarray
    strata: np.ndarray
    n_earlier: np.ndarray
    n_later: np.ndarray


def choose_judged_groups(counts: GroupCounts, generator: np.random.Generator) -> np.ndarray:
    """Return the groups that keep their later rows, and lose earlier ones, as ``separate_groups`` does.

    Returns
    -------
    ndarray of bool, shape (n_groups,)
    """
    groups, strata, n_earlier, n_later = counts
    is_known = np.bincount(groups, weights=n_earlier) > 0
    # A group without earlier rows keeps its later ones.
    is_judged = (np.bincount(groups, weights=n_later) > 0) & ~is_known
    judged, shared = ((n_later > 0) & of[groups] for of in (is_judged, is_known))
    missing = _LEAST_JUDGED * n_later.sum() - n_later[judged].sum()
    if np.unique(strata[judged]).size < np.unique(strata[n_later > 0]).size:
        missing = max(missing, 1)
    if shared.any() and missing > 0:
        names, own_groups = np.unique(groups[shared], return_inverse=True)
        own_strata = np.unique(strata[shared], return_inverse=True)[1]
        n_shared = n_later[shared]
        taken = choose_counted_groups(own_groups, own_strata, n_shared, missing / n_shared.sum(), generator)
        is_judged[names[taken]] = True
    return np.asarray(is_judged)
