"""Rows that belong together: a column whose repeated values determine the target, beyond chance."""

from dataclasses import dataclass

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


def find_grouping(
    codes: np.ndarray, target: np.ndarray, *, has_classes: bool, is_named: bool, is_ordered: bool
) -> Grouping | None:
    """Return how a column groups the rows; None if it does not determine the target, or only as a feature.

    Parameters
    ----------
    codes : ndarray of int, shape (n_rows,)
        Number of each row's value, in the order of the values.
    target : ndarray of shape (n_rows,)
        Codes of classes, or numbers.
    has_classes : bool
        Whether the target has classes.
    is_named : bool
        Whether the name of the column says that its values name groups.
    is_ordered : bool
        Whether the values are numbers, which may determine the target by their size.
    """
    repeated = np.bincount(codes)[codes] > 1
    groups = np.unique(codes[repeated], return_inverse=True)[1]
    n_groups = int(groups.max(initial=-1)) + 1
    if not _are_groups(n_groups, groups.size, codes.size, is_named=is_named):
        return None
    values = np.unique(target[repeated], return_inverse=True)[1]
    within, by_chance, error, n_pure = _compute_agreement(groups, values)
    excess = within - by_chance
    agrees = excess >= _LEAST_AGREEMENT * (1 - by_chance) and excess >= _LEAST_DEVIATION * error
    if not agrees and not (is_named and not has_classes and _is_nearly_constant(groups, target[repeated])):
        return None
    if (
        is_ordered
        and not is_named
        and _compute_disorder(groups, values, target[repeated], has_classes) < _LEAST_DISORDER
    ):
        return None
    return Grouping(n_groups, int(groups.size), n_pure)


def _are_groups(n_groups: int, n_grouped: int, n_rows: int, *, is_named: bool) -> bool:
    if is_named:
        return n_groups >= LEAST_GROUPS and n_grouped >= _LEAST_NAMED_SHARE * n_rows
    least = max(_LEAST_UNNAMED_GROUPS, _LEAST_PER_ROOT * np.sqrt(n_rows))
    return bool(n_groups >= least and n_grouped >= _LEAST_SHARE * n_rows)


def _compute_agreement(groups: np.ndarray, values: np.ndarray) -> tuple[float, float, float, int]:
    """Return the mean agreement within a group, that by chance, its standard error, and ``n_pure``.

    The share of agreeing pairs in a group is a U-statistic; Hoeffding gives its variance by chance (Annals of
    Mathematical Statistics 19(3), 1948).
    """
    n_values = int(values.max()) + 1
    pairs, counts = np.unique(groups * n_values + values, return_counts=True)
    sizes = np.bincount(groups)
    n_pairs = sizes * (sizes - 1)
    same = np.bincount(pairs // n_values, weights=counts * (counts - 1))
    shares = np.bincount(values) / values.size
    by_chance = float((shares**2).sum())
    of_one = float((shares**3).sum()) - by_chance**2
    variances = 2 / n_pairs * (2 * (sizes - 2) * of_one + by_chance * (1 - by_chance))
    error = float(np.sqrt(variances.sum()) / sizes.size)
    n_pure = int((np.bincount(pairs // n_values) == 1).sum())
    return float((same / n_pairs).mean()), by_chance, error, n_pure


def _is_nearly_constant(groups: np.ndarray, target: np.ndarray) -> bool:
    """Return whether numbers hardly vary within the groups, by the intraclass correlation."""
    sizes, centred = np.bincount(groups), target - target.mean()
    means = np.bincount(groups, weights=centred) / sizes
    n_free = centred.size - sizes.size
    if not n_free or not centred.any():
        return False
    inner = ((centred - means[groups]) ** 2).sum() / n_free
    return bool(1 - inner / (centred**2).mean() >= _LEAST_AGREEMENT)


def _compute_disorder(groups: np.ndarray, values: np.ndarray, target: np.ndarray, has_classes: bool) -> float:
    """Return how much neighbouring groups differ in the target, as a share of how much any two differ."""
    last = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    last[groups] = np.arange(groups.size)
    if has_classes:
        of_group = values[last]
        shares = np.bincount(of_group) / of_group.size
        return float((np.diff(of_group) != 0).mean() / max(1 - (shares**2).sum(), 1e-12))
    numbers = target[last]
    # Half of von Neumann's ratio: 1 for numbers in random order.
    return float((np.diff(numbers) ** 2).mean() / max(2 * numbers.var(), 1e-12))
