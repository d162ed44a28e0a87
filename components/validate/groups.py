"""Rows that belong together: a column whose repeated values determine the target, beyond chance."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Fewer groups are categories, and what a model learns from one row of a category is true of its other rows.
# So are groups that are fewer than half the square root of the rows. A column that is named after customers,
# patients and the like needs less evidence.
_LEAST_UNNAMED_GROUPS = 10
LEAST_GROUPS = 5
_LEAST_PER_ROOT = 0.5
_LEAST_SHARE = 0.5
_LEAST_NAMED_SHARE = 0.2
# The target must hardly ever change within a group: the least agreement beyond chance, as a share of the most
# that is possible, and in standard errors.
_LEAST_AGREEMENT = 0.9
_LEAST_DEVIATION = 5.0
# If neighbouring numbers differ in the target less often than this share of chance, their size determines it,
# so they do not name groups.
_LEAST_DISORDER = 0.5


@dataclass(frozen=True)
class Grouping:
    """How the rows with one value of a column agree in the target.

    Attributes
    ----------
    n_groups, n_rows : int
        Values that more than one row has, and the rows with these values.
    n_pure : int
        Those of these values within which the target never changes.
    """

    n_groups: int
    n_rows: int
    n_pure: int


class GroupedRows(ABC):
    """The rows with a value of a column and a target, grouped by this value.

    Groups are the values of more than one row.

    Attributes
    ----------
    n_rows : int
        All rows, also those whose value no other row has.
    n_groups, n_grouped : int
        Groups, and rows in groups.
    """

    n_rows: int
    n_groups: int
    n_grouped: int

    @abstractmethod
    def count_pairs(self) -> "PairCounts":
        """Return how many pairs of rows of one group agree in the target."""

    @abstractmethod
    def compute_inner_variance(self) -> tuple[float, float]:
        """Return the unbiased variance of a target of numbers within the groups, and that of all rows."""

    @abstractmethod
    def compute_disorder(self) -> float:
        """Return how much neighbouring groups differ in the target, as a share of how much any two differ.

        The last row of each group stands for it. Of numbers, it is half of von Neumann's ratio: 1 for random
        order.
        """


class PairCounts(NamedTuple):
    """How many pairs of rows of one group agree in the target.

    Attributes
    ----------
    sizes, same, n_groups : ndarray of shape (n_kinds,)
        Rows of a group, ordered pairs of different rows with the same target in it, and the number of groups
        of which this is true.
    rows_of_target, n_targets : ndarray of shape (n_kinds_of_target,)
        Rows in groups of a value of the target, and the number of values of which this is true.
    n_pure : int
        Groups in which the target never changes.
    """

    sizes: np.ndarray
    same: np.ndarray
    n_groups: np.ndarray
    rows_of_target: np.ndarray
    n_targets: np.ndarray
    n_pure: int


def find_grouping(
    rows: GroupedRows, *, has_classes: bool, is_named: bool, is_ordered: bool
) -> Grouping | None:
    """Return how a column groups the rows; None if it does not determine the target, or only as a feature.

    Parameters
    ----------
    rows : GroupedRows
        The rows.
    has_classes : bool
        Whether the target has classes.
    is_named : bool
        Whether the name of the column says that its values name groups.
    is_ordered : bool
        Whether the values are numbers, which may determine the target by their size.
    """
    if not has_enough_groups(rows.n_groups, rows.n_grouped, rows.n_rows, is_named=is_named):
        return None
    pairs = rows.count_pairs()
    within, by_chance, error = _compute_agreement(pairs)
    excess = within - by_chance
    agrees = excess >= _LEAST_AGREEMENT * (1 - by_chance) and excess >= _LEAST_DEVIATION * error
    if not agrees and not (is_named and not has_classes and _is_nearly_constant(rows)):
        return None
    if is_ordered and not is_named and rows.compute_disorder() < _LEAST_DISORDER:
        return None
    return Grouping(rows.n_groups, rows.n_grouped, pairs.n_pure)


def has_enough_groups(n_groups: int, n_grouped: int, n_rows: int, *, is_named: bool) -> bool:
    """Return whether there are enough groups, and enough rows in groups.

    A no holds also if the first two numbers are too large, and the last one too small.
    """
    if is_named:
        return n_groups >= LEAST_GROUPS and n_grouped >= _LEAST_NAMED_SHARE * n_rows
    least = max(_LEAST_UNNAMED_GROUPS, _LEAST_PER_ROOT * np.sqrt(n_rows))
    return bool(n_groups >= least and n_grouped >= _LEAST_SHARE * n_rows)


def _compute_agreement(pairs: PairCounts) -> tuple[float, float, float]:
    """Return the mean agreement within a group, that by chance, and its standard error.

    The share of agreeing pairs in a group is a U-statistic; Hoeffding gives its variance by chance (Annals of
    Mathematical Statistics 19(3), 1948).
    """
    n_groups = pairs.n_groups.sum()
    n_pairs = pairs.sizes * (pairs.sizes - 1)
    shares = pairs.rows_of_target / (pairs.rows_of_target * pairs.n_targets).sum()
    by_chance = float((pairs.n_targets * shares**2).sum())
    of_one = float((pairs.n_targets * shares**3).sum()) - by_chance**2
    variances = 2 / n_pairs * (2 * (pairs.sizes - 2) * of_one + by_chance * (1 - by_chance))
    error = float(np.sqrt((pairs.n_groups * variances).sum()) / n_groups)
    return float((pairs.n_groups * (pairs.same / n_pairs)).sum() / n_groups), by_chance, error


def _is_nearly_constant(rows: GroupedRows) -> bool:
    """Return whether numbers hardly vary within the groups, by the intraclass correlation."""
    inner, outer = rows.compute_inner_variance()
    return bool(outer > 0 and 1 - inner / outer >= _LEAST_AGREEMENT)
